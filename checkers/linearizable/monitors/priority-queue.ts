/**
 * Priority queues of values that are each put in once: O(n log n), exact where no dequeue has an unknown outcome.
 *
 * The last value in the order of the queue is taken out in a gap in which nothing else can be in it. In a gap that no critical interval covers all other values can be gone, or not have
 * come yet (taken out there, in order, or put in there): so if the others have an order, it can be had with the queue empty in that gap. Whether the
 * value is in the queue matters to no other. So it can be taken away, and the next to last is the last: each value needs a gap within its dequeue
 * that no critical interval of a value before it covers. A dequeue that found nothing is like one of a value behind all others (emptiness.ts).
 *
 * Dequeues of unknown outcome are treated as in stack.ts: a violation though the first of them took all that is left is one, and an order is
 * found if each is given to one value in good time. Between the two the method does not say.
 *
 * Source: Lee & Mathur, "Efficient decrease-and-conquer linearizability monitoring", OOPSLA 2025.
 */
import type { Json } from '../../../harness/std/json.ts';
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';
import { chainOver, type Elements, elementsOf, isViolation, monitored, none, operationsOf, queueVerbs } from './elements.ts';
import { neverEmpty, pressedByEmptiness } from './emptiness.ts';
import { assigned, atOnce } from './lost-removals.ts';
import { RangeMinimum } from './range-minimum.ts';

const method = 'priority-queue';

/**
 * The verdict on `enqueue` and `dequeue`, where `compare` is negative if its first value comes out first; undefined where a value, or null, makes the
 * method inapplicable, or unknown dequeues leave it open.
 */
export const monitorPriorityQueue =
  (compare: (a: Json, b: Json) => number) =>
  (subjects: readonly Subject[]): Monitored | undefined => {
    const elements = elementsOf(subjects, queueVerbs, method);
    if (elements === undefined || isViolation(elements)) return elements;
    const values = Array.from(elements.add, place => subjects[place]!.invoke.value);
    const order = Int32Array.from(values.keys()).sort((a, b) => compare(values[a]!, values[b]!));
    const falseEmpty = neverEmpty(elements);
    if (falseEmpty !== undefined) return monitored(method, falseEmpty);
    const isLost = elements.lost.place.length > 0;
    const best = isLost ? atOnce(elements) : elements;
    const gaps = gapsOf(best, order);
    if (gaps.tooEarly !== undefined) {
      const suspects = operationsOf(elements, gaps.tooEarly, ...inFrontOf(best, order, gaps.tooEarly));
      return monitored(method, [...suspects, ...elements.lost.place]);
    }
    if (!isLost) return monitored(method, undefined);
    const given = assigned(elements, pressedByEmptiness(elements, deadlinesOf(elements, order, gaps.chosen)));
    return gapsOf(given, order).tooEarly === undefined && neverEmpty(given) === undefined ? monitored(method, undefined) : undefined;
  };

/** Per value the first gap in which it can be taken out; or a value that has none. Those that nobody was seen to take out always have one. */
const gapsOf = ({ events, size, remove, addReturned, removeCalled, removeReturned }: Elements, order: Int32Array) => {
  const cover = new RangeMinimum(new Int32Array(events + 2));
  const chosen = new Int32Array(size).fill(none);
  for (const i of order) {
    if (remove[i] !== none) {
      chosen[i] = cover.firstAtMost(0, removeCalled[i]! + 1, removeReturned[i]!);
      if (chosen[i] === -1) return { chosen, tooEarly: i };
    }
    cover.add(addReturned[i]! + 1, removeCalled[i]!, 1);
  }
  return { chosen, tooEarly: undefined };
};

/** Values before this one, of which some was certainly in the queue all the time while it was taken out. */
const inFrontOf = ({ addReturned, removeCalled, removeReturned }: Elements, order: Int32Array, value: number): number[] =>
  chainOver(order.slice(0, order.indexOf(value)), addReturned, removeCalled, removeCalled[value]!, removeReturned[value]!)!;

/** A value that nobody was seen to take out has to be gone by the first gap after it came in which one behind it is taken out. */
const deadlinesOf = ({ events, size, remove, addReturned }: Elements, order: Int32Array, chosen: Int32Array): Int32Array => {
  const deadline = new Int32Array(size).fill(events + 1);
  const marks = new RangeMinimum(new Int32Array(events + 2).fill(1));
  for (const i of order.toReversed()) {
    if (remove[i] !== none) {
      if (marks.min(chosen[i]!, chosen[i]!) > 0) marks.add(chosen[i]!, chosen[i]!, -1);
      continue;
    }
    const gap = marks.firstAtMost(0, addReturned[i]! + 1, events);
    if (gap >= 0) deadline[i] = gap;
  }
  return deadline;
};
