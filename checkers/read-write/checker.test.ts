/** What verdicts say of what no model decides: impossible observations, repeated values, answers that cannot be traced. */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { checkers } from '../registry.ts';
import { lanes } from '../testing/lanes.ts';

const judge = (model: string, history: History, workload = 'register') =>
  checkers.find(checker => checker.model === model)!.check(history, { workload, timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 });

test('accepts by traces, and says so', () => {
  const history = lanes`
    p0  |x: write 1| |x: read 1|
  `;
  const verdict = judge('causal', history);
  expect(verdict).toMatchObject({ valid: true, method: 'traces', anomalies: [], operations: 2, keys: 1 });
  expect(verdict.unknown).toBeUndefined();
});

test('rejects what an operation contradicts by itself, and names the object', () => {
  const history = lanes`
    p0  |write {"x":1}| |txn [["r","x",1],["r","x",2]]| |write {"x":2}|
  `;
  expect(judge('pram', history, 'multi-register')).toMatchObject({
    valid: false,
    method: 'observations',
    anomalies: [{ type: 'internal', key: 'x', operations: [3] }],
  });
});

test('rejects where values repeat and no way to trace the reads satisfies the model', () => {
  const history = lanes`
    p0  |x: write 1| |x: write 1| |x: write 2| |x: read 1|
  `;
  const { valid, method, anomalies } = judge('read-your-writes', history);
  expect({ valid, method, anomalies }).toMatchObject({
    valid: false,
    method: 'search over traces',
    anomalies: [{ type: 'read-your-writes', key: 'x', operations: [1, 3, 5, 7] }],
  });
  expect(anomalies[0]!.explanation).toContain('No order');
  expect(judge('causal-memory', history)).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('more than once') });
});

test('a cas that says what it did not find makes green unknown, and leaves red red', () => {
  expect(
    judge(
      'causal',
      lanes`
    p0  |x: write 1| |x: cas 2 3 missed|
  `,
    ),
  ).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('applied: false') });
  const stale = lanes`
    p0  |x: write 1| |x: cas 2 3 missed| |x: read|
  `;
  expect(judge('causal', stale)).toMatchObject({ valid: false, anomalies: [{ type: 'WriteCOInitRead', operations: [1, 5] }] });
});

test('unknown: an append does not say what it left', () => {
  const history = lanes`
    p0  |x: append "a"| |x: get "b"|
  `;
  expect(judge('causal', history, 'kv')).toMatchObject({ valid: 'unknown', anomalies: [], unknown: expect.stringContaining('append') });
});
