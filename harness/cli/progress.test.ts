import { expect, test } from 'vitest';
import { describe, type Reading } from './progress.ts';

const reading = (over: Partial<Reading>): Reading => ({
  phase: 'load',
  elapsedMs: 0,
  remainingMs: undefined,
  ok: 0,
  fail: 0,
  info: 0,
  faults: [],
  ...over,
});

test('the rate is that of the time since the last reading', () => {
  const line = describe(reading({ elapsedMs: 3_000, remainingMs: 7_000, ok: 500 }), reading({ elapsedMs: 2_000, ok: 300 }));
  expect(line).toBe('load 3.0 s · 7.0 s left · 200 ops/s · ok 500 fail 0 info 0 · no fault');
});

test('active faults are named', () => {
  expect(describe(reading({ faults: ['kill n1', 'partition n2>n3'] }), undefined)).toContain('fault: kill n1; partition n2>n3');
});
