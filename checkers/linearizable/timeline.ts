/**
 * One key's operations as typed columns for the search: operations with an answer ("live") by number in call order, the order of their
 * returns, and a slot for each while it is open; operations of unknown outcome ("crashed") only as classes that become available.
 */
import type { Automaton } from './automaton.ts';
import { never, type Subject } from './subject.ts';

/** When an operation was called and returned, as in its subject. */
export type Times = Pick<Subject, 'called' | 'returned'>;

export interface Timeline {
  /** Per live operation: its class, its slot while it is open, its rank among the returns, its place among the subjects. */
  readonly cls: Int32Array;
  readonly slot: Int32Array;
  readonly rank: Int32Array;
  readonly subject: Int32Array;
  /** Live operations by return. The search's frontier is a position in this list. */
  readonly returns: Int32Array;
  /** How many live operations were called before the return at each frontier. */
  readonly calledBefore: Int32Array;
  /** Crashed operations in call order, as places in `crashedClasses`, and how many were called before each return. */
  readonly crashed: Int32Array;
  readonly crashedBefore: Int32Array;
  readonly crashedClasses: Int32Array;
  /** Per place in `crashedClasses`: the frontiers at which its operations become available, ascending. */
  readonly crashedAt: readonly (readonly number[])[];
  readonly slots: number;
}

/** O(n log n). Leaves out what constrains nothing: answers that are right in every state and change none, idle unknown outcomes. */
export const timelineOf = (subjects: readonly Times[], automaton: Automaton): Timeline => {
  const { classOf, readOnly, always, idle } = automaton;
  const live: number[] = [];
  const lost: number[] = [];
  for (let i = 0; i < subjects.length; i++) {
    const cls = classOf[i]!;
    if (subjects[i]!.returned === never) {
      if (idle[cls] === 0) lost.push(i);
    } else if (readOnly[cls] === 0 || always[cls] === 0) live.push(i);
  }
  const returned = Float64Array.from(live, i => subjects[i]!.returned);
  const returns = Int32Array.from(live.keys()).sort((a, b) => returned[a]! - returned[b]!);
  const rank = new Int32Array(live.length);
  for (let f = 0; f < returns.length; f++) rank[returns[f]!] = f;
  const classes = [...new Set(lost.map(i => classOf[i]!))].sort((a, b) => automaton.overwrites[a]! - automaton.overwrites[b]! || a - b);
  const place = new Map(classes.map((cls, at) => [cls, at]));
  const called = (list: readonly number[]): Int32Array => Int32Array.from(list, i => subjects[i]!.called);
  const calledBefore = countBefore(called(live), returns, returned);
  const crashed = Int32Array.from(lost, i => place.get(classOf[i]!)!);
  const crashedBefore = countBefore(called(lost), returns, returned);
  return {
    cls: Int32Array.from(live, i => classOf[i]!),
    subject: Int32Array.from(live),
    rank,
    returns,
    calledBefore,
    crashed,
    crashedBefore,
    crashedClasses: Int32Array.from(classes),
    crashedAt: frontiersByKind(classes.length, crashed, crashedBefore),
    ...assignSlots(returns, calledBefore),
  };
};

/** For each return, how many of these ascending call positions come before it. */
const countBefore = (called: Int32Array, returns: Int32Array, returned: Float64Array): Int32Array => {
  const before = new Int32Array(returns.length);
  let count = 0;
  for (let f = 0; f < returns.length; f++) {
    const at = returned[returns[f]!]!;
    while (count < called.length && called[count]! < at) count++;
    before[f] = count;
  }
  return before;
};

/** A slot is taken at the call and free again after the return, so there are as many as operations were ever open at once. */
const assignSlots = (returns: Int32Array, calledBefore: Int32Array): { readonly slot: Int32Array; readonly slots: number } => {
  const slot = new Int32Array(returns.length);
  const free: number[] = [];
  let slots = 0;
  let next = 0;
  for (let f = 0; f < returns.length; f++) {
    for (; next < calledBefore[f]!; next++) slot[next] = free.pop() ?? slots++;
    free.push(slot[returns[f]!]!);
  }
  return { slot, slots };
};

const frontiersByKind = (kinds: number, crashed: Int32Array, crashedBefore: Int32Array): number[][] => {
  const frontiers: number[][] = Array.from({ length: kinds }, () => []);
  let next = 0;
  for (let f = 0; f < crashedBefore.length; f++) for (; next < crashedBefore[f]!; next++) frontiers[crashed[next]!]!.push(f);
  return frontiers;
};
