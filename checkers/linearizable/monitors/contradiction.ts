/** The few operations that contradict each other, in prose, and what is kept beside them: the shape of all explanations of objects that show much. */
import type { Json } from '../../../harness/std/json.ts';
import { show, valueKey } from '../../models/values.ts';
import { by, type Explanation, span } from '../explain.ts';
import { callOf, never, type Subject } from '../subject.ts';

export interface Contradiction {
  readonly type: string;
  readonly text: string;
  /** What contradicts each other: all operations that the text names. */
  readonly named: readonly Subject[];
}

const mostShown = 12;

/** The contradiction, then how many operations are kept for no other reason than that an answer may show them. */
export const explanationOf = (found: Contradiction | undefined, kept: readonly Subject[]): Explanation | undefined => {
  if (found === undefined) return undefined;
  const others = kept.length - new Set(found.named).size;
  const why =
    others < 1
      ? ''
      : others === 1
        ? ' The other operation is kept because the answers may show its effect.'
        : ` The other ${others} operations are kept because the answers may show their effect.`;
  return { type: found.type, explanation: found.text + why };
};

/** `read -> [1,2] (process 0 on n1, 1.000-1.250 s)`. Of a long list its length. */
export const told = (subject: Subject): string => {
  const { f, input, output } = callOf(subject);
  const asked = input === null ? f : `${f} ${show(input)}`;
  const isSaid = output !== undefined && f !== 'add' && (output !== input || f === 'read');
  return `${asked}${isSaid ? ` -> ${answer(output)}` : ''} (${by(subject)}, ${span(subject)})`;
};

const answer = (output: Json): string => (Array.isArray(output) && output.length > mostShown ? `${output.length} values` : show(output));

/** The first two of them, and how many more. */
export const few = (subjects: readonly Subject[]): { readonly text: string; readonly named: readonly Subject[] } => {
  const named = subjects.slice(0, subjects.length === 3 ? 3 : 2);
  const more = subjects.length - named.length;
  return { text: `${named.map(told).join(', ')}${more > 0 ? ` and ${more} more` : ''}`, named };
};

export const precedes = (a: Subject, b: Subject): boolean => a.returned < b.called;

export interface ListRead {
  readonly subject: Subject;
  readonly list: readonly Json[];
}

/** Reads that were answered with a list, the shortest first. */
export const listReads = (kept: readonly Subject[]): readonly ListRead[] =>
  kept
    .filter(({ invoke, completion, returned }) => invoke.f === 'read' && returned !== never && isList(completion!.value))
    .map(subject => ({ subject, list: (subject.completion!.value ?? []) as readonly Json[] }))
    .sort((a, b) => a.list.length - b.list.length);

const isList = (value: Json): boolean => value === null || Array.isArray(value);

export type ValueKey = ReturnType<typeof valueKey>;

/** Operations of this name by what was asked, in call order. */
export const byValue = (kept: readonly Subject[], f: string): ReadonlyMap<ValueKey, readonly Subject[]> => {
  const groups = new Map<ValueKey, Subject[]>();
  for (const subject of kept) {
    if (subject.invoke.f !== f) continue;
    const key = valueKey(subject.invoke.value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [subject]);
    else group.push(subject);
  }
  return groups;
};

/** A value in an answer that nobody can have put there, if these are all who asked to: `unexpected` or `future-read`. */
export const fromNowhere = (
  read: Subject,
  value: Json,
  writers: readonly Subject[],
  failed: readonly Subject[],
  done: string,
): Contradiction | undefined => {
  if (writers.some(({ called }) => called < read.returned)) return undefined;
  const first = writers[0];
  if (first !== undefined)
    return {
      type: 'future-read',
      text: `${told(read)} shows ${show(value)}, which was ${done} only after that: ${told(first)}.`,
      named: [read, first],
    };
  const failure = failed.find(({ invoke }) => invoke.f !== 'read' && valueKey(invoke.value) === valueKey(value));
  const why =
    failure === undefined ? `which nobody had ${done} by then` : `but the operation that would have ${done} it failed: ${told(failure)}`;
  return { type: 'unexpected', text: `${told(read)} shows ${show(value)}, ${why}.`, named: [read] };
};
