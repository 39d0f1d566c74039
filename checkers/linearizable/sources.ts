/**
 * Who can have written what an operation saw. A writer is a possible source of an observation if it was called before the observer
 * returned and was not certainly overwritten: no update was called after it returned and itself returned before the observer was called.
 */
import { type Guards, initialValue, none } from './guards.ts';
import { byReturn } from './timeline.ts';

export interface Sources {
  /** All operations that set this value, by call. */
  writersOf(value: number): Int32Array;
  /** Those that `observer` can have seen, by call. */
  possible(observer: number): readonly number[];
  /** Whether `observer` can have seen the initial value as it was at the start. */
  initialPossible(observer: number): boolean;
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
  const writersOf = writersByValue(guards);
  const updates = byReturn(returned).filter(i => set[i] !== none);
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

/** All writers in one column, grouped by value. */
const writersByValue = ({ set, values }: Guards): ((value: number) => Int32Array) => {
  const start = new Int32Array(values.length + 1);
  for (let i = 0; i < set.length; i++) if (set[i] !== none) start[set[i]! + 1]!++;
  for (let value = 0; value < values.length; value++) start[value + 1]! += start[value]!;
  const next = start.slice();
  const writers = new Int32Array(start[values.length]!);
  for (let i = 0; i < set.length; i++) if (set[i] !== none) writers[next[set[i]!]!++] = i;
  return value => writers.subarray(start[value]!, start[value + 1]!);
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

/**
 * The answered operation, first to return, whose observation nobody can have caused; undefined if there is none. One sweep in the order
 * of time, O(n) but for sorting: a writer of the value must have been called before the observer returned, and the last of those to
 * return must not have returned before an update was called that was over when the observer was called.
 */
export const inexplicable = ({ expect, set, called, returned, values }: Guards): number | undefined => {
  const size = expect.length;
  const order = byReturn(returned);
  /** By observer: when the last of the updates that were over at its call was called; -1: there were none. */
  const threshold = new Int32Array(size);
  for (let i = 0, next = 0, latest = -1; i < size; i++) {
    for (; next < order.length && returned[order[next]!]! < called[i]!; next++) {
      const update = order[next]!;
      if (set[update] !== none && called[update]! > latest) latest = called[update]!;
    }
    threshold[i] = latest;
  }
  /** By value: the latest return of those who set it, as far as they have been called; the initial value holds from the start on. */
  const latestReturn = new Int32Array(values.length).fill(-2);
  latestReturn[initialValue] = -1;
  for (let f = 0, next = 0; f < order.length; f++) {
    const observer = order[f]!;
    for (; next < size && called[next]! < returned[observer]!; next++) {
      const value = set[next]!;
      if (value !== none && returned[next]! > latestReturn[value]!) latestReturn[value] = returned[next]!;
    }
    const value = expect[observer]!;
    if (value !== none && latestReturn[value]! < threshold[observer]!) return observer;
  }
  return undefined;
};
