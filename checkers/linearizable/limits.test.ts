import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { register } from '../models/register.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { registerShape } from '../testing/shapes.ts';
import { checkLinearizable } from './check.ts';

/** A history of one key that takes the search many steps: much concurrency, few values, many unknown outcomes. */
const hard = (key: string): History =>
  randomHistory(createRng('hard'), registerShape(3, 1), { operations: 4000, processes: 30, info: 0.02, lie: 0 }).map(event => ({
    ...event,
    key,
  }));

const stale = lanes`
  p200  |y: write 1|  |y: write 2|
  p201                             |y: read 1|
`;

const joined = (...histories: History[]): History => histories.flat().map((event, index) => ({ ...event, index }));

/** A clock that goes on by a millisecond whenever it is read. */
const ticking = () => {
  let time = 0;
  return () => time++;
};

test('out of time: unknown, with the key, how far it was verified, and why', () => {
  const verdict = checkLinearizable(hard('x'), register, { timeLimitMs: 3, now: ticking() });
  expect(verdict).toMatchObject({ valid: 'unknown', anomalies: [] });
  expect(verdict.unknown).toMatch(/^key x: linearizable up to operation \d+, then the time limit was reached after \d+ configurations$/);
});

test('a verified prefix that is named is linearizable indeed', () => {
  const history = hard('x');
  const { unknown } = checkLinearizable(history, register, { timeLimitMs: 3, now: ticking() });
  const upTo = Number(/operation (\d+)/.exec(unknown!)![1]);
  expect(upTo).toBeGreaterThan(100);
  expect(checkLinearizable(history.slice(0, upTo + 1), register).valid).toBe(true);
});

test('with time enough the same history is decided', () => {
  expect(checkLinearizable(hard('x'), register).valid).toBe(true);
});

test('out of memory: unknown, and why', () => {
  const verdict = checkLinearizable(hard('x'), register, { memoryLimitBytes: 50_000 });
  expect(verdict.valid).toBe('unknown');
  expect(verdict.unknown).toContain('the memory limit was reached');
});

test('a key that cannot be decided in time does not hide the violation of another', () => {
  for (const history of [joined(hard('x'), stale), joined(stale, hard('x'))]) {
    const verdict = checkLinearizable(history, register, { timeLimitMs: 12, now: ticking() });
    expect(verdict.valid).toBe(false);
    expect(verdict.anomalies.map(({ key, type }) => [key, type])).toEqual([['y', 'lost-write']]);
  }
});

test('the time limit holds for all keys together', () => {
  let reads = 0;
  const now = () => reads++;
  const keys = Array.from({ length: 20 }, (_, i) => hard(`k${i}`));
  const verdict = checkLinearizable(joined(...keys), register, { timeLimitMs: 60, now });
  expect(verdict.valid).toBe('unknown');
  expect(verdict.elapsedMs).toBeLessThan(90);
});

test('at most ten violating keys are shown, and how many there are is said', () => {
  const keys = Array.from({ length: 12 }, (_, i) => stale.map(event => ({ ...event, key: `k${i}` })));
  const { anomalies, warnings } = checkLinearizable(joined(...keys), register);
  expect(anomalies).toHaveLength(10);
  expect(warnings).toEqual(['12 keys violate; the first 10 are shown']);
});
