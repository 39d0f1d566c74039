/** Counters: add and read. What was acknowledged counts, what was not asked for does not. */
import { stream } from '../harness/generator/basic.ts';
import type { Generator } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { pickWeighted } from '../harness/std/rng.ts';
import { onEveryNode, rotating } from './requests.ts';

export const counter: Workload = {
  name: 'counter',
  summary: 'add to counters and read them: a read lies between what must and what can have been added',
  options: {
    size: { default: 200, summary: 'operations on a counter before a new one takes its place; 0: never' },
    adds: { default: 2, summary: 'weight of adds in the mix' },
    reads: { default: 1, summary: 'weight of reads in the mix' },
    largest: { default: 1, summary: 'largest amount that is added; 1 makes the judgement sharpest' },
    subtract: { default: 0, summary: 'share of adds that subtract, 0 to 1' },
    finalKeys: { default: 200, summary: 'counters, the latest first, that every node is asked for at the end' },
  },
  models: ['counter', 'monotonic', 'linearizable', 'eventual'],
  readOnly: ['read'],
  generator: context => requests(context),
  final: ({ options, nodes, keys = [] }) =>
    onEveryNode(
      nodes,
      keys
        .slice(-Number(options.finalKeys))
        .reverse()
        .map(key => ({ f: 'read', key, value: null })),
    ),
};

const requests = ({ rng, options }: WorkloadContext): Generator => {
  const key = rotating('c', Number(options.size));
  const largest = Math.max(1, Number(options.largest));
  const weights = [
    ['add', Number(options.adds)],
    ['read', Number(options.reads)],
  ] as const;
  return stream(() => {
    if (pickWeighted(rng, weights) === 'read') return { f: 'read', key: key(), value: null };
    const amount = 1 + rng.int(largest);
    return { f: 'add', key: key(), value: rng.chance(Number(options.subtract)) ? -amount : amount };
  });
};
