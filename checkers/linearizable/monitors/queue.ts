/**
 * FIFO queues whose values are each enqueued once: exact, O(n log n), however much is concurrent.
 *
 * Without dequeues of unknown outcome a history is linearizable if and only if (Henzinger, Sezgin & Vafeiadis, CONCUR 2013; Bouajjani et al.,
 * ICALP 2015):
 *  1. every value dequeued was enqueued, before, and is dequeued once (elements.ts);
 *  2. no a was certainly enqueued before some b that certainly was dequeued before a;
 *  3. each dequeue that found nothing has a gap that no critical interval covers.
 *
 * A dequeue of unknown outcome, called at u, may have taken a value w that nobody was seen to dequeue: the removal of w then begins at u and
 * ends never. Both 2 and 3 only ask that u is early enough. By 2 it lies before the deadline of w, the first return of a dequeue
 * of a value certainly enqueued after w. By 3, where a dequeue is to find nothing in gap p, all w enqueued for certain before p have one before p. Whether there are
 * enough of them in time for all is Hall's condition (Hall 1935): for each t, no more values have to be taken by t than there are unknown dequeues
 * called before t. For one choice of p that is a condition for each t >= p on its own, so each dequeue chooses its p by itself.
 */
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';
import { chainOver, coverage, type Elements, elementsOf, isViolation, none, queueVerbs } from './elements.ts';
import { RangeMinimum } from './range-minimum.ts';

const method = 'queue';

/** The verdict on `enqueue` and `dequeue`; undefined where a value, or null, makes it inapplicable. */
export const monitorQueue = (subjects: readonly Subject[]): Monitored | undefined => {
  const elements = elementsOf(subjects, queueVerbs, method);
  if (elements === undefined || isViolation(elements)) return elements;
  const deadlines = deadlinesOf(elements);
  const suspects = outOfOrder(elements, deadlines) ?? tooFewDequeues(elements, deadlines) ?? neverEmpty(elements, deadlines);
  if (suspects === undefined) return { outcome: 'linearizable', method, suspects: [] };
  return { outcome: 'violation', method, suspects: [...new Set(suspects)].filter(place => place !== none).sort((a, b) => a - b) };
};

interface Deadlines {
  /** Per value the event before which it must be gone: beyond all events if nothing presses. */
  readonly event: Int32Array;
  /** The value whose dequeue returns then. */
  readonly by: Int32Array;
}

/** By the first return of a dequeue of a value that was certainly enqueued later. Values stand in the order in which their enqueues were called. */
const deadlinesOf = ({ size, events, addCalled, addReturned, removeReturned }: Elements): Deadlines => {
  const earliest = new Int32Array(size + 1).fill(none);
  for (let i = size - 1; i >= 0; i--) {
    const later = earliest[i + 1]!;
    earliest[i] = later === none || removeReturned[i]! < removeReturned[later]! ? i : later;
  }
  const event = new Int32Array(size).fill(events + 1);
  const by = new Int32Array(size).fill(none);
  for (let i = 0; i < size; i++) {
    const first = earliest[firstAbove(addCalled, addReturned[i]!)]!;
    if (first === none) continue;
    event[i] = removeReturned[first]!;
    by[i] = first;
  }
  return { event, by };
};

/** The first place in an ascending list whose number is greater. */
const firstAbove = (ascending: Int32Array, bound: number): number => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
};

const operationsOf = ({ add, remove }: Elements, ...elements: number[]): number[] => elements.flatMap(i => [add[i]!, remove[i]!]);

/** Two values of which the one enqueued later was dequeued first; the pair whose contradiction is complete first. */
const outOfOrder = (elements: Elements, { event, by }: Deadlines): number[] | undefined => {
  const { size, remove, removeCalled } = elements;
  let found = none;
  for (let i = 0; i < size; i++) {
    if (remove[i] === none || event[i]! >= removeCalled[i]!) continue;
    if (found === none || event[i]! < event[found]!) found = i;
  }
  return found === none ? undefined : operationsOf(elements, found, by[found]!);
};

/** Values that had to be gone, more of them than dequeues of unknown outcome can have taken by then. */
const tooFewDequeues = (elements: Elements, { event, by }: Deadlines): number[] | undefined => {
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

/** A dequeue that found nothing although something was there all the time. */
const neverEmpty = (elements: Elements, deadlines: Deadlines): number[] | undefined => {
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

/** Per gap 1 if nothing is certainly in the queue. */
const uncovered = ({ events, addReturned, removeCalled }: Elements): Int32Array =>
  coverage(events, addReturned, removeCalled).map(count => Number(count === 0));

/** The same, where dequeues of unknown outcome can have taken whatever is in the way. */
const emptiable = (elements: Elements, { event }: Deadlines): Int32Array => {
  const { events, size, remove, addReturned, removeCalled, lost } = elements;
  const left = Int32Array.from({ length: size }, (_, i) => i).filter(i => remove[i] === none);
  const known = coverage(
    events,
    addReturned.filter((_, i) => remove[i] !== none),
    removeCalled.filter((_, i) => remove[i] !== none),
  );
  // How many unknown dequeues are to spare by each gap, once those that must be gone by then are.
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

/** What was in the queue while it was found empty: values whose critical intervals follow on each other, and what may have taken them. */
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
