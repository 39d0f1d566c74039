import { expect, test } from 'vitest';
import type { Checker } from '../protocol/checker.ts';
import { judgeHistory } from './judge.ts';

test('a checker that crashes is unknown, never green', async () => {
  const crashing: Checker = {
    model: 'linearizable',
    summary: '',
    workloads: ['register'],
    check: () => {
      throw new Error('boom');
    },
  };
  const verdict = await judgeHistory(crashing, [], { workload: 'register', timeLimitMs: 1, memoryLimitBytes: 1 });
  expect(verdict.valid).toBe('unknown');
  expect(verdict.unknown).toContain('boom');
});
