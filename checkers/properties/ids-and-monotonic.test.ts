import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { lanes } from '../testing/lanes.ts';
import { monotonic } from './monotonic.ts';
import { uniqueIds } from './unique-ids.ts';

const limits = { timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const ids = (history: History) => uniqueIds.check(history, { workload: 'unique-ids', ...limits });
const grows = (history: History) => monotonic.check(history, { workload: 'monotonic', ...limits });

test('identifiers: accepts what differs, also in kind', () => {
  expect(
    ids(lanes`
    p0  |generate 1| |generate "1"| |generate info|
    p1  |generate {"a":1}| |generate {"a":2}|
  `),
  ).toMatchObject({ valid: true, measured: { ids: 4, duplicates: 0 } });
});

test('identifiers: rejects one that was given twice, however it is written and whatever the key', () => {
  const { valid, anomalies } = ids(lanes`
    p0  |x: generate {"a":1,"b":2}|
    p1                              |y: generate {"b":2,"a":1}| |y: generate 3|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'duplicate-id', operations: [1, 3] }] });
});

test('monotonic: accepts what grows in each process, whatever the others see', () => {
  expect(
    grows(lanes`
    p0  |inc 1| |inc 2| |read 2| |read 2|
    p1                   |read 1|        |read 2|
  `).valid,
  ).toBe(true);
});

test('monotonic: rejects a read that goes back, an increment that makes no more, a value that is made twice', () => {
  expect(
    grows(lanes`
    p0  |inc 1| |inc 2|  |read 1| |inc 2|
  `).anomalies,
  ).toMatchObject([
    { type: 'non-monotonic-read', operations: [3, 5] },
    { type: 'non-monotonic-inc', operations: [3, 7] },
    { type: 'duplicate-inc', operations: [3, 7] },
  ]);
});

test('monotonic: a counter that is subtracted from need not grow', () => {
  const history = lanes`
    p0  |add 1| |read 1| |add -1| |read 0|
  `;
  expect(monotonic.check(history, { workload: 'counter', ...limits })).toMatchObject({ valid: 'unknown' });
});
