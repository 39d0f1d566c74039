/** Sets that only grow: every element is added once, reads ask for all of them. What was acknowledged must be there at the end. */
import { stream } from '../harness/generator/basic.ts';
import type { Generator } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { pickWeighted } from '../harness/std/rng.ts';
import { numbered, onEveryNode, rotating } from './requests.ts';

export const set: Workload = {
  name: 'set',
  summary: 'add elements to sets and read them: nothing that was acknowledged may be lost',
  options: {
    size: { default: 300, summary: 'operations on a set before a new one takes its place; 0: never' },
    adds: { default: 2, summary: 'weight of adds in the mix' },
    reads: { default: 1, summary: 'weight of reads in the mix' },
    finalKeys: { default: 200, summary: 'sets, the latest first, that every node is asked for at the end' },
  },
  models: ['set', 'set-full', 'linearizable', 'eventual'],
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
  const key = rotating('s', Number(options.size));
  const element = numbered();
  const weights = [
    ['add', Number(options.adds)],
    ['read', Number(options.reads)],
  ] as const;
  return stream(() => {
    const f = pickWeighted(rng, weights);
    return { f, key: key(), value: f === 'add' ? element() : null };
  });
};
