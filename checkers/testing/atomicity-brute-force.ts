/**
 * How far a history of one register is from atomic, straight from the definitions of Golab, Li & Shah (PODC 2011), for small histories in tests:
 * tries every order. Reads and writes alone, written values unique. Shares no code with the checkers but the pairing of events.
 */
import type { Event, History } from '../../harness/history/event.ts';
import { type Operation, pairOperations } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Model } from '../linearizable/model.ts';
import { register } from '../models/register.ts';
import { linearizableByBruteForce } from './brute-force.ts';

/** With every read called that much earlier. At one time calls come before returns. Every operation gets a process of its own. */
const earlier = (operations: readonly Operation[], nanoseconds: number): History =>
  operations
    .flatMap(({ invoke, completion }, process): Event[] => [
      { ...invoke, process, time: invoke.time - (invoke.f === 'read' ? nanoseconds : 0) },
      ...(completion === undefined ? [] : [{ ...completion, process }]),
    ])
    .sort((a, b) => a.time - b.time || Number(b.type === 'invoke') - Number(a.type === 'invoke') || a.index - b.index)
    .map((event, index) => ({ ...event, index }));

/** The least delta, in milliseconds: by so much every read has to be called earlier for the history to be atomic. Infinite if that never helps. */
export const deltaByBruteForce = (history: History): number => {
  const operations = pairOperations(history);
  const calls = operations.filter(({ invoke }) => invoke.f === 'read').map(({ invoke }) => invoke.time);
  const others = history.filter(({ type }) => type === 'ok').map(({ time }) => time);
  const candidates = new Set([0, ...calls.flatMap(call => others.map(time => call - time).filter(delta => delta > 0))]);
  const least = [...candidates].sort((a, b) => a - b).find(delta => linearizableByBruteForce(earlier(operations, delta), register));
  return least === undefined ? Number.POSITIVE_INFINITY : least / 1e6;
};

/** A register whose reads may show any of the last `k` values. */
const lastOf = (k: number): Model<readonly Json[]> => ({
  name: `one of the last ${k}`,
  init: [null],
  step: (held, { f, input, output }) =>
    f === 'write' ? [input, ...held].slice(0, k) : output === undefined || held.includes(output) ? held : undefined,
  describe: ({ f }) => f,
});

/** The least k for which the history is k-atomic: 1 is atomic. Infinite if none is. */
export const kByBruteForce = (history: History): number => {
  const most = history.filter(({ type, f }) => type === 'invoke' && f === 'write').length + 1;
  for (let k = 1; k <= most; k++) if (linearizableByBruteForce(history, lastOf(k))) return k;
  return Number.POSITIVE_INFINITY;
};
