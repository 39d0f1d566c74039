import { expect, test } from 'vitest';
import { always, numbers } from '../../tests/support/any-system.ts';
import { limit, once } from './basic.ts';
import { simulate } from './simulate.ts';
import { stagger } from './time.ts';

test('the same seed gives the same history, another seed another one', () => {
  const of = (seed: number) => simulate(limit(50, stagger(5, numbers())), { concurrency: 3, seed });
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});

test('time is virtual: latencies pass without waiting', () => {
  const history = simulate(limit(3, numbers()), { concurrency: 1, respond: () => ({ latencyNs: 1000e9 }) });
  expect(history.map(({ time, type }) => [time / 1e9, type])).toEqual([
    [0, 'invoke'],
    [1000, 'ok'],
    [1000, 'invoke'],
    [2000, 'ok'],
    [2000, 'invoke'],
    [3000, 'ok'],
  ]);
});

test('an endless generator is stopped, by count and by time', () => {
  expect(simulate(always('a'), { concurrency: 2, maxRequests: 10 })).toHaveLength(20);
  expect(simulate(always('a'), { concurrency: 1, endNs: 5e6 })).toHaveLength(10);
});

test('a request for a process that does not exist is a bug, not a wait for ever', () => {
  expect(() =>
    simulate({ step: () => ({ request: { f: 'a', value: null, process: 9 }, next: once({ f: 'a', value: null }) }) }, { concurrency: 1 }),
  ).toThrow('nobody will ever take');
});
