/**
 * Removals of unknown outcome: each may have taken one value that nobody was seen to remove, at any moment after its call. Which took which is open; a
 * value has to be gone by its deadline at the latest.
 */
import { type Elements, none, operationsOf } from './elements.ts';

export interface Deadlines {
  /** Per value the event before which it must be gone: beyond all events if nothing presses. */
  readonly event: Int32Array;
  /** The value whose removal demands it. */
  readonly by: Int32Array;
}

/** Values that had to be gone, more of them than removals of unknown outcome can have taken by then. */
export const tooFewRemovals = (elements: Elements, { event, by }: Deadlines): number[] | undefined => {
  const { size, events, remove, lost } = elements;
  const due = new Int32Array(events + 2);
  for (let i = 0; i < size; i++) if (remove[i] === none) due[event[i]!]!++;
  let [taken, owed] = [0, 0];
  for (let at = 0; at <= events; at++) {
    owed += due[at]!;
    while (taken < lost.called.length && lost.called[taken]! < at) taken++;
    if (owed <= taken) continue;
    const suspects = [...lost.place.subarray(0, taken)];
    for (let i = 0, more = taken + 1; i < size && more > 0; i++) {
      if (remove[i] !== none || event[i]! > at) continue;
      suspects.push(...operationsOf(elements, i, by[i]!));
      more--;
    }
    return suspects;
  }
  return undefined;
};

/** As if the first of the removals of unknown outcome could have taken all that is left: no assignment does better. */
export const atOnce = (elements: Elements): Elements => {
  const first = elements.lost.called[0]!;
  return withRemovals(elements, i => Math.max(first, elements.addCalled[i]!));
};

/**
 * Gives each value that is left a removal of unknown outcome called before its deadline, the most pressing first: the last one called before the
 * value was certainly there, else the first one after that. Of those that need one by some time none goes without if it can be helped.
 */
export const assigned = (elements: Elements, deadline: Int32Array): Elements => {
  const { size, remove, lost, addCalled, addReturned, events } = elements;
  const left = Int32Array.from({ length: size }, (_, i) => i).filter(i => remove[i] === none);
  left.sort((a, b) => deadline[a]! - deadline[b]! || addReturned[a]! - addReturned[b]!);
  const count = lost.called.length;
  // The next free one at or before each place, and at or after it; places are shifted by one, so that 0 and count + 1 mean none.
  const before = Int32Array.from({ length: count + 2 }, (_, i) => i);
  const after = Int32Array.from({ length: count + 2 }, (_, i) => i);
  const from = new Int32Array(size).fill(events);
  for (const i of left) {
    const at = countBelow(lost.called, addReturned[i]!);
    const earlier = root(before, at);
    const later = root(after, at + 1);
    const chosen = earlier > 0 ? earlier : later <= count && lost.called[later - 1]! < deadline[i]! ? later : 0;
    if (chosen === 0) continue;
    from[i] = Math.max(lost.called[chosen - 1]!, addCalled[i]!);
    before[chosen] = chosen - 1;
    after[chosen] = chosen + 1;
  }
  return withRemovals(elements, i => from[i]!);
};

const nothing = { place: new Int32Array(0), called: new Int32Array(0), returned: new Int32Array(0) };

/** With what is left removed from those events on, so that no unknown outcome remains. */
const withRemovals = (elements: Elements, from: (i: number) => number): Elements => ({
  ...elements,
  removeCalled: elements.removeCalled.map((event, i) => (elements.remove[i] === none ? from(i) : event)),
  lost: nothing,
});

const countBelow = (ascending: Int32Array, bound: number): number => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Where the links from `at` end, which are shortened on the way. */
const root = (links: Int32Array, at: number): number => {
  let end = at;
  while (links[end] !== end) end = links[end]!;
  for (let here = at; links[here] !== end; ) {
    const next = links[here]!;
    links[here] = end;
    here = next;
  }
  return end;
};
