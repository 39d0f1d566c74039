/**
 * Removals that found a collection empty. Whatever its order, they need a gap that no critical interval covers: every value that is not
 * certainly in it can then be gone, or not have come yet. Removals of unknown outcome, called before that gap, can have taken what is left.
 */
import { chainOver, coverage, type Elements, none, operationsOf } from './elements.ts';
import { RangeMinimum } from './range-minimum.ts';

/**
 * A removal that found nothing although something was there all the time; undefined if each has a gap in which nothing need be there.
 * `deadlines`: per value the event before which it must be gone, where nobody was seen to remove it. O(n log n).
 */
export const neverEmpty = (elements: Elements, deadlines?: Int32Array): number[] | undefined => {
  const { empty, lost } = elements;
  if (empty.place.length === 0) return undefined;
  const fits = lost.place.length === 0 ? uncovered(elements) : emptiable(elements, deadlines);
  for (let gap = 1; gap < fits.length; gap++) fits[gap]! += fits[gap - 1]!;
  for (let i = 0; i < empty.place.length; i++) {
    if (fits[empty.returned[i]!]! > fits[empty.called[i]!]!) continue;
    return [empty.place[i]!, ...witnesses(elements, empty.called[i]!, empty.returned[i]!)];
  }
  return undefined;
};

/** Per gap 1 if nothing is certainly in the collection. */
const uncovered = ({ events, addReturned, removeCalled }: Elements): Int32Array =>
  coverage(events, addReturned, removeCalled).map(count => Number(count === 0));

/** The same, where removals of unknown outcome can have taken whatever is in the way. */
const emptiable = (elements: Elements, deadlines?: Int32Array): Int32Array => {
  const { events, size, remove, addReturned, removeCalled, lost } = elements;
  const event = deadlines ?? new Int32Array(size).fill(events + 1);
  const left = Int32Array.from({ length: size }, (_, i) => i).filter(i => remove[i] === none);
  const known = coverage(
    events,
    addReturned.filter((_, i) => remove[i] !== none),
    removeCalled.filter((_, i) => remove[i] !== none),
  );
  // How many unknown removals are to spare by each gap, once those that must be gone by then are.
  const spare = new Int32Array(events + 2);
  for (const called of lost.called) spare[called + 1]!++;
  for (const i of left) spare[event[i]!]!--;
  for (let gap = 1; gap < spare.length; gap++) spare[gap]! += spare[gap - 1]!;
  const tree = new RangeMinimum(spare);
  left.sort((a, b) => addReturned[a]! - addReturned[b]!);
  const fits = new Int32Array(events + 1);
  for (let gap = 0, next = 0; gap <= events; gap++) {
    for (; next < left.length && addReturned[left[next]!]! < gap; next++) tree.add(0, event[left[next]!]! - 1, -1);
    fits[gap] = Number(known[gap] === 0 && tree.min(gap, events) >= 0);
  }
  return fits;
};

/** What was in the collection while it was found empty: values whose critical intervals follow on each other, and what may have taken them. */
const witnesses = (elements: Elements, called: number, returned: number): number[] => {
  const { size, add, remove, addReturned, removeCalled, lost } = elements;
  const all = Int32Array.from({ length: size }, (_, i) => i);
  if (lost.place.length === 0) return operationsOf(elements, ...chainOver(all, addReturned, removeCalled, called, returned)!);
  const suspects = [...lost.place.filter((_, i) => lost.called[i]! < returned)];
  for (let i = 0; i < size; i++) {
    if (addReturned[i]! < returned && (remove[i] === none || removeCalled[i]! > called)) suspects.push(add[i]!, remove[i]!);
  }
  return suspects;
};

/**
 * Deadlines that make room for the removals that found nothing as well: of the gaps that each has, the first; all that is certainly in the collection
 * by then has to be gone. Assumes that each has one. Which of its gaps is best is not known where a collection has an order.
 */
export const pressedByEmptiness = (elements: Elements, deadlines: Int32Array): Int32Array => {
  const { events, empty, addReturned } = elements;
  const fits = emptiable(elements, deadlines);
  const chosen = new Uint8Array(events + 1);
  for (let i = 0; i < empty.place.length; i++) {
    let gap = empty.called[i]! + 1;
    while (fits[gap] === 0) gap++;
    chosen[gap] = 1;
  }
  const next = new Int32Array(events + 2).fill(events + 1);
  for (let gap = events; gap >= 0; gap--) next[gap] = chosen[gap] === 1 ? gap : next[gap + 1]!;
  return deadlines.map((event, i) => Math.min(event, next[Math.min(addReturned[i]! + 1, events + 1)]!));
};
