/**
 * Registers under many keys: read, write and compare-and-set. The oldest and sharpest test of a store that claims to be linearizable.
 * A few keys are in use at a time, and each is replaced after some operations, so that every key's history stays small enough to judge.
 */
import { each, stream } from '../harness/generator/basic.ts';
import { eachProcess, onThreads } from '../harness/generator/processes.ts';
import type { Generator, Request } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { pickWeighted, type Rng } from '../harness/std/rng.ts';

export const register: Workload = {
  name: 'register',
  summary: 'read, write and compare-and-set on registers under many keys',
  options: {
    keys: { default: 10, summary: 'keys in use at a time' },
    rotate: { default: 200, summary: 'operations on a key before a new one takes its place; 0: never' },
    values: {
      default: 'unique',
      choices: ['unique', 'small'],
      summary: 'unique: no value is written twice; small: 0 to 4, which makes cas on concurrent values likely',
    },
    reads: { default: 2, summary: 'weight of reads in the mix' },
    writes: { default: 1, summary: 'weight of writes in the mix' },
    cas: { default: 1, summary: 'weight of compare-and-set in the mix' },
    finalKeys: { default: 200, summary: 'keys, the latest first, that every node is asked for at the end' },
  },
  models: ['linearizable'],
  readOnly: ['read'],
  generator: context => requests(context),
  final: context => finalReads(context),
};

/** A key in use, and what it holds if everything that was asked for so far has been done. */
interface Slot {
  key: string;
  left: number;
  believed: number | null;
}

/**
 * Which request comes n-th depends on the rng alone, not on answers: the same seed asks the same. A compare-and-set expects what the key
 * holds if all before it succeeded, which is so often enough.
 */
const requests = ({ rng, options }: WorkloadContext): Generator => {
  const rotate = Number(options.rotate) || Number.POSITIVE_INFINITY;
  let keysUsed = 0;
  const nextSlot = (): Slot => ({ key: `k${keysUsed++}`, left: rotate, believed: null });
  const slots = Array.from({ length: Math.max(1, Number(options.keys)) }, nextSlot);
  const nextValue = options.values === 'small' ? () => rng.int(smallValues) : counter();
  const weights = [
    ['read', Number(options.reads)],
    ['write', Number(options.writes)],
    ['cas', Number(options.cas)],
  ] as const;
  return stream(() => {
    const at = rng.int(slots.length);
    if (slots[at]!.left <= 0) slots[at] = nextSlot();
    const slot = slots[at]!;
    slot.left--;
    return operation(slot, pickWeighted(rng, weights), nextValue, options.values === 'small' ? rng : undefined);
  });
};

const smallValues = 5;

const operation = (slot: Slot, f: string, nextValue: () => number, expectAny: Rng | undefined): Request => {
  if (f === 'read') return { f, key: slot.key, value: null };
  if (f === 'cas') {
    const expected = expectAny === undefined ? slot.believed : expectAny.int(smallValues);
    slot.believed = nextValue();
    return { f, key: slot.key, value: [expected, slot.believed] };
  }
  slot.believed = nextValue();
  return { f, key: slot.key, value: slot.believed };
};

const counter = (): (() => number) => {
  let last = 0;
  return () => ++last;
};

/** One process per node, so that every node has its say, reads each of the latest keys. */
const finalReads = ({ options, nodes, keys = [] }: WorkloadContext): Generator => {
  const latest = keys.slice(-Number(options.finalKeys)).reverse();
  const reads = latest.map(key => ({ f: 'read', key, value: null }));
  return onThreads(thread => thread < nodes, eachProcess(each(reads)));
};
