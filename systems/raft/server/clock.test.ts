import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skewableClock } from './clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const truth = { monotonic: () => performance.now(), wall: () => Date.now() };

test('an offset moves the wall clock only', () => {
  const clock = skewableClock({}, truth);
  const before = clock.now();
  clock.skew({ offsetMs: -5000 });
  expect(clock.wall() - truth.wall()).toBe(-5000);
  expect(clock.now()).toBe(before);
});

test('a rate scales wall and monotonic time, and an offset of 0 at rate 1 is true time again', () => {
  const clock = skewableClock({ rate: 2 }, truth);
  const from = { now: clock.now(), wall: clock.wall() };
  vi.advanceTimersByTime(1000);
  expect([clock.now() - from.now, clock.wall() - from.wall]).toEqual([2000, 2000]);
  clock.skew({ rate: 1 });
  expect(clock.wall() - truth.wall()).toBe(1000);
  clock.skew({ offsetMs: 0, rate: 1 });
  expect(clock.wall()).toBe(truth.wall());
  expect(clock.now() - from.now).toBe(2000);
});

test('timers follow the rate, also one that changes while they run', () => {
  const clock = skewableClock({}, truth);
  const fired: string[] = [];
  clock.skew({ rate: 0.1 });
  clock.after(100, () => fired.push('slow'));
  vi.advanceTimersByTime(500);
  expect(fired).toEqual([]);
  clock.skew({ rate: 1 });
  vi.advanceTimersByTime(51);
  expect(fired).toEqual(['slow']);
});

test('a cancelled timer does not fire', () => {
  const clock = skewableClock({}, truth);
  const fired: number[] = [];
  clock.after(10, () => fired.push(1)).cancel();
  clock.skew({ rate: 5 });
  vi.advanceTimersByTime(100);
  expect(fired).toEqual([]);
});
