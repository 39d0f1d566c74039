import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { fifoQueue } from '../models/collections.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { queueShape } from '../testing/shapes.ts';
import { atLeastOnceQueue, fifoQueueOrder, totalQueue } from './queue.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 2000);

const options = { workload: 'queue', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const total = (history: History) => totalQueue.check(history, options);
const fifo = (history: History) => fifoQueueOrder.check(history, options);

test('accepts: everything came out, in whatever order', () => {
  expect(
    total(lanes`
    p0  |enqueue 1| |enqueue 2| |enqueue 3 info|
    p1                           |dequeue 2|  |dequeue 3| |drain [1]|
  `),
  ).toMatchObject({ valid: true, measured: { lost: 0, recovered: 1, reordered: 2 } });
});

test('rejects: an acknowledged value that is not there when all is drained', () => {
  const { valid, anomalies } = total(lanes`
    p0  |enqueue 1| |enqueue 2|
    p1                          |drain [2]|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'lost', operations: [1, 5] }] });
  expect(anomalies[0]!.explanation).toContain('nobody ever took it out');
});

test('an empty answer, or a refusal because it is empty, shows a loss as a drain does', () => {
  const empty = lanes`
    p0  |enqueue 1| |dequeue|
  `;
  expect(total(empty).anomalies).toMatchObject([{ type: 'lost', operations: [1, 3] }]);
  const refused = lanes`
    p0  |enqueue 1| |dequeue fail|
  `;
  expect(total(refused).valid).toBe('unknown');
  expect(total([...refused.slice(0, 3), { ...refused[3]!, error: { name: 'empty', message: '' } }]).valid).toBe(false);
});

test('a dequeue of unknown outcome may have taken one value, not two; a drain all', () => {
  expect(
    total(lanes`
    p0  |enqueue 1| |dequeue info|    |drain []|
  `),
  ).toMatchObject({ valid: true, warnings: [expect.stringContaining('unknown outcome')] });
  expect(
    total(lanes`
    p0  |enqueue 1| |enqueue 2| |dequeue info|    |drain []|
  `),
  ).toMatchObject({ valid: false, measured: { lost: 1 }, anomalies: [{ type: 'lost', operations: [1, 3, 7] }] });
  expect(
    total(lanes`
    p0  |enqueue 1| |enqueue 2| |drain info|    |drain []|
  `).valid,
  ).toBe(true);
});

test('rejects: twice, from nowhere, before it was put in; at-least-once lets the first pass', () => {
  const twice = lanes`
    p0  |enqueue 1| |dequeue 1| |dequeue 1| |drain []|
  `;
  expect(total(twice).anomalies).toMatchObject([{ type: 'duplicated', operations: [1, 3, 5] }]);
  expect(atLeastOnceQueue.check(twice, options)).toMatchObject({ valid: true, measured: { duplicated: 1 } });
  expect(
    total(lanes`
    p0                  |enqueue 1| |enqueue 2 fail|
    p1  |dequeue 1|                                   |dequeue 2| |dequeue 3|
  `).anomalies,
  ).toMatchObject([
    { type: 'unexpected', operations: [1, 3] },
    { type: 'unexpected', operations: [5, 7] },
    { type: 'unexpected', operations: [9] },
  ]);
});

test('unknown: nobody looked whether anything is left', () => {
  expect(
    total(lanes`
    p0  |drain []| |enqueue 1|
  `),
  ).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('1 value may still be in it') });
});

test('fifo rejects: a later value first, across dequeues and within a drain; found empty while it was not', () => {
  expect(
    fifo(lanes`
    p0  |enqueue 1| |enqueue 2| |dequeue 2| |dequeue 1|
  `).anomalies,
  ).toMatchObject([{ type: 'reordered', operations: [1, 3, 5, 7] }]);
  expect(
    fifo(lanes`
    p0  |enqueue 1| |enqueue 2| |drain [2,1]|
  `).anomalies,
  ).toMatchObject([{ type: 'reordered', operations: [1, 3, 5] }]);
  expect(
    fifo(lanes`
    p0  |enqueue 1| |dequeue| |dequeue 1|
  `).anomalies,
  ).toMatchObject([{ type: 'false-empty', operations: [1, 3, 5] }]);
});

test('fifo accepts: the order of enqueues, or of dequeues, that were open at once', () => {
  expect(
    fifo(lanes`
    p0  |enqueue 1  |   |dequeue 2|
    p1    |enqueue 2 |               |dequeue 1|
  `).valid,
  ).toBe(true);
  expect(
    fifo(lanes`
    p0  |enqueue 1| |enqueue 2|  |dequeue 1 |
    p1                           |dequeue 2|
  `).valid,
  ).toBe(true);
});

test('never rejects a linearizable queue, with any outcomes unknown', () => {
  let linearizable = 0;
  let rejected = 0;
  for (let i = 0; i < histories; i++) {
    const rng = createRng(`queue/${i}`);
    const size = { operations: 3 + rng.int(6), processes: 2 + rng.int(3), info: rng.pick([0, 0.1]), lie: rng.pick([0, 0.3]) };
    const history = randomHistory(rng, queueShape, size);
    const { valid } = fifo(history);
    if (valid === false) rejected++;
    if (!linearizableByBruteForce(history, fifoQueue)) continue;
    linearizable++;
    expect(valid, `${i}`).not.toBe(false);
  }
  expect(Math.min(linearizable, rejected)).toBeGreaterThan(histories / 10);
});
