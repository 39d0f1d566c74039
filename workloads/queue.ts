/** A queue: every value is put in once; at the end all that is left is drained, so that what is missing is lost. */
import { stream } from '../harness/generator/basic.ts';
import type { Generator } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { pickWeighted } from '../harness/std/rng.ts';
import { numbered, onEveryNode, rotating } from './requests.ts';

export const queue: Workload = {
  name: 'queue',
  summary: 'enqueue, dequeue and a final drain: what goes in comes out, once',
  options: {
    size: { default: 0, summary: 'operations on a queue before a new one takes its place; 0: never' },
    enqueues: { default: 1, summary: 'weight of enqueues in the mix' },
    dequeues: { default: 1, summary: 'weight of dequeues in the mix' },
  },
  models: ['total-queue', 'at-least-once-queue', 'fifo-queue', 'linearizable'],
  readOnly: [],
  generator: context => requests(context),
  final: ({ nodes, keys = [] }) =>
    onEveryNode(
      nodes,
      keys.map(key => ({ f: 'drain', key, value: null })),
    ),
};

const requests = ({ rng, options }: WorkloadContext): Generator => {
  const key = rotating('q', Number(options.size));
  const value = numbered();
  const weights = [
    ['enqueue', Number(options.enqueues)],
    ['dequeue', Number(options.dequeues)],
  ] as const;
  return stream(() => {
    const f = pickWeighted(rng, weights);
    return { f, key: key(), value: f === 'enqueue' ? value() : null };
  });
};
