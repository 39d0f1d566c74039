/** Why two answers of a generator of identifiers are a violation, in prose. */
import type { Key } from '../../../harness/history/event.ts';
import { sameValue, show } from '../../models/values.ts';
import type { Explanation } from '../explain.ts';
import { never, type Subject } from '../subject.ts';
import { explanationOf, told } from './contradiction.ts';

/** `duplicate-id`. */
export const explainIds = (_key: Key | undefined, kept: readonly Subject[]): Explanation | undefined => {
  const answered = kept.filter(
    ({ invoke, completion, returned }) => invoke.f === 'generate' && returned !== never && completion!.value !== null,
  );
  for (const [at, later] of answered.entries()) {
    const id = later.completion!.value;
    const earlier = answered.slice(0, at).find(({ completion }) => sameValue(completion!.value, id));
    if (earlier === undefined) continue;
    const text = `The identifier ${show(id)} was given twice: ${told(earlier)} and ${told(later)}.`;
    return explanationOf({ type: 'duplicate-id', text, named: [earlier, later] }, kept);
  }
  return undefined;
};
