import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['7', 7_000],
])('%s is %d ms', (text, ms) => expect(parseDuration(text, '--interval')).toBe(ms));

test.each(['', 'ten', '-3s', '5 days', '1e3'])('refuses %j and names the flag', text => {
  expect(() => parseDuration(text, '--interval')).toThrow(/--interval/);
});

test('durations are written for people', () => {
  expect([12, 1_234, 65_000, 120_000].map(formatDuration)).toEqual(['12 ms', '1.2 s', '1 min 5 s', '2 min']);
});
