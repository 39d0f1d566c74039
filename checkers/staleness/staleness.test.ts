import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import { register } from '../models/register.ts';
import { deltaByBruteForce, kByBruteForce } from '../testing/atomicity-brute-force.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { registerShape } from '../testing/shapes.ts';
import { boundedStaleness } from './staleness.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 3000);

const limits = { timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const judge = (history: History, staleness = {}) => boundedStaleness.check(history, { workload: 'register', ...limits, staleness });

const stale = lanes`
  p0  |write 1| |write 2| |write 3|
  p1                                  |read 1|   |read 3|
`;

test('says how stale the stalest read was', () => {
  expect(judge(stale)).toMatchObject({ valid: true, measured: { staleReads: 1, stalenessVersions: 2, stalenessMs: 14 } });
});

test('accepts within the bounds, rejects beyond them, and names what overwrote it', () => {
  expect(judge(stale, { ms: 14, versions: 2 }).valid).toBe(true);
  expect(judge(stale, { ms: 13 })).toMatchObject({ valid: false, anomalies: [{ type: 'stale-read', operations: [1, 3, 7] }] });
  expect(judge(stale, { versions: 1 })).toMatchObject({ valid: false, anomalies: [{ type: 'stale-read', operations: [1, 3, 5, 7] }] });
});

test('a read shows that a write of unknown outcome is in effect', () => {
  const history = lanes`
    p0  |write 1| |write 2 info|
    p1                           |read 2|
    p2                                     |read 1|
  `;
  expect(judge(history).measured).toMatchObject({ staleReads: 1, stalenessVersions: 1 });
});

test('rejects: an answer from the future, and from nowhere', () => {
  expect(
    judge(lanes`
    p0           |write 1|
    p1  |read 1|           |read 9|
  `).anomalies,
  ).toMatchObject([{ type: 'future-read' }, { type: 'ThinAirRead' }]);
});

test('unknown: appends do not say what they left', () => {
  const history = lanes`
    p0  |x: append "a"| |x: get "a"|
  `;
  expect(boundedStaleness.check(history, { workload: 'kv', ...limits })).toMatchObject({ valid: 'unknown' });
});

test('unknown within a bound: a cas that does not say what it found', () => {
  const history = lanes`
    p0  |write 1| |write 2|
    p1                       |cas 2 3 missed|
  `;
  expect(judge(history, { ms: 1 })).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('applied: false') });
  expect(judge(history).valid).toBe(true);
});

/** Straight from the definition. Times are positions. */
const byDefinition = (history: History): { staleReads: number; stalenessVersions: number } => {
  const operations = pairOperations(history).filter(({ type }) => type !== 'fail');
  const writes = operations
    .filter(({ invoke }) => invoke.f !== 'read')
    .map(operation => {
      const value = operation.invoke.f === 'cas' ? (operation.invoke.value as number[])[1]! : operation.invoke.value;
      const shows = ({ invoke, completion, type }: (typeof operations)[number]): boolean =>
        type === 'ok' &&
        (invoke.f === 'read' ? completion!.value === value : invoke.f === 'cas' && (invoke.value as number[])[0] === value);
      const proofs = operations.filter(other => (other === operation && other.type === 'ok') || shows(other));
      return { operation, value, call: operation.invoke.index, effect: Math.min(...proofs.map(({ completion }) => completion!.index)) };
    });
  let [staleReads, stalenessVersions] = [0, 0];
  for (const reader of operations) {
    const { invoke, completion, type } = reader;
    if (type !== 'ok' || invoke.f === 'write') continue;
    const value = invoke.f === 'read' ? completion!.value : (invoke.value as number[])[0];
    const source = value === null ? { call: -1, effect: -1 } : writes.find(write => write.value === value && write.operation !== reader);
    if (source === undefined || source.call > completion!.index) continue;
    const newer = writes.filter(write => write.call > source.effect && write.effect < invoke.index);
    if (newer.length > 0) staleReads++;
    stalenessVersions = Math.max(stalenessVersions, newer.length);
  }
  return { staleReads, stalenessVersions };
};

test('agrees with the definition, and a linearizable history has no stale read', () => {
  const counts = { stale: 0, linearizable: 0 };
  for (let i = 0; i < histories; i++) {
    const rng = createRng(`staleness/${i}`);
    const size = { operations: 4 + rng.int(6), processes: 2 + rng.int(4), info: rng.pick([0, 0.1]), lie: rng.pick([0, 0.3, 0.6]) };
    const history = randomHistory(rng, registerShape(0), size);
    const { measured } = judge(history);
    expect(measured, `${i}`).toMatchObject(byDefinition(history));
    if (measured!.staleReads! > 0) counts.stale++;
    if (!linearizableByBruteForce(history, register)) continue;
    counts.linearizable++;
    expect(measured!.staleReads, `${i}`).toBe(0);
  }
  expect(Math.min(counts.stale, counts.linearizable)).toBeGreaterThan(histories / 10);
});

test('is a lower bound of the delta and the k of Golab et al., which it often reaches', () => {
  const { request, ...shape } = registerShape(0);
  const readsAndWrites: typeof request = (rng, fresh) => {
    for (;;) {
      const asked = request(rng, fresh);
      if (asked.f !== 'cas') return asked;
    }
  };
  const counts = { measured: 0, reached: 0, wavering: 0 };
  const some = Math.min(histories, 1000);
  for (let i = 0; i < some; i++) {
    const rng = createRng(`delta/${i}`);
    const size = { operations: 4 + rng.int(4), processes: 2 + rng.int(3), info: rng.pick([0, 0.1]), lie: rng.pick([0.1, 0.3]) };
    const history = randomHistory(rng, { ...shape, request: readsAndWrites }, size);
    const { stalenessMs, stalenessVersions } = judge(history).measured as Record<string, number>;
    const [delta, k] = [deltaByBruteForce(history), kByBruteForce(history)];
    expect(stalenessMs! - delta, `${i}`).toBeLessThan(1e-9);
    expect(stalenessVersions! + 1, `${i}`).toBeLessThanOrEqual(k);
    if (stalenessMs! > 0) counts.measured++;
    if (stalenessMs! > 0 && Math.abs(stalenessMs! - delta) < 1e-9) counts.reached++;
    if (stalenessMs === 0 && delta > 0 && delta < Number.POSITIVE_INFINITY) counts.wavering++;
  }
  expect(counts.measured).toBeGreaterThan(some / 20);
  expect(counts.reached).toBeGreaterThan(counts.measured / 4);
  expect(counts.wavering).toBeGreaterThan(0);
});
