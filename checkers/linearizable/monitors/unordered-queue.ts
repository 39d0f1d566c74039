/**
 * Bags of values that are each put in once: exact, O(n log n). Values do not get in each other's way, so all that can be wrong is a value that came
 * out without being in it (elements.ts), or that nothing was found although something was there (emptiness.ts).
 */
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';
import { elementsOf, isViolation, monitored, queueVerbs } from './elements.ts';
import { neverEmpty } from './emptiness.ts';

const method = 'unordered-queue';

/** The verdict on `enqueue` and `dequeue`; undefined where a value is put in twice, or null is. */
export const monitorUnorderedQueue = (subjects: readonly Subject[]): Monitored | undefined => {
  const elements = elementsOf(subjects, queueVerbs, method);
  return elements === undefined || isViolation(elements) ? elements : monitored(method, neverEmpty(elements));
};
