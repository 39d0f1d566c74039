/** What the generators' tests share: a system with random latencies and losses, and ways to look at the history it gives. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { once, repeat, stream } from '../../harness/generator/basic.ts';
import { type SimulateOptions, simulate } from '../../harness/generator/simulate.ts';
import type { Event } from '../../harness/history/event.ts';
import type { Generator } from '../../harness/protocol/generator.ts';

/** Any system: concurrency, seed, latencies up to 20 ms, and how much is lost. */
export interface AnySystem {
  readonly concurrency: number;
  readonly seed: number;
  readonly lossRate: number;
}

export const anySystem: fc.Arbitrary<AnySystem> = fc.record({
  concurrency: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
  lossRate: fc.constantFrom(0, 0.1, 0.5),
});

/** The history of a generator on such a system, which obeys the contract whatever the generator. */
export const run = (generator: Generator, { lossRate, ...options }: AnySystem, more: Partial<SimulateOptions> = {}): Event[] => {
  const history = simulate(generator, {
    maxRequests: 300,
    respond: (_, rng) => ({ latencyNs: 1 + rng.int(20_000_000), type: rng.chance(lossRate) ? 'info' : 'ok' }),
    ...options,
    ...more,
  });
  expectContract(history);
  return history;
};

/** Requests 0, 1, 2, … for ever. */
export const numbers = (f = 'n'): Generator => {
  let next = 0;
  return stream(() => ({ f, value: next++ }));
};

/** The same request for ever. */
export const always = (f: string): Generator => repeat(once({ f, value: null }));

export const invocations = (history: readonly Event[]): Event[] => history.filter(event => event.type === 'invoke');

/** Times go up, a process has one open operation at most and never comes back after `info`, and everything is completed. */
const expectContract = (history: readonly Event[]): void => {
  const open = new Set<unknown>();
  const lost = new Set<unknown>();
  let wrong = '';
  let time = 0;
  for (const event of history) {
    if (event.time < time) wrong = `time goes back at ${event.index}`;
    time = event.time;
    if (event.process === 'nemesis') continue;
    if (lost.has(event.process) || open.has(event.process) !== (event.type !== 'invoke'))
      wrong = `process ${event.process} at ${event.index}`;
    if (event.type === 'invoke') open.add(event.process);
    else open.delete(event.process);
    if (event.type === 'info') lost.add(event.process);
  }
  expect(wrong).toBe('');
  expect(open.size).toBe(0);
};
