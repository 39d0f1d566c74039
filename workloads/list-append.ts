/**
 * Transactions that append to lists under a few keys and read them: the workload of Elle. Every appended value is unique, so a read of a list
 * says who came before whom, on all keys together. A key is replaced after some appends, so that lists stay short.
 */
import { each, stream } from '../harness/generator/basic.ts';
import { eachProcess, onThreads } from '../harness/generator/processes.ts';
import type { Generator, Request } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import type { Json } from '../harness/std/json.ts';

export const listAppend: Workload = {
  name: 'list-append',
  summary: 'transactions that append to lists under a few keys and read them',
  options: {
    lists: { default: 5, summary: 'lists in use at a time' },
    length: { default: 20, summary: 'appends to a list before a new one takes its place' },
    steps: { default: 4, summary: 'appends and reads in a transaction, at most' },
    readShare: { default: 0.5, summary: 'share of reads among them, 0 to 1' },
    finalLists: { default: 50, summary: 'lists, the latest first, that every node is asked for at the end' },
  },
  models: ['linearizable', 'serializable', 'repeatable-read'],
  readOnly: [],
  generator: context => transactions(context),
  final: context => finalReads(context),
};

interface List {
  readonly key: string;
  left: number;
}

/** Which request comes n-th depends on the rng alone. */
const transactions = ({ rng, options }: WorkloadContext): Generator => {
  const length = Math.max(1, Number(options.length));
  let used = 0;
  let value = 0;
  const nextList = (): List => ({ key: `k${used++}`, left: length });
  const lists = Array.from({ length: Math.max(1, Number(options.lists)) }, nextList);
  const step = (): Json => {
    const at = rng.int(lists.length);
    if (rng.chance(Number(options.readShare))) return ['r', lists[at]!.key, null];
    if (lists[at]!.left === 0) lists[at] = nextList();
    lists[at]!.left--;
    return ['append', lists[at]!.key, ++value];
  };
  const most = Math.max(1, Number(options.steps));
  return stream(() => ({ f: 'txn', value: Array.from({ length: 1 + rng.int(most) }, step) }));
};

/** One process per node, so that every node has its say, reads the latest lists a few at a time. */
const finalReads = ({ options, nodes, keys = [] }: WorkloadContext): Generator => {
  const latest = keys.slice(-Number(options.finalLists)).reverse();
  const size = Math.max(1, Number(options.steps));
  const reads = Array.from(
    { length: Math.ceil(latest.length / size) },
    (_, at): Request => ({ f: 'txn', value: latest.slice(at * size, (at + 1) * size).map((key): Json => ['r', key, null]) }),
  );
  return onThreads(thread => thread < nodes, eachProcess(each(reads)));
};
