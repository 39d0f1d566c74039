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
import { type Elements, elementsOf, isViolation, monitored, none, operationsOf, queueVerbs } from './elements.ts';
import { neverEmpty } from './emptiness.ts';
import { type Deadlines, tooFewRemovals } from './lost-removals.ts';

const method = 'queue';

/** The verdict on `enqueue` and `dequeue`; undefined where a value, or null, makes it inapplicable. */
export const monitorQueue = (subjects: readonly Subject[]): Monitored | undefined => {
  const elements = elementsOf(subjects, queueVerbs, method);
  if (elements === undefined || isViolation(elements)) return elements;
  const deadlines = deadlinesOf(elements);
  const suspects = outOfOrder(elements, deadlines) ?? tooFewRemovals(elements, deadlines) ?? neverEmpty(elements, deadlines.event);
  return monitored(method, suspects);
};

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
