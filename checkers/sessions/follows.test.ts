import { expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import { checkers } from '../registry.ts';

const writesFollowReads = checkers.find(({ model }) => model === 'writes-follow-reads')!;

/** One operation after the other: process, object, and `w1` or `r1`. */
const historyOf = (...operations: readonly (readonly [number, string, string])[]): History =>
  operations.flatMap(([process, key, [verb, ...digits]], at): Event[] => {
    const f = verb === 'w' ? 'write' : 'read';
    const value = Number(digits.join(''));
    const common = { process, f, key };
    return [
      { ...common, index: 2 * at, time: 2 * at, type: 'invoke', value: f === 'write' ? value : null },
      { ...common, index: 2 * at + 1, time: 2 * at + 1, type: 'ok', value },
    ];
  });

test('where causes go round in a circle, the way back from a write still ends', () => {
  const history = historyOf(
    [0, 'x', 'w1'],
    [1, 'y', 'r5'],
    [1, 'x', 'r1'],
    [1, 'x', 'w2'],
    [2, 'x', 'r2'],
    [2, 'y', 'w5'],
    [3, 'x', 'r2'],
    [3, 'x', 'r1'],
  );
  const { valid, anomalies } = writesFollowReads.check(history, { workload: 'register', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });
  expect(valid).toBe(false);
  expect(anomalies[0]).toMatchObject({ type: 'writes-follow-reads', operations: [1, 3, 5, 7, 9, 11] });
});
