/** Counters that only grow: an increment answers with the value that it made. Nobody may see one go back. */
import { stream } from '../harness/generator/basic.ts';
import type { Workload } from '../harness/protocol/workload.ts';
import { pickWeighted } from '../harness/std/rng.ts';
import { onEveryNode, rotating } from './requests.ts';

export const monotonic: Workload = {
  name: 'monotonic',
  summary: 'increment counters and read them: nobody sees one go back',
  options: {
    size: { default: 500, summary: 'operations on a counter before a new one takes its place; 0: never' },
    incs: { default: 1, summary: 'weight of increments in the mix' },
    reads: { default: 1, summary: 'weight of reads in the mix' },
  },
  models: ['monotonic'],
  readOnly: ['read'],
  generator: ({ rng, options }) => {
    const key = rotating('m', Number(options.size));
    const weights = [
      ['inc', Number(options.incs)],
      ['read', Number(options.reads)],
    ] as const;
    return stream(() => ({ f: pickWeighted(rng, weights), key: key(), value: null }));
  },
  final: ({ nodes, keys = [] }) =>
    onEveryNode(
      nodes,
      keys.map(key => ({ f: 'read', key, value: null })),
    ),
};
