import fc from 'fast-check';
import { expect, test } from 'vitest';
import { always, anySystem, invocations, numbers, run } from '../../tests/support/any-system.ts';
import { limit, once } from './basic.ts';
import { any, sequence } from './combine.ts';
import { clients } from './processes.ts';
import { delay, sleep, stagger, timeLimit } from './time.ts';

const times = (events: readonly { time: number }[]) => events.map(event => event.time);
const gaps = (events: readonly { time: number }[]) => times(events).flatMap((time, i, all) => (i === 0 ? [] : [time - all[i - 1]!]));

test('timeLimit asks nothing at or after its limit, and everything before', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 1, max: 200 }), (system, limitMs) => {
      const asked = times(invocations(run(timeLimit(limitMs, numbers()), system)));
      for (const time of asked) expect(time).toBeLessThan(limitMs * 1e6);
      expect(asked.length).toBeGreaterThan(0);
    }),
  );
});

test('timeLimit counts from when it is first asked', () => {
  const history = run(sequence(sleep(1000), timeLimit(100, always('a'))), { concurrency: 1, seed: 1, lossRate: 0 });
  const asked = times(invocations(history));
  expect(asked[0]).toBeGreaterThanOrEqual(1000e6);
  expect(asked.at(-1)).toBeGreaterThan(1050e6);
  expect(asked.at(-1)).toBeLessThan(1101e6);
});

test('timeLimit also holds back what is due after it', () => {
  const history = run(timeLimit(100, stagger(30, numbers(), { distribution: 'fixed' })), { concurrency: 4, seed: 1, lossRate: 0 });
  expect(times(invocations(history))).toEqual([0, 30e6, 60e6, 90e6]);
});

test('timeLimit does not wait for what would be due after it', () => {
  const generator = sequence(timeLimit(100, delay(3_600_000, numbers('a'))), once({ f: 'b', value: null }));
  const [, b] = invocations(run(generator, { concurrency: 1, seed: 1, lossRate: 0 }));
  expect(b!.f).toBe('b');
  expect(b!.time).toBeLessThan(101e6);
});

test('sleep lets its time pass and no more', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 0, max: 100 }), (system, ms) => {
      const [event] = invocations(run(sequence(sleep(ms), once({ f: 'a', value: null })), system));
      expect(event!.time).toBe(ms * 1e6);
    }),
  );
});

test('delay keeps at least its gap between any two requests', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 1, max: 30 }), (system, gapMs) => {
      for (const gap of gaps(invocations(run(limit(40, delay(gapMs, numbers())), system)))) expect(gap).toBeGreaterThanOrEqual(gapMs * 1e6);
    }),
  );
});

test('fixed stagger asks exactly at its gap as long as somebody is free', () => {
  const history = run(limit(50, stagger(25, numbers(), { distribution: 'fixed' })), { concurrency: 2, seed: 3, lossRate: 0 });
  expect(new Set(gaps(invocations(history)))).toEqual(new Set([25e6]));
});

test('Poisson stagger has its mean gap and gaps of every size', () => {
  const history = run(limit(4000, stagger(5, numbers())), { concurrency: 50, seed: 4, lossRate: 0 }, { maxRequests: 5000 });
  const all = gaps(invocations(history));
  const mean = all.reduce((sum, gap) => sum + gap, 0) / all.length;
  expect(mean).toBeGreaterThan(4.7e6);
  expect(mean).toBeLessThan(5.3e6);
  // Exponential: 63 % are shorter than the mean, 5 % longer than three times it.
  expect(all.filter(gap => gap < mean).length / all.length).toBeCloseTo(0.632, 1);
  expect(all.filter(gap => gap > 3 * mean).length / all.length).toBeCloseTo(0.05, 1);
});

test('stagger catches up after the processes were all busy, delay does not', () => {
  const slowFirst = { respond: ({ value }: { value: unknown }) => ({ latencyNs: value === 0 ? 100e6 : 1e6 }) };
  const system = { concurrency: 1, seed: 1, lossRate: 0 };
  const spread = (generator: ReturnType<typeof numbers>) =>
    times(invocations(run(limit(12, generator), system, slowFirst))).map(time => time / 1e6);
  expect(spread(stagger(10, numbers(), { distribution: 'fixed' })).slice(1, 11)).toEqual([
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
  ]);
  expect(spread(delay(10, numbers())).slice(1, 4)).toEqual([100, 110, 120]);
});

test('the mean rate holds with two staggered generators side by side', () => {
  const both = any(clients(stagger(10, always('a'))), clients(stagger(20, always('b'))));
  const history = run(timeLimit(20_000, both), { concurrency: 20, seed: 5, lossRate: 0 }, { maxRequests: 10_000 });
  const count = (f: string) => invocations(history).filter(event => event.f === f).length;
  expect(count('a')).toBeGreaterThan(1800);
  expect(count('a')).toBeLessThan(2200);
  expect(count('b')).toBeGreaterThan(900);
  expect(count('b')).toBeLessThan(1100);
});
