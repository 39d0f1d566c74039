import { expect, test } from 'vitest';
import { readSoFar } from './check-progress.ts';
import { renderTable, whyOf } from './check-table.ts';

const verdict = { valid: true, workload: 'register', model: 'linearizable', operations: 3, keys: 1, elapsedMs: 1, anomalies: [] } as const;

test('a line for each history, columns one under the other, the last one cut to fit', () => {
  const rows = [
    { file: 'a.jsonl', verdict: 'valid', operations: 1000, keys: 1, seconds: 0.5, why: '' },
    { file: 'longer.edn', verdict: 'not judged', operations: undefined, keys: undefined, seconds: 12.34, why: 'x'.repeat(200) },
  ] as const;
  const lines = renderTable(rows, 90);
  expect(lines.map(line => line.slice(0, 50))).toEqual([
    'file        verdict     operations  keys  seconds ',
    'a.jsonl     valid             1000     1     0.50',
    'longer.edn  not judged           -     -     12.3 ',
  ]);
  expect(lines.every(line => line.length <= 90)).toBe(true);
  expect(lines[2]!.endsWith('xx…')).toBe(true);
});

test('why: the anomalies and their operations, what ran out, or that nothing was tested', () => {
  const anomaly = { type: 'stale-read', key: 'x', operations: [1, 5], explanation: '' };
  expect(whyOf({ ...verdict, valid: false, anomalies: [anomaly] })).toBe('stale-read of key x: operations 1, 5');
  expect(whyOf({ ...verdict, valid: 'unknown', unknown: 'time' })).toBe('time');
  expect(whyOf(verdict)).toBe('');
  expect(whyOf({ ...verdict, operations: 0 })).toBe('no operations: nothing was tested');
});

test('progress says how much is read, and how long the rest takes where the size is known', () => {
  expect(readSoFar(250e6, 1000e6, 2000)).toBe('250 MB of 1000 (25 %) · 6.0 s left');
  expect(readSoFar(250e6, undefined, 2000)).toBe('250 MB');
});
