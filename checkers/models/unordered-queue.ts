/** A bag: `enqueue` v, `dequeue` -> any value that is in it, or null where there is none. */
import type { Model } from '../linearizable/model.ts';
import { queueVerbs, touchedBy } from '../linearizable/monitors/elements.ts';
import { explainCollection } from '../linearizable/monitors/explain-collection.ts';
import { monitorUnorderedQueue } from '../linearizable/monitors/unordered-queue.ts';
import { canonical, show, showAnswer } from './values.ts';

const without = (items: readonly string[], at: number): readonly string[] => items.toSpliced(at, 1);

const sortedWith = (items: readonly string[], item: string): readonly string[] => {
  const at = items.findIndex(other => other > item);
  return items.toSpliced(at < 0 ? items.length : at, 0, item);
};

/**
 * States are the values' texts, sorted. A dequeue of unknown outcome takes the first of them. Which one it takes makes no difference: it may
 * be put off until the queue is found empty, for nothing else can tell that a value is gone, and then all that is left must go.
 */
export const unorderedQueue: Model<readonly string[]> = {
  name: 'unordered-queue',
  workload: 'unordered-queue',
  init: [],
  step: (items, { f, input, output }) => {
    if (f === 'enqueue') return sortedWith(items, canonical(input));
    if (f !== 'dequeue') return items;
    if (output === undefined) return items.slice(1);
    if (output === null) return items.length === 0 ? items : undefined;
    const at = items.indexOf(canonical(output));
    return at < 0 ? undefined : without(items, at);
  },
  describe: ({ f, input, output }) => (f === 'dequeue' ? `dequeue -> ${showAnswer(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f, output }) => (f === 'dequeue' ? output === null : f !== 'enqueue'),
  always: ({ f }) => f === 'enqueue',
  touches: touchedBy(queueVerbs),
  drainedBy: queueVerbs.remove,
  monitor: monitorUnorderedQueue,
  explain: explainCollection({ name: 'queue', verbs: queueVerbs, added: 'enqueued', removed: 'dequeued', wrong: undefined }),
};
