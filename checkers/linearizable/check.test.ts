import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { register } from '../models/register.ts';
import { lanes } from '../testing/lanes.ts';
import { checkLinearizable } from './check.ts';

const judge = (history: History) => checkLinearizable(history, register);
const accepts = (history: History): void => expect(judge(history)).toMatchObject({ valid: true, anomalies: [] });
const rejects = (history: History, type: string, operations: readonly number[]): void => {
  const { valid, anomalies } = judge(history);
  expect(valid).toBe(false);
  expect(anomalies.map(anomaly => [anomaly.type, anomaly.operations])).toEqual([[type, operations]]);
};

test('accepts: an empty history', () => accepts([]));

test('accepts: a read that overlaps a write sees the value before or after it', () => {
  accepts(lanes`
    p0  |write 1|  |  write 2 |
    p1               |read 1|
  `);
  accepts(lanes`
    p0  |write 1|  |  write 2 |
    p1               |read 2|
  `);
});

test('rejects: a read of a value that had been overwritten before it began', () => {
  const history = lanes`
    p0@n1  |write 1|  |write 2|            |read 2|
    p1@n3                       |read 1|
  `;
  rejects(history, 'stale-read', [1, 3, 5]);
  expect(judge(history).anomalies[0]!.explanation).toBe(
    'n3 answered read = 1 (process 1, 0.032000-0.039000 s), but write 2 (process 0 on n1) had returned at 0.030000 s, ' +
      'and nothing wrote 1 again after it (last written by process 0 on n1, 0.011000-0.019000 s).',
  );
});

test('rejects: a write that returned and is never seen by anybody is lost', () =>
  rejects(
    lanes`
      p0  |write 1|  |write 2|
      p1                       |read 1|
    `,
    'lost-write',
    [1, 3, 5],
  ));

test('rejects: a value that nobody wrote, and one that only a failed write would have written', () => {
  rejects(
    lanes`
      p0  |write 1|
      p1     |read 3|
    `,
    'phantom-value',
    [3],
  );
  rejects(
    lanes`
      p0  |write 1|  |write 3 fail|
      p1                            |read 3|
    `,
    'dirty-read',
    [5],
  );
});

test('rejects: a value read before anybody asked to write it', () =>
  rejects(
    lanes`
      p0           |write 1|
      p1  |read 1|
    `,
    'future-read',
    [1, 3],
  ));

test('rejects: two cas that take the same value away', () =>
  rejects(
    lanes`
      p0  |write 1|  |cas 1 2|
      p1             |cas 1 3|
    `,
    'cas-conflict',
    [1, 4, 5],
  ));

test('rejects: old, new, old again, although the write of the new value is still going on', () =>
  rejects(
    lanes`
      p0  |write 1| |     write 2              |
      p1              |read 2|  |read 1|
    `,
    'stale-read',
    [1, 4, 6, 7],
  ));

test('accepts: an unknown outcome takes effect late, or never', () => {
  accepts(lanes`
    p0  |write 1| |write 2 info|
    p1                            |read 1|  |read 2|
  `);
  accepts(lanes`
    p0  |write 1| |write 2 ...
    p1                            |read 1|  |read 1|
  `);
});

test('rejects: an unknown outcome takes effect once only', () =>
  rejects(
    lanes`
      p0  |write 1| |write 2 info|
      p1                            |read 2|  |write 3|  |read 2|
    `,
    'stale-read',
    [2, 5, 7, 9],
  ));

test('accepts: a failed cas says nothing', () =>
  accepts(lanes`
    p0  |write 1| |cas 1 2 fail|  |read 1|
  `));

test('rejects: a cas that says it found another value although the value was there throughout', () =>
  rejects(
    lanes`
      p0  |write 1| |cas 1 2 missed|  |read 1|
    `,
    'non-linearizable',
    [1, 3],
  ));

test('accepts: a read of null, and a cas from null, before any write', () =>
  accepts(lanes`
    p0  |read null| |cas null 1|  |read 1|
  `));

test('each key is judged by itself, and every violating one is named', () => {
  const { valid, keys, anomalies } = judge(lanes`
    p0  |x: write 1|  |x: write 2|  |y: write 1|
    p1                              |x: read 1|   |y: read 1|  |z: read 9|
  `);
  expect({ valid, keys }).toEqual({ valid: false, keys: 3 });
  expect(anomalies.map(({ key, type }) => [key, type])).toEqual([
    ['x', 'lost-write'],
    ['z', 'phantom-value'],
  ]);
});
