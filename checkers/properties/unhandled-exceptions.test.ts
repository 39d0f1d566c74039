import { expect, test } from 'vitest';
import type { Event } from '../../harness/history/event.ts';
import { unhandledExceptions } from './unhandled-exceptions.ts';

const limits = { workload: 'register', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const operation = (index: number, error?: Event['error']): Event[] => [
  { index, time: index, process: index, type: 'invoke', f: 'write', value: index },
  {
    index: index + 1,
    time: index + 1,
    process: index,
    type: error === undefined ? 'ok' : 'info',
    f: 'write',
    value: index,
    ...(error !== undefined && { error }),
  },
];
const check = (...errors: (Event['error'] | undefined)[]) =>
  unhandledExceptions(['register']).check(
    errors.flatMap((error, at) => operation(2 * at, error)),
    limits,
  );

test('kinds are told with the most frequent first, whatever numbers are in them', () => {
  const { valid, warnings, measured } = check(
    undefined,
    { name: 'unknown', message: 'NullPointerException at line 7' },
    { name: 'client-threw', message: 'TypeError: x is undefined' },
    { name: 'unknown', message: 'NullPointerException at line 12' },
  );
  expect(valid).toBe(true);
  expect(measured).toEqual({ unforeseen: 3 });
  expect(warnings).toHaveLength(2);
  expect(warnings![0]).toContain('2 operations ended in an error that nobody foresaw: NullPointerException at line 7 (first: process 2');
});

test('errors that the table knows are nobody’s surprise', () => {
  expect(check({ name: 'timeout', message: 'no answer' }, 'timed out')).toMatchObject({ valid: true, measured: { unforeseen: 0 } });
});
