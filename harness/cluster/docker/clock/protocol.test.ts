import { expect, test } from 'vitest';
import { parseAnswer, setCommand } from './protocol.ts';

test('a skew is told in whole nanoseconds and a rate of 32 binary places', () => {
  expect(setCommand({ offsetMs: 3_600_500, rate: 1 })).toBe('set 3600500000000 4294967296');
  expect(setCommand({ offsetMs: -86_400_250.5, rate: 0.5 })).toBe('set -86400250500000 2147483648');
  expect(setCommand({ offsetMs: 0, rate: 2 })).toBe('set 0 8589934592');
});

test('refuses a clock that stands still, runs backwards, or is off by no number', () => {
  for (const skew of [
    { offsetMs: 0, rate: 0 },
    { offsetMs: 0, rate: -1 },
    { offsetMs: 0, rate: Number.NaN },
    { offsetMs: Number.POSITIVE_INFINITY, rate: 1 },
  ])
    expect(() => setCommand(skew)).toThrow(RangeError);
});

test('understands every answer', () => {
  expect(parseAnswer('ready')).toEqual({ type: 'ready' });
  expect(parseAnswer('done 3')).toEqual({ type: 'done', reached: 3, unreached: [] });
  expect(parseAnswer('done 1 17:32-bit 204:does-not-stop')).toEqual({
    type: 'done',
    reached: 1,
    unreached: [
      { pid: 17, reason: '32-bit' },
      { pid: 204, reason: 'does-not-stop' },
    ],
  });
  expect(parseAnswer('failed no-vdso this kernel maps no vDSO')).toEqual({
    type: 'failed',
    code: 'no-vdso',
    text: 'this kernel maps no vDSO',
  });
});

test('a reading keeps its microseconds, and may lie before 1970', () => {
  expect(parseAnswer('clock 1795541545639580323 14524840907421 4')).toEqual({
    type: 'clock',
    reading: { wallMs: 1795541545639.58, monotonicMs: 14524840.907 },
    reached: 4,
    unreached: [],
  });
  expect(parseAnswer('clock -1500000 0 1')).toMatchObject({ reading: { wallMs: -1.5 } });
});

test.each([
  '',
  'ready now',
  'done',
  'done x',
  'done 1 17',
  'clock 1 2',
  'clock 1 b 3',
  'clock 1.5 2 3',
  'failed',
  'OCI runtime exec failed',
])('refuses %j', line => {
  expect(() => parseAnswer(line)).toThrow(/nobody understands/);
});
