import { expect, test } from 'vitest';
import { PollPolicy } from './busy-poll.ts';

/** Arrivals with gaps of `asleepMs` while the loop may sleep and `awakeMs` while it may not; the share that was told to stay awake. */
function shareAwake(policy: PollPolicy, arrivals: number, asleepMs: number, awakeMs: number): number {
  let now = 0;
  let awake = 0;
  let polling = false;
  for (let i = 0; i < arrivals; i++) {
    now += polling ? awakeMs : asleepMs;
    polling = policy.arrived(now);
    if (polling) awake++;
  }
  return awake / arrivals;
}

test('stays awake for a ping-pong whose gaps are wake-ups', () => {
  expect(shareAwake(new PollPolicy(), 20_000, 0.075, 0.02)).toBeGreaterThan(0.95);
});

test('lets go where staying awake does not help', () => {
  expect(shareAwake(new PollPolicy(), 40_000, 0.075, 0.07)).toBeLessThan(0.02);
});

test('leaves a loop alone that never sleeps', () => {
  expect(shareAwake(new PollPolicy(), 20_000, 0.01, 0.01)).toBe(0);
});

test('leaves heartbeats alone', () => {
  expect(shareAwake(new PollPolicy(), 20_000, 50, 50)).toBe(0);
});

test('leaves pairs of a request and a quick answer with long pauses alone', () => {
  const policy = new PollPolicy();
  let now = 0;
  for (let i = 0; i < 10_000; i++) {
    now += i % 2 ? 0.05 : 1;
    expect(policy.arrived(now)).toBe(false);
  }
});

test('stops when the traffic stops being steady', () => {
  const policy = new PollPolicy();
  shareAwake(policy, 1000, 0.075, 0.02);
  expect(policy.expired(1e6)).toBe(true);
  const told = Array.from({ length: 200 }, (_, i) => policy.arrived(1e6 + 5 * i));
  expect(told.slice(130)).not.toContain(true);
});
