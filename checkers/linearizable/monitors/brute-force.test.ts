/**
 * The polynomial methods for collections and locks against the definition and against the general search, on small random histories with
 * violations, unknown outcomes and empty answers. `ORDEAL_FUZZ=200000` runs that many for each line of the table, `ORDEAL_FUZZ_SEED` others.
 */
import { expect, test } from 'vitest';
import type { History } from '../../../harness/history/event.ts';
import type { Json } from '../../../harness/std/json.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { fifoQueue } from '../../models/collections.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import { mutexShape, queueShape, uniqueShape } from '../../testing/shapes.ts';
import { judgeBySearch } from '../judge-key.ts';
import type { Model, Monitored } from '../model.ts';
import { type Subject, splitByKey } from '../subject.ts';
import { monitorLock } from './lock.ts';
import { monitorQueue } from './queue.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 20_000);
const seed = process.env.ORDEAL_FUZZ_SEED ?? '1';
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

type Monitor = (subjects: readonly Subject[]) => Monitored | undefined;
const queueOfUnique = uniqueShape(fifoQueue as Model<readonly Json[]>, ['enqueue', 'dequeue'], items => items[0]);

/** `least`: the share of histories that the method must decide. */
const table: readonly (readonly [string, Shape<never>, Monitor, number])[] = [
  ['queue', queueOfUnique as never, monitorQueue, 1],
  ['queue, repeated values', queueShape as never, monitorQueue, 0.2],
  ['lock', mutexShape as never, monitorLock, 1],
];

test.each(table)('%s: agrees with brute force and the search', { timeout: 1_800_000 }, (name, shape, monitor, least) => {
  const counts = { valid: 0, invalid: 0, decided: 0 };
  for (let i = 0; i < histories; i++) {
    const history = drawn(name, i, shape);
    const subjects = splitByKey(history).keys[0]?.subjects ?? [];
    const found = monitor(subjects);
    const expected = linearizableByBruteForce(history, shape.model);
    counts[expected ? 'valid' : 'invalid']++;
    if (found === undefined) continue;
    counts.decided++;
    const told = `history ${seed}/${name}/${i}:\n${printed(history)}`;
    if ((found.outcome === 'linearizable') !== expected) expect.fail(`${found.outcome}, but brute force says ${expected}: ${told}`);
    if ((judgeBySearch(subjects, shape.model, limits).outcome === 'linearizable') !== expected)
      expect.fail(`the search disagrees: ${told}`);
    if (!expected && found.suspects.length === 0) expect.fail(`nothing suspected: ${told}`);
  }
  expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(histories / 6);
  expect(counts.decided).toBeGreaterThanOrEqual(histories * least);
});

const drawn = (name: string, i: number, shape: Shape<never>): History => {
  const rng = createRng(`${seed}/${name}/${i}`);
  const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(5), info: rng.pick([0, 0.05, 0.15]), lie: rng.pick([0, 0, 0.2, 0.4]) };
  return randomHistory(rng, shape, size);
};

const printed = (history: History): string =>
  history.map(({ process, type, f, value }) => JSON.stringify({ process, type, f, value })).join('\n');
