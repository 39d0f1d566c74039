/**
 * Who can have written what an operation saw. A writer is a possible source of an observation if it was called before the observer
 * returned and was not certainly overwritten: no update was called after it returned and itself returned before the observer was called.
 */
import { type Guards, initialValue, none } from './guards.ts';
import { never, type Subject } from './subject.ts';

export interface Sources {
  /** All operations that set this value, by call. */
  writersOf(value: number): readonly number[];
  /** Those that `observer` can have seen, by call. */
  possible(observer: number): readonly number[];
  /** Whether `observer` can have seen the initial value as it was at the start. */
  initialPossible(observer: number): boolean;
  /** Whether an operation, which expects a value, can have found it: a necessary condition of linearizability. O(log n). */
  explicable(observer: number): boolean;
  /**
   * For an observer that no writer explains, the one to show: the last one called before it returned, else the first one after.
   * A plain write rather than a cas, which would in turn need the writers of what it found.
   */
  shown(observer: number): number | undefined;
  /** An answered update that was called after all those writers returned and that itself returned before the observer was called. */
  overwriter(observer: number): number | undefined;
}

export const sourcesOf = (subjects: readonly Subject[], guards: Guards): Sources => {
  const writers = new Map<number, number[]>();
  const updates: number[] = [];
  for (let i = 0; i < subjects.length; i++) {
    const value = guards.set[i]!;
    if (value === none) continue;
    const list = writers.get(value);
    if (list === undefined) writers.set(value, [i]);
    else list.push(i);
    if (subjects[i]!.returned !== never) updates.push(i);
  }
  updates.sort((a, b) => subjects[a]!.returned - subjects[b]!.returned);
  const returned = Float64Array.from(updates, i => subjects[i]!.returned);
  /** Of the first k+1 updates to return, the one called last. */
  const lastCalled = new Int32Array(updates.length);
  for (let k = 0; k < updates.length; k++) {
    const before = k === 0 ? undefined : lastCalled[k - 1]!;
    lastCalled[k] = before !== undefined && subjects[before]!.called > subjects[updates[k]!]!.called ? before : updates[k]!;
  }
  const lastUpdateBefore = (position: number): number | undefined => lastCalled[lowerBound(returned, position) - 1];
  const latestReturn = latestReturns(subjects, writers);
  const writersOf = (value: number): readonly number[] => writers.get(value) ?? [];
  const threshold = (observer: number): number => {
    const update = lastUpdateBefore(subjects[observer]!.called);
    return update === undefined ? -1 : subjects[update]!.called;
  };
  const initialPossible = (observer: number): boolean => guards.expect[observer] === initialValue && threshold(observer) < 0;
  const possible = (observer: number): readonly number[] => {
    const least = threshold(observer);
    const until = subjects[observer]!.returned;
    return writersOf(guards.expect[observer]!).filter(w => w !== observer && subjects[w]!.called < until && subjects[w]!.returned >= least);
  };
  return {
    writersOf,
    possible,
    initialPossible,
    explicable: observer => {
      if (initialPossible(observer)) return true;
      const list = writers.get(guards.expect[observer]!);
      if (list === undefined) return false;
      const until = subjects[observer]!.returned;
      let count = upperBound(list, w => subjects[w]!.called < until);
      if (guards.set[observer] === guards.expect[observer]) return count > 1 || possible(observer).length > 0;
      count -= 1;
      return count >= 0 && latestReturn.get(guards.expect[observer]!)![count]! >= threshold(observer);
    },
    shown: observer => {
      const all = writersOf(guards.expect[observer]!).filter(w => w !== observer);
      const earlier = all.filter(w => subjects[w]!.called < subjects[observer]!.returned);
      return earlier.findLast(w => guards.expect[w] === none) ?? earlier.at(-1) ?? all[0];
    },
    overwriter: observer => {
      const { called, returned } = subjects[observer]!;
      const earlier = writersOf(guards.expect[observer]!).filter(w => w !== observer && subjects[w]!.called < returned);
      const after = earlier.reduce((latest, w) => Math.max(latest, subjects[w]!.returned), -1);
      const between = updates.filter(u => u !== observer && subjects[u]!.returned < called && subjects[u]!.called > after);
      return between.findLast(u => guards.expect[u] === none) ?? between.at(-1);
    },
  };
};

/** Per value, of its first k+1 writers by call, the latest return. */
const latestReturns = (subjects: readonly Subject[], writers: ReadonlyMap<number, readonly number[]>): Map<number, Float64Array> => {
  const latest = new Map<number, Float64Array>();
  for (const [value, list] of writers) {
    const column = new Float64Array(list.length);
    let most = -1;
    for (let k = 0; k < list.length; k++) {
      most = Math.max(most, subjects[list[k]!]!.returned);
      column[k] = most;
    }
    latest.set(value, column);
  }
  return latest;
};

/** How many of the ascending numbers are below `limit`. */
const lowerBound = (numbers: Float64Array, limit: number): number => {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How many items at the front of the list satisfy a condition that holds for a front part of it. */
const upperBound = (list: readonly number[], holds: (item: number) => boolean): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The answered operation, first to return, whose observation nobody can have caused; undefined if there is none. O(n log n). */
export const inexplicable = (subjects: readonly Subject[], guards: Guards, sources: Sources): number | undefined => {
  let found: number | undefined;
  for (let i = 0; i < subjects.length; i++) {
    const { returned } = subjects[i]!;
    if (returned === never || guards.expect[i] === none || (found !== undefined && subjects[found]!.returned < returned)) continue;
    if (!sources.explicable(i)) found = i;
  }
  return found;
};
