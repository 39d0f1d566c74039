/** A history of list-append as transactions: what each appended to which key, and which list it found there when it began. */
import type { Json } from '../../harness/std/json.ts';
import { callOf, type Subject } from '../linearizable/subject.ts';
import { stepsOf } from '../models/list-append.ts';
import { sameValue } from '../models/values.ts';

export interface Transaction {
  readonly subject: Subject;
  readonly appends: ReadonlyMap<string, readonly Json[]>;
  /** Lists as they were before it, for the keys that it read. */
  readonly found: ReadonlyMap<string, readonly Json[]>;
  /** The first key of which its own reads and appends do not agree. */
  readonly tornKey: string | undefined;
}

export const transactionOf = (subject: Subject): Transaction => {
  const appends = new Map<string, Json[]>();
  const found = new Map<string, readonly Json[]>();
  let tornKey: string | undefined;
  for (const step of stepsOf(callOf(subject))) {
    const own = appends.get(step.key) ?? [];
    if (step.verb === 'append') {
      appends.set(step.key, [...own, step.value]);
      continue;
    }
    const before = step.list.slice(0, Math.max(0, step.list.length - own.length));
    const known = found.get(step.key) ?? before;
    if (!sameValue([...known, ...own], step.list)) tornKey ??= step.key;
    found.set(step.key, known);
  }
  return { subject, appends, found, tornKey };
};
