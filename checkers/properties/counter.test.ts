import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { counter } from '../models/collections.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { counterShape } from '../testing/shapes.ts';
import { counterBounds } from './counter.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 2000);

const judge = (history: History) => counterBounds.check(history, { workload: 'counter', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });

test('accepts: what is open may count or not, what failed does not', () => {
  expect(
    judge(lanes`
    p0  |add 1| |add 2            |  |add 9 fail| |add 5 info|
    p1          |read 1| |read 3|                              |read 8| |read 8|
  `),
  ).toMatchObject({ valid: true, anomalies: [] });
});

test('rejects: less than must have been added, more than can have been', () => {
  const { valid, anomalies } = judge(lanes`
    p0  |add 1| |add 2|         |add 4 fail|
    p1                  |read 1|             |read 7|
  `);
  expect({ valid, anomalies }).toMatchObject({
    valid: false,
    anomalies: [
      { type: 'too-low', operations: [1, 3, 5] },
      { type: 'too-high', operations: [1, 3, 9] },
    ],
  });
  expect(anomalies[0]!.explanation).toContain('comes to 3');
});

test('rejects: a later read shows less', () => {
  expect(
    judge(lanes`
    p0  |add 1                     |
    p1    |read 1| |read 0|
  `).anomalies,
  ).toMatchObject([{ type: 'non-monotonic-read', operations: [2, 4] }]);
});

test('what may have been subtracted lowers the least', () => {
  expect(
    judge(lanes`
    p0  |add 3| |add -2 info|
    p1                         |read 1| |read 3|
  `).valid,
  ).toBe(true);
});

test('never rejects what is linearizable; with adds of 1 alone it rejects everything that is not', () => {
  const units = {
    ...counterShape,
    request: (rng: Parameters<typeof counterShape.request>[0]) => (rng.chance(0.5) ? { f: 'add', value: 1 } : { f: 'read', value: null }),
  };
  const counts = { yes: 0, no: 0 };
  for (let i = 0; i < histories; i++) {
    const rng = createRng(`counter/${i}`);
    const shape = i % 2 === 0 ? units : counterShape;
    const size = { operations: 3 + rng.int(6), processes: 2 + rng.int(3), info: rng.pick([0, 0.1]), lie: rng.pick([0, 0.3]) };
    const history = randomHistory(rng, shape, size);
    const truth = linearizableByBruteForce(history, counter);
    counts[truth ? 'yes' : 'no']++;
    if (truth || shape === units) expect(judge(history).valid, `${i}`).toBe(truth);
  }
  expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(histories / 10);
});
