/**
 * A priority queue: `enqueue` v, `dequeue` -> the smallest value (or the largest), or null from an empty queue. Numbers come before texts;
 * numbers are compared as numbers, texts by their code units.
 */
import type { Json } from '../../harness/std/json.ts';
import type { Model } from '../linearizable/model.ts';
import { queueVerbs, touchedBy } from '../linearizable/monitors/elements.ts';
import { type Collection, explainCollection } from '../linearizable/monitors/explain-collection.ts';
import { monitorPriorityQueue } from '../linearizable/monitors/priority-queue.ts';
import { canonical, sameValue, show, showAnswer } from './values.ts';

const rank = (value: Json): number => (typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2);

/** Negative if `a` comes first; 0 only for equal values. */
export const compareValues = (a: Json, b: Json): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const [x, y] = typeof a === 'string' ? [a, b as string] : [canonical(a), canonical(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const inserted = (items: readonly Json[], item: Json, sign: number): readonly Json[] => {
  const at = items.findIndex(other => sign * compareValues(other, item) > 0);
  return items.toSpliced(at < 0 ? items.length : at, 0, item);
};

/** States are sorted, what comes out next first. A dequeue of unknown outcome may have taken that. */
export const priorityQueue = (first: 'smallest' | 'largest' = 'smallest'): Model<readonly Json[]> => {
  const sign = first === 'smallest' ? 1 : -1;
  const name = first === 'smallest' ? 'priority-queue' : 'max-priority-queue';
  return {
    name,
    workload: name,
    init: [],
    step: (items, { f, input, output }) => {
      if (f === 'enqueue') return inserted(items, input, sign);
      if (f !== 'dequeue') return items;
      if (items.length === 0) return output === undefined || output === null ? items : undefined;
      return output === undefined || sameValue(items[0]!, output) ? items.slice(1) : undefined;
    },
    describe: ({ f, input, output }) => (f === 'dequeue' ? `dequeue -> ${showAnswer(output)}` : `${f} ${show(input)}`),
    readOnly: ({ f, output }) => (f === 'dequeue' ? output === null : f !== 'enqueue'),
    always: ({ f }) => f === 'enqueue',
    touches: touchedBy(queueVerbs),
    drainedBy: queueVerbs.remove,
    monitor: monitorPriorityQueue((a, b) => sign * compareValues(a, b)),
    explain: explainCollection({ name: 'queue', verbs: queueVerbs, added: 'enqueued', removed: 'dequeued', wrong: priorityWrong(sign) }),
  };
};

const priorityWrong =
  (sign: number): Collection['wrong'] =>
  ({ addReturned, removeCalled }, early, late, values) =>
    sign * compareValues(values[late]!, values[early]!) < 0 && addReturned[late]! < removeCalled[early]!
      ? 'that was in the queue then and comes first'
      : undefined;
