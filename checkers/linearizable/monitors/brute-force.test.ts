/**
 * The polynomial methods for collections and locks against the definition and against the general search, on small random histories with
 * violations, unknown outcomes and empty answers. `ORDEAL_FUZZ=200000` runs that many for each line of the table, `ORDEAL_FUZZ_SEED` others.
 */
import { expect, test } from 'vitest';
import type { History } from '../../../harness/history/event.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import {
  mutexShape,
  queueShape,
  stackShape,
  uniqueBagShape,
  uniquePriorityQueueShape,
  uniqueQueueShape,
  uniqueStackShape,
} from '../../testing/shapes.ts';
import { judgeBySearch } from '../judge-key.ts';
import { splitByKey } from '../subject.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 20_000);
const seed = process.env.ORDEAL_FUZZ_SEED ?? '1';
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

/** `least`: the share of histories that the method must decide. */
const table: readonly (readonly [string, Shape<never>, number])[] = [
  ['queue', uniqueQueueShape as never, 1],
  ['queue, repeated values', queueShape as never, 0.2],
  ['stack', uniqueStackShape as never, 0.97],
  ['stack, repeated values', stackShape as never, 0.2],
  ['priority queue', uniquePriorityQueueShape('smallest') as never, 0.97],
  ['priority queue, largest first', uniquePriorityQueueShape('largest') as never, 0.97],
  ['unordered queue', uniqueBagShape as never, 1],
  ['lock', mutexShape as never, 1],
];

test.each(table)('%s: agrees with brute force and the search', { timeout: 1_800_000 }, (name, shape, least) => {
  const counts = { valid: 0, invalid: 0, decided: 0 };
  for (let i = 0; i < histories; i++) {
    const history = drawn(name, i, shape);
    const subjects = splitByKey(history).keys[0]?.subjects ?? [];
    const found = shape.model.monitor!(subjects);
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
  expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(histories / 7);
  expect(counts.decided / histories).toBeGreaterThanOrEqual(least);
});

const drawn = (name: string, i: number, shape: Shape<never>): History => {
  const rng = createRng(`${seed}/${name}/${i}`);
  const size = {
    operations: 4 + rng.int(7),
    processes: 2 + rng.int(5),
    info: rng.pick([0, 0.05, 0.15, 0.25]),
    lie: rng.pick([0, 0.2, 0.3, 0.5]),
  };
  return randomHistory(rng, shape, size);
};

const printed = (history: History): string =>
  history.map(({ process, type, f, value }) => JSON.stringify({ process, type, f, value })).join('\n');
