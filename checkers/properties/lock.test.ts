import { expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';
import { mutex } from '../models/mutex.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { fencedLock, lock } from './lock.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 1500);

const options = { workload: 'lock', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const judge = (history: History) => lock.check(history, options);

test('accepts: one after the other, waiting, refused, or of unknown outcome', () => {
  expect(
    judge(lanes`
    p0  |acquire|  |release  |   |acquire info|    |release|
    p1    |acquire fail|  |acquire| |release|
  `),
  ).toMatchObject({ valid: true, anomalies: [] });
});

test('rejects: two holders at once, and one that acquires what it holds', () => {
  const { valid, anomalies } = judge(lanes`
    p0  |acquire|            |release|
    p1            |acquire|             |release|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'two-holders', operations: [1, 3] }] });
  expect(anomalies[0]!.explanation).toContain('two holders at once');
  expect(
    judge(lanes`
    p0  |acquire| |acquire|
  `).anomalies,
  ).toMatchObject([{ type: 'two-holders', operations: [1, 3] }]);
});

test('rejects: a release of what is not held; not after an acquire that may have succeeded, or a release that failed', () => {
  expect(
    judge(lanes`
    p0  |acquire| |release| |release|
    p1                                |release|
  `).anomalies,
  ).toMatchObject([
    { type: 'release-without-acquire', operations: [3, 5] },
    { type: 'release-without-acquire', operations: [7] },
  ]);
  expect(
    judge(lanes`
    p0  |acquire| |release fail| |release|
    p1                                      |acquire info| |release|
  `).valid,
  ).toBe(true);
});

test('locks of different keys have nothing to do with each other', () => {
  expect(
    judge(lanes`
    p0  |a: acquire|
    p1  |b: acquire|
  `),
  ).toMatchObject({ valid: true, keys: 2 });
});

/** `acquire 7` in a lane asks with 7: tokens are answers. */
const tokens = (drawn: History): History => drawn.map(event => (event.type === 'invoke' ? { ...event, value: null } : event));

test('tokens: accepts what grows, in any order where acquires are open at once; leases may overlap', () => {
  const history = tokens(lanes`
    p0  |acquire 1|             |acquire 4   |
    p1              |acquire 2|   |acquire 3   |
  `);
  expect(fencedLock.check(history, options)).toMatchObject({ valid: true, measured: { tokens: 4 } });
  expect(judge(history).valid).toBe(false);
});

test('tokens: rejects one that is smaller than an earlier one, and one that is given twice', () => {
  const history = tokens(lanes`
    p0  |acquire 5| |release|               |acquire 5|
    p1                        |acquire 3|
  `);
  expect(fencedLock.check(history, options).anomalies).toMatchObject([
    { type: 'stale-token', operations: [1, 5] },
    { type: 'duplicate-token', operations: [1, 7] },
  ]);
});

test('tokens: unknown where there are none', () => {
  expect(
    fencedLock.check(
      lanes`
    p0  |acquire|
  `,
      options,
    ).valid,
  ).toBe('unknown');
});

/** Processes that acquire and release in turn, at random times, on a lock that sometimes has two holders. */
const randomLock = (rng: Rng): History => {
  const events: Event[] = [];
  const threads = Array.from({ length: 3 }, () => ({ f: 'acquire', state: 'idle' as 'idle' | 'open' | 'done' }));
  const broken = rng.pick([0, 0.3]);
  let held = 0;
  for (let steps = 0; steps < 60 && events.length < 14; steps++) {
    const process = rng.int(3);
    const thread = threads[process]!;
    const emit = (type: 'invoke' | 'ok'): number =>
      events.push({ index: events.length, time: events.length * 1000, process, type, f: thread.f, key: 'x', value: null });
    if (thread.state === 'idle') {
      emit('invoke');
      thread.state = 'open';
    } else if (thread.state === 'open') {
      if (thread.f === 'acquire' && held > 0 && !rng.chance(broken)) continue;
      held += thread.f === 'acquire' ? 1 : -1;
      thread.state = 'done';
    } else {
      emit('ok');
      threads[process] = { f: thread.f === 'acquire' ? 'release' : 'acquire', state: 'idle' };
    }
  }
  return events;
};

test('agrees with brute force on processes that acquire and release in turn', () => {
  const counts = { yes: 0, no: 0 };
  for (let i = 0; i < histories; i++) {
    const history = randomLock(createRng(`lock/${i}`));
    const truth = linearizableByBruteForce(history, mutex);
    counts[truth ? 'yes' : 'no']++;
    expect(judge(history).valid, `${i}`).toBe(truth);
  }
  expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(histories / 15);
});
