/**
 * Who can have written what an operation saw. A writer is a possible source of an observation if it was called before the observer
 * returned and was not certainly overwritten: no update was called after it returned and itself returned before the observer was called.
 */
import { type Guards, initialValue, none } from './guards.ts';
import { never } from './subject.ts';

export interface Sources {
  /** All operations that set this value, by call. */
  writersOf(value: number): Int32Array;
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

/** O(n log n) time, O(n) memory. */
export const sourcesOf = (guards: Guards): Sources => {
  const { expect, set, called, returned } = guards;
  const { writersOf, latestReturnOf } = writersByValue(guards);
  const updates = Int32Array.from(set.keys()).filter(i => set[i] !== none && returned[i] !== never);
  updates.sort((a, b) => returned[a]! - returned[b]!);
  /** Of the first k+1 updates to return, when the last one of them was called. */
  const lastCall = new Int32Array(updates.length);
  let latest = -1;
  for (let k = 0; k < updates.length; k++) {
    latest = Math.max(latest, called[updates[k]!]!);
    lastCall[k] = latest;
  }
  /** A writer that returned before this moment was overwritten before the observer was called; -1: nothing was. */
  const threshold = (observer: number): number => {
    const before = countWhile(updates, u => returned[u]! < called[observer]!);
    return before === 0 ? -1 : lastCall[before - 1]!;
  };
  const initialPossible = (observer: number): boolean => expect[observer] === initialValue && threshold(observer) < 0;
  const possible = (observer: number): readonly number[] => {
    const least = threshold(observer);
    return [...writersOf(expect[observer]!)].filter(w => called[w]! < returned[observer]! && returned[w]! >= least);
  };
  return {
    writersOf,
    possible,
    initialPossible,
    explicable: observer => {
      if (initialPossible(observer)) return true;
      const value = expect[observer]!;
      const count = countWhile(writersOf(value), w => called[w]! < returned[observer]!);
      return count > 0 && latestReturnOf(value, count - 1) >= threshold(observer);
    },
    shown: observer => {
      const all = writersOf(expect[observer]!);
      const earlier = all.filter(w => called[w]! < returned[observer]!);
      return earlier.findLast(w => expect[w] === none) ?? earlier.at(-1) ?? all[0];
    },
    overwriter: observer => {
      const earlier = writersOf(expect[observer]!).filter(w => called[w]! < returned[observer]!);
      const after = earlier.reduce((most, w) => Math.max(most, returned[w]!), -1);
      const between = updates.filter(u => returned[u]! < called[observer]! && called[u]! > after);
      return between.findLast(u => expect[u] === none) ?? between.at(-1);
    },
  };
};

interface Writers {
  writersOf(value: number): Int32Array;
  /** Of a value's first k+1 writers by call, the latest return. */
  latestReturnOf(value: number, k: number): number;
}

/** All writers in one column, grouped by value. */
const writersByValue = ({ set, returned, values }: Guards): Writers => {
  const start = new Int32Array(values.length + 1);
  for (let i = 0; i < set.length; i++) if (set[i] !== none) start[set[i]! + 1]!++;
  for (let value = 0; value < values.length; value++) start[value + 1]! += start[value]!;
  const next = start.slice();
  const writers = new Int32Array(start[values.length]!);
  const latest = new Int32Array(writers.length);
  for (let i = 0; i < set.length; i++) {
    const value = set[i]!;
    if (value === none) continue;
    const at = next[value]!++;
    writers[at] = i;
    latest[at] = at === start[value] ? returned[i]! : Math.max(latest[at - 1]!, returned[i]!);
  }
  return {
    writersOf: value => writers.subarray(start[value]!, start[value + 1]!),
    latestReturnOf: (value, k) => latest[start[value]! + k]!,
  };
};

/** How many items at the front satisfy a condition that holds for a front part of the list. */
const countWhile = (list: Int32Array, holds: (item: number) => boolean): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The answered operation, first to return, whose observation nobody can have caused; undefined if there is none. O(n log n). */
export const inexplicable = ({ expect, returned }: Guards, sources: Sources): number | undefined => {
  let found: number | undefined;
  for (let i = 0; i < expect.length; i++) {
    if (expect[i] === none || returned[i] === never || (found !== undefined && returned[found]! < returned[i]!)) continue;
    if (!sources.explicable(i)) found = i;
  }
  return found;
};
