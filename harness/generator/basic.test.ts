import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anySystem, invocations, numbers, run } from '../../tests/support/any-system.ts';
import { each, limit, log, nothing, once, repeat } from './basic.ts';
import { sequence } from './combine.ts';

test('nothing asks nothing; once asks once', () => {
  fc.assert(
    fc.property(anySystem, system => {
      expect(run(nothing, system)).toEqual([]);
      expect(invocations(run(once({ f: 'a', value: 1 }), system))).toMatchObject([{ f: 'a', value: 1 }]);
    }),
  );
});

test('limit n gives exactly the first n requests', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(100), (system, n) => {
      expect(invocations(run(limit(n, numbers()), system)).map(event => event.value)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
});

test('limit never gives more than there is', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(10), fc.nat(10), (system, n, m) => {
      expect(invocations(run(limit(n, limit(m, numbers())), system))).toHaveLength(Math.min(n, m));
    }),
  );
});

test('repeat starts again from the beginning, so many times', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(5), fc.nat(5), (system, times, length) => {
      const values = invocations(run(repeat(limit(length, numbers()), times), system)).map(event => event.value);
      expect(values).toEqual(Array.from({ length: times * length }, (_, i) => i % length));
    }),
  );
});

test('repeat of what ends at once ends at once', () => {
  expect(run(repeat(nothing), { concurrency: 1, seed: 1, lossRate: 0 })).toEqual([]);
});

test('a stream asked twice draws once', () => {
  const generator = numbers();
  const system = { concurrency: 2, seed: 1, lossRate: 0 };
  const [first, second] = [run(limit(5, generator), system), run(limit(5, generator), system)];
  expect(first).toEqual(second);
});

test('log leaves one event of the nemesis and takes no time', () => {
  const history = run(sequence(log('now'), log('then')), { concurrency: 1, seed: 1, lossRate: 0 });
  expect(history).toMatchObject([
    { process: 'nemesis', type: 'info', f: 'log', value: 'now', time: 0 },
    { process: 'nemesis', type: 'info', f: 'log', value: 'then', time: 0 },
  ]);
});

test('each asks its requests in order, also when copied', () => {
  fc.assert(
    fc.property(anySystem, fc.array(fc.integer()), fc.nat(3), (system, values, times) => {
      const generator = repeat(each(values.map(value => ({ f: 'a', value }))), times);
      expect(invocations(run(generator, system)).map(event => event.value)).toEqual(Array(times).fill(values).flat());
    }),
    { numRuns: 50 },
  );
});

test('a stream forgets what is long past, and says so instead of asking something else', () => {
  const system = { concurrency: 1, seed: 1, lossRate: 0 };
  const generator = numbers();
  run(limit(2000, generator), system, { maxRequests: 2000 });
  expect(() => run(limit(1, generator), system)).toThrow('long forgotten');
});
