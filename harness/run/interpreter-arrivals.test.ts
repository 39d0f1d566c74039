import { expect, test } from 'vitest';
import { createRng } from '../std/rng.ts';
import { createArrivals } from './interpreter-arrivals.ts';

const arrivals = (perSecond: number, capacity = 1_000_000) => createArrivals({ perSecond, capacity, start: 1e9, rng: createRng(1) });

test('requests become due at their rate, from the start on, with gaps of every size', () => {
  const { waiting, take } = arrivals(1000);
  expect(waiting(1e9)).toBe(0);
  const count = waiting(11e9);
  expect(count).toBeGreaterThan(9600);
  expect(count).toBeLessThan(10_400);
  const due = Array.from({ length: count }, () => take(11e9));
  expect(due.every((time, i) => time > 1e9 && time <= 11e9 && (i === 0 || time >= due[i - 1]!))).toBe(true);
  const gaps = due.slice(1).map((time, i) => time - due[i]!);
  expect(gaps.filter(gap => gap < 1e6).length / gaps.length).toBeCloseTo(0.632, 1);
});

test('what waits beyond the capacity is dropped and counted', () => {
  const { waiting, take, summary } = arrivals(1000, 10);
  expect(waiting(3e9)).toBe(10);
  expect(summary().dropped).toBeGreaterThan(1800);
  take(3e9);
  expect(waiting(3e9)).toBe(9);
});

test('waiting is measured from when a request was due', () => {
  const { waiting, take, summary, isLate } = arrivals(100);
  expect(waiting(2e9)).toBeGreaterThan(50);
  const due = take(2e9);
  expect(isLate(due, 2e9)).toBe(true);
  expect(isLate(due, due + 1e6)).toBe(false);
  expect(summary()).toMatchObject({ late: 1, maxWaitMs: (2e9 - due) / 1e6, meanWaitMs: (2e9 - due) / 1e6 });
});

test('a request that begins when it is due did not wait', () => {
  const { waiting, take, summary } = arrivals(100);
  let now = 1e9;
  for (let taken = 0; taken < 50; now += 1e6) if (waiting(now) > 0) taken += Math.sign(take(now));
  expect(summary()).toMatchObject({ late: 0, dropped: 0 });
  expect(summary().maxWaitMs).toBeLessThan(5);
});
