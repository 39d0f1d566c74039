/** Collections and counters: FIFO queue, set, counter. */
import type { Json } from '../../harness/std/json.ts';
import type { Model } from '../linearizable/model.ts';
import { monitorCounter } from '../linearizable/monitors/counter.ts';
import { queueVerbs, touchedBy } from '../linearizable/monitors/elements.ts';
import { explainCollection, fifoWrong } from '../linearizable/monitors/explain-collection.ts';
import { explainCounter } from '../linearizable/monitors/explain-counter.ts';
import { explainSet } from '../linearizable/monitors/explain-set.ts';
import { monitorQueue } from '../linearizable/monitors/queue.ts';
import { monitorSet } from '../linearizable/monitors/set.ts';
import { canonical, sameValue, show, showAnswer } from './values.ts';

/** `enqueue` v, `dequeue` -> the oldest value, or null from an empty queue. A dequeue of unknown outcome may have taken one. */
export const fifoQueue: Model<readonly Json[]> = {
  name: 'fifo-queue',
  workload: 'queue',
  init: [],
  step: (items, { f, input, output }) => {
    if (f === 'enqueue') return [...items, input];
    if (f !== 'dequeue') return items;
    if (items.length === 0) return output === undefined || output === null ? items : undefined;
    return output === undefined || sameValue(items[0]!, output) ? items.slice(1) : undefined;
  },
  describe: ({ f, input, output }) => (f === 'dequeue' ? `dequeue -> ${showAnswer(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f, output }) => (f === 'dequeue' && output === null) || (f !== 'enqueue' && f !== 'dequeue'),
  always: ({ f }) => f === 'enqueue',
  touches: touchedBy(queueVerbs),
  drainedBy: queueVerbs.remove,
  monitor: monitorQueue,
  explain: explainCollection({ name: 'queue', verbs: queueVerbs, added: 'enqueued', removed: 'dequeued', wrong: fifoWrong }),
};

const sorted = (values: readonly Json[]): readonly string[] => [...new Set(values.map(canonical))].sort();

/** `add` v, `read` -> all elements in any order. */
export const set: Model<readonly string[]> = {
  name: 'set',
  workload: 'set',
  init: [],
  step: (elements, { f, input, output }) => {
    if (f === 'add') return elements.includes(canonical(input)) ? elements : sorted([...elements.map(text => JSON.parse(text)), input]);
    if (f !== 'read' || output === undefined) return elements;
    return sorted((output ?? []) as readonly Json[]).join() === elements.join() ? elements : undefined;
  },
  describe: ({ f, input, output }) => (f === 'read' ? `read -> ${showAnswer(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f }) => f !== 'add',
  always: ({ f }) => f === 'add',
  observes: (reader, writer) =>
    reader.f === 'read' && Array.isArray(reader.output) && reader.output.some(element => sameValue(element as Json, writer.input)),
  monitor: monitorSet,
  explain: explainSet,
};

/** `add` n (negative to subtract), `read` -> the sum. */
export const counter: Model<number> = {
  name: 'counter',
  workload: 'counter',
  init: 0,
  step: (sum, { f, input, output }) => {
    if (f === 'add') return sum + Number(input);
    return f !== 'read' || output === undefined || output === sum ? sum : undefined;
  },
  describe: ({ f, input, output }) => (f === 'read' ? `read -> ${showAnswer(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f, input }) => f !== 'add' || Number(input) === 0,
  always: ({ f }) => f === 'add',
  observes: reader => reader.f === 'read',
  monitor: monitorCounter,
  explain: explainCounter,
};
