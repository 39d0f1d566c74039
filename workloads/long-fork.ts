/** Keys in small groups, each written once, while others read the whole group: two reads must not disagree on which write came first. */
import { stream } from '../harness/generator/basic.ts';
import type { Generator, Request } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import type { Json } from '../harness/std/json.ts';

export const longFork: Workload = {
  name: 'long-fork',
  summary: 'transactions that write one key once, or read a group of keys: reads agree on the order of writes',
  options: {
    group: { default: 3, summary: 'keys in a group' },
    groups: { default: 4, summary: 'groups in use at a time' },
    reads: { default: 3, summary: 'reads of a group for every write in it' },
  },
  models: ['long-fork'],
  readOnly: [],
  generator: context => requests(context),
};

interface Group {
  readonly keys: readonly string[];
  /** What is still to be asked, in random order. */
  readonly left: Request[];
}

const requests = ({ rng, options }: WorkloadContext): Generator => {
  const size = Math.max(2, Number(options.group));
  let used = 0;
  const nextGroup = (): Group => {
    const number = used++;
    const keys = Array.from({ length: size }, (_, at) => `g${number}-${at}`);
    const writes = keys.map((key): Request => ({ f: 'txn', value: [['w', key, 1]] }));
    const reads = Array.from(
      { length: size * Number(options.reads) },
      (): Request => ({ f: 'txn', value: rng.shuffle(keys).map((key): Json => ['r', key, null]) }),
    );
    return { keys, left: rng.shuffle([...writes, ...reads]) };
  };
  const groups = Array.from({ length: Math.max(1, Number(options.groups)) }, nextGroup);
  return stream(() => {
    const at = rng.int(groups.length);
    if (groups[at]!.left.length === 0) groups[at] = nextGroup();
    return groups[at]!.left.pop();
  });
};
