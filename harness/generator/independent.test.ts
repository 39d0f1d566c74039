import fc from 'fast-check';
import { expect, test } from 'vitest';
import { always, anySystem, invocations, numbers, run } from '../../tests/support/any-system.ts';
import { limit } from './basic.ts';
import { untilOk } from './combine.ts';
import { independent, oneKeyAtATime } from './independent.ts';

const keys = (count: number) => (n: number) => (n < count ? `k${n}` : undefined);
const anyKeys = fc.integer({ min: 0, max: 8 });

test('every key gets exactly what its generator asks, in order', () => {
  fc.assert(
    fc.property(anySystem, anyKeys, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), (system, count, n, threadsPerKey) => {
      const options = { key: keys(count), generator: () => limit(n, numbers()) };
      for (const generator of [independent({ ...options, threadsPerKey }), oneKeyAtATime(options)]) {
        const asked = invocations(run(generator, system));
        expect(asked).toHaveLength(count * n);
        for (let k = 0; k < count; k++) {
          expect(asked.filter(event => event.key === `k${k}`).map(event => event.value)).toEqual(Array.from({ length: n }, (_, i) => i));
        }
      }
    }),
  );
});

test('a key belongs to one group of threads, and all groups work at once', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 1, max: 4 }), (system, threadsPerKey) => {
      const generator = independent({ key: keys(20), generator: () => limit(4, numbers()), threadsPerKey });
      const groups = new Map<unknown, Set<number>>();
      for (const { key, process } of invocations(run(generator, system))) {
        const group = Math.floor((Number(process) % system.concurrency) / threadsPerKey);
        groups.set(key, (groups.get(key) ?? new Set()).add(group));
      }
      for (const used of groups.values()) expect(used.size).toBe(1);
      const all = new Set([...groups.values()].flatMap(used => [...used]));
      expect(all.size).toBe(Math.ceil(system.concurrency / threadsPerKey));
    }),
  );
});

test('one key at a time leaves no key before it is done', () => {
  fc.assert(
    fc.property(anySystem, anyKeys, (system, count) => {
      const asked = invocations(run(oneKeyAtATime({ key: keys(count), generator: () => limit(3, numbers()) }), system));
      expect(asked.map(event => event.key)).toEqual(Array.from({ length: count * 3 }, (_, i) => `k${Math.floor(i / 3)}`));
    }),
  );
});

test('a key’s generator is told of its own group’s events', () => {
  const generator = independent({ key: keys(6), generator: () => untilOk(always('a')), threadsPerKey: 2 });
  const asked = invocations(run(generator, { concurrency: 4, seed: 1, lossRate: 0 }));
  expect(new Set(asked.map(event => event.key)).size).toBe(6);
  expect(asked.length).toBeLessThanOrEqual(12);
});
