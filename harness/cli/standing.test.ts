import { expect, test } from 'vitest';
import { checkers } from '../../checkers/registry.ts';
import { lanes } from '../../checkers/testing/lanes.ts';
import type { Checker, Verdict } from '../protocol/checker.ts';
import { tellingStanding } from './standing.ts';

const options = { workload: 'register', timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 };
const linearizable = tellingStanding(checkers.find(({ model }) => model === 'linearizable')!);

const stale = lanes`
  p0  |x: write 1| |x: write 2|
  p1                             |x: read 1|
`;

test('a violated run says which weaker models hold', () => {
  expect(linearizable.check(stale, options)).toMatchObject({
    valid: false,
    satisfies: ['sequential', 'eventual'],
    violates: [{ model: 'linearizable', anomalies: [{}] }],
  });
});

test('a valid run is asked nothing more, nor one of a workload that has no weaker models', () => {
  const verdict = linearizable.check(stale.slice(0, 4), options);
  expect(verdict.valid).toBe(true);
  expect(verdict).not.toHaveProperty('satisfies');
  const broken: Verdict = { valid: false, workload: 'lock', model: 'lock', operations: 1, keys: 1, elapsedMs: 0, anomalies: [] };
  const lock: Checker = { model: 'lock', summary: '', workloads: ['lock'], check: () => broken };
  expect(tellingStanding(lock).check(stale, options)).toEqual(broken);
});

test('on threads too', async () => {
  const checker: Checker = { ...linearizable, checkOnThreads: async (history, limits) => linearizable.check(history, limits) };
  expect(await tellingStanding(checker).checkOnThreads!(stale, options)).toMatchObject({ satisfies: ['sequential', 'eventual'] });
});
