import fc from 'fast-check';
import { expect, test } from 'vitest';
import { always, anySystem, invocations, numbers, run } from '../../tests/support/any-system.ts';
import { limit, once } from './basic.ts';
import { any } from './combine.ts';
import { clients, eachProcess, nemesis, onProcesses, onThreads, reserve } from './processes.ts';
import { delay, timeLimit } from './time.ts';

const threadOf = (process: unknown, concurrency: number) => Number(process) % concurrency;

test('eachProcess gives each thread a copy of its own, also across lost processes', () => {
  fc.assert(
    fc.property(anySystem, fc.nat(8), (system, n) => {
      const asked = invocations(run(eachProcess(limit(n, numbers())), system));
      for (let thread = 0; thread < system.concurrency; thread++) {
        const own = asked.filter(event => threadOf(event.process, system.concurrency) === thread);
        expect(own.map(event => event.value)).toEqual(Array.from({ length: n }, (_, i) => i));
      }
    }),
  );
});

test('eachProcess lets copies wait each for itself', () => {
  const history = run(eachProcess(limit(3, delay(50, numbers()))), { concurrency: 3, seed: 1, lossRate: 0 });
  expect(invocations(history)).toHaveLength(9);
  expect(invocations(history).at(-1)!.time).toBeLessThan(110e6);
});

test('reserve keeps ranges apart and gives the rest to the last', () => {
  fc.assert(
    fc.property(anySystem, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }), (system, a, b) => {
      const history = run(
        timeLimit(
          200,
          reserve(
            [
              [a, always('a')],
              [b, always('b')],
            ],
            always('c'),
          ),
        ),
        system,
      );
      for (const event of invocations(history)) {
        const thread = threadOf(event.process, system.concurrency);
        expect(event.f).toBe(thread < a ? 'a' : thread < a + b ? 'b' : 'c');
      }
      const used = new Set(invocations(history).map(event => threadOf(event.process, system.concurrency)));
      expect(used.size).toBe(system.concurrency);
    }),
  );
});

test('a range that has no thread left ends at once and holds up nobody', () => {
  fc.assert(
    fc.property(anySystem, system => {
      const history = run(reserve([[system.concurrency, limit(5, always('a'))]], limit(5, always('b'))), system);
      expect(invocations(history).map(event => event.f)).toEqual(Array(5).fill('a'));
    }),
  );
});

test('onThreads and onProcesses let nobody else in', () => {
  fc.assert(
    fc.property(anySystem, system => {
      const threads = invocations(
        run(
          timeLimit(
            100,
            onThreads(thread => thread === 0, always('a')),
          ),
          system,
        ),
      );
      expect(new Set(threads.map(event => threadOf(event.process, system.concurrency)))).toEqual(new Set([0]));
      const processes = invocations(
        run(
          timeLimit(
            100,
            onProcesses(process => process === 0, always('a')),
          ),
          system,
        ),
      );
      expect(new Set(processes.map(event => event.process))).toEqual(new Set([0]));
    }),
  );
});

test('clients and nemesis divide the requests, and both are kept busy', () => {
  fc.assert(
    fc.property(anySystem, system => {
      const faults = nemesis(limit(5, delay(10, numbers('kill'))));
      const history = run(any(faults, clients(limit(40, numbers('write')))), system);
      const by = (f: string) => history.filter(event => event.f === f);
      expect(by('kill').map(event => [event.process, event.type])).toEqual(Array(10).fill(['nemesis', 'info']));
      expect(invocations(by('write'))).toHaveLength(40);
      expect(by('write').some(event => event.process === 'nemesis')).toBe(false);
    }),
  );
});

test('a request that names its process waits for it', () => {
  fc.assert(
    fc.property(anySystem, system => {
      const history = run(any(limit(20, always('a')), once({ f: 'b', value: null, process: 0 })), { ...system, lossRate: 0 });
      expect(invocations(history).find(event => event.f === 'b')).toMatchObject({ process: 0 });
    }),
  );
});
