import fc from 'fast-check';
import { expect, test } from 'vitest';
import { always, anySystem, invocations, numbers, run } from '../../tests/support/any-system.ts';
import type { Event } from '../history/event.ts';
import { limit, nothing, once, repeat } from './basic.ts';
import { any, filter, flipFlop, map, mix, phases, sequence, synchronise, untilOk } from './combine.ts';
import { clients, eachProcess, nemesis } from './processes.ts';
import { delay } from './time.ts';

const named = (events: readonly Event[]) => events.map(event => event.f);

/** When the first and the last operation with this name were open. */
const span = (history: readonly Event[], f: string) => {
  const at = history.flatMap((event, index) => (event.f === f ? [index] : []));
  return { first: at[0]!, last: at.at(-1)! };
};

test('any asks everything that its generators ask, each in its order', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(30), fc.nat(30), (system, n, m) => {
      const asked = invocations(run(any(limit(n, numbers('a')), limit(m, numbers('b'))), system));
      for (const [f, count] of [
        ['a', n],
        ['b', m],
      ] as const) {
        expect(asked.filter(event => event.f === f).map(event => event.value)).toEqual(Array.from({ length: count }, (_, i) => i));
      }
    }),
  );
});

test('any is fair among equals', () => {
  const asked = named(
    invocations(run(limit(1000, any(always('a'), always('b'))), { concurrency: 3, seed: 1, lossRate: 0 }, { maxRequests: 2000 })),
  );
  expect(asked.filter(f => f === 'a').length / 1000).toBeCloseTo(0.5, 1);
});

test('any prefers what can begin now to what is due later', () => {
  const history = run(limit(20, any(delay(1000, numbers('late')), numbers('now'))), { concurrency: 1, seed: 1, lossRate: 0 });
  expect(named(invocations(history)).filter(f => f === 'late').length).toBeLessThanOrEqual(1);
});

test('mix draws in proportion to the weights and loses nothing', () => {
  const history = run(
    limit(
      3000,
      mix([
        [3, numbers('a')],
        [1, numbers('b')],
        [0, numbers('never')],
      ]),
    ),
    { concurrency: 5, seed: 2, lossRate: 0 },
    { maxRequests: 5000 },
  );
  const values = (f: string) =>
    invocations(history)
      .filter(event => event.f === f)
      .map(event => event.value);
  expect(values('a').length / 3000).toBeCloseTo(0.75, 1);
  expect(values('a')).toEqual(values('a').map((_, i) => i));
  expect(values('b')).toEqual(values('b').map((_, i) => i));
  expect(values('never')).toEqual([]);
});

test('mix goes on with the others when one ends', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(20), fc.nat(20), (system, n, m) => {
      const generator = mix([
        [1, limit(n, always('a'))],
        [1, limit(m, always('b'))],
      ]);
      expect(named(invocations(run(generator, system))).sort()).toEqual([...Array(n).fill('a'), ...Array(m).fill('b')]);
    }),
  );
});

test('flipFlop alternates, and ends with the one whose turn it is', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(10), (system, n) => {
      const asked = named(invocations(run(flipFlop(always('a'), limit(n, always('b'))), system)));
      expect(asked).toEqual(Array.from({ length: 2 * n + 1 }, (_, i) => (i % 2 === 0 ? 'a' : 'b')));
    }),
  );
});

test('sequence asks all of the first before any of the second', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(20), fc.nat(20), (system, n, m) => {
      const asked = named(invocations(run(sequence(limit(n, always('a')), nothing, limit(m, always('b'))), system)));
      expect(asked).toEqual([...Array(n).fill('a'), ...Array(m).fill('b')]);
    }),
  );
});

test('phases never overlap, even when processes are lost', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (system, n, m) => {
      const history = run(phases(limit(n, always('a')), limit(m, always('b')), limit(n, always('c'))), system);
      expect(span(history, 'a').last).toBeLessThan(span(history, 'b').first);
      expect(span(history, 'b').last).toBeLessThan(span(history, 'c').first);
      expect(invocations(history)).toHaveLength(2 * n + m);
    }),
  );
});

test('phases wait for the nemesis too', () => {
  const kill = nemesis(once({ f: 'kill', value: null }));
  const history = run(phases(kill, clients(limit(3, always('a'))), kill), { concurrency: 3, seed: 1, lossRate: 0 });
  expect(named(history).filter((f, i, all) => f !== all[i - 1])).toEqual(['kill', 'a', 'kill']);
  expect(span(history, 'a').first).toBe(2);
});

test('synchronise waits once, not before every request', () => {
  const history = run(sequence(limit(4, always('a')), synchronise(limit(8, always('b')))), { concurrency: 4, seed: 1, lossRate: 0 });
  expect(span(history, 'a').last).toBeLessThan(span(history, 'b').first);
  const firstFour = history.slice(span(history, 'b').first, span(history, 'b').first + 4);
  expect(firstFour.every(event => event.type === 'invoke')).toBe(true);
});

test('untilOk asks until one is ok, and not after', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 1, max: 10 }), (system, successAt) => {
      let n = 0;
      const respond = () => ({ latencyNs: 1e6, type: ++n >= successAt ? 'ok' : 'fail' }) as const;
      const history = run(untilOk(always('a')), system, { respond });
      const firstOk = history.findIndex(event => event.type === 'ok');
      expect(firstOk).toBeGreaterThan(0);
      expect(invocations(history.slice(firstOk))).toEqual([]);
      expect(invocations(history).length).toBeLessThan(successAt + system.concurrency);
    }),
  );
});

test('untilOk does not mistake another generator’s success for its own', () => {
  const respond = ({ f }: { f: string }) => ({ latencyNs: 1e6, type: f === 'b' ? 'ok' : 'fail' }) as const;
  const history = run(any(untilOk(limit(10, always('a'))), limit(10, always('b'))), { concurrency: 4, seed: 1, lossRate: 0 }, { respond });
  expect(named(invocations(history)).filter(f => f === 'a')).toHaveLength(10);
});

test('map changes every request, filter drops those that do not pass', () => {
  fc.assert(
    fc.property(anySystem, system => {
      const doubled = map(request => ({ ...request, value: Number(request.value) * 2 }), numbers());
      const fourths = filter(request => Number(request.value) % 4 === 0, doubled);
      expect(invocations(run(limit(5, fourths), system)).map(event => event.value)).toEqual([0, 4, 8, 12, 16]);
    }),
  );
});

test('combinators pass on what they are told', () => {
  // Ends only if untilOk, inside all of them, hears of the success.
  const inner = untilOk(always('a'));
  const wrapped = limit(
    1000,
    map(
      r => r,
      filter(() => true, mix([[1, flipFlop(any(sequence(repeat(inner, 1))), any(inner))]])),
    ),
  );
  const history = run(eachProcess(clients(wrapped)), { concurrency: 3, seed: 1, lossRate: 0 });
  expect(invocations(history).length).toBeLessThanOrEqual(6);
});
