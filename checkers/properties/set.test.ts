import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { set } from '../models/collections.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { setShape } from '../testing/shapes.ts';
import { growOnlySet, setFull } from './set.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 2000);

const options = { workload: 'set', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const judge = (history: History) => growOnlySet.check(history, options);
const judgeFull = (history: History) => setFull.check(history, options);

test('accepts: everything that was added is read, whatever became of an add of unknown outcome', () => {
  const history = lanes`
    p0  |add 1| |add 2 info|     |add 3 info|
    p1              |read [1]|                  |read [2,1]|
  `;
  expect(judgeFull(history)).toMatchObject({ valid: true, anomalies: [], measured: { elements: 3, recovered: 1, lost: 0 } });
});

test('rejects: an element that was acknowledged and never seen', () => {
  const history = lanes`
    p0  |add 1| |add 2|
    p1                   |read [2]|
  `;
  const { valid, anomalies } = judge(history);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'lost', operations: [1, 5] }] });
  expect(anomalies[0]!.explanation).toContain('no read ever showed it');
});

test('rejects: an element that was seen and is gone, even if nobody knows what became of its add', () => {
  const history = lanes`
    p0  |add 1 info|
    p1                |read [1]| |read []|
  `;
  expect(judge(history)).toMatchObject({ valid: false, anomalies: [{ type: 'lost', operations: [3, 5] }] });
});

test('stale is measured by set, rejected by set-full', () => {
  const history = lanes`
    p0  |add 1|
    p1           |read []|      |read [1]|
  `;
  expect(judge(history)).toMatchObject({ valid: true, measured: { stale: 1, staleMs: 3 } });
  expect(judgeFull(history)).toMatchObject({ valid: false, anomalies: [{ type: 'stale', operations: [1, 3] }] });
});

test('accepts: a read that misses what another read, open at the same time, still shows', () => {
  const history = lanes`
    p0  |add 1|
    p1           |read [1]     |
    p2             |read []|
  `;
  expect(judge(history).valid).toBe(true);
  expect(judgeFull(history).anomalies).toMatchObject([{ type: 'stale' }]);
});

test('rejects: an element twice, from nowhere, from the future, and from an add that failed', () => {
  const history = lanes`
    p0            |add 1|               |add 4 fail|
    p1  |read [1]|         |read [1,1]|              |read [1,3,4]|
  `;
  expect(judge(history).anomalies).toMatchObject([
    { type: 'unexpected', operations: [1, 3] },
    { type: 'duplicated', operations: [5] },
    { type: 'unexpected', operations: [7, 9] },
    { type: 'unexpected', operations: [9] },
  ]);
});

test('each key is a set of its own', () => {
  const history = lanes`
    p0  |a: add 1|                |a: read [1]|
    p1              |b: add 2|                   |b: read []|
  `;
  expect(judge(history)).toMatchObject({ valid: false, keys: 2, anomalies: [{ type: 'lost', key: 'b' }] });
});

test('unknown: nobody read; what was added after the last read is told', () => {
  expect(
    judge(lanes`
    p0  |add 1|
  `).valid,
  ).toBe('unknown');
  expect(
    judge(lanes`
    p0  |read []| |add 1|
  `),
  ).toMatchObject({ valid: true, warnings: [expect.stringContaining('1 element had no read')] });
});

/** From the definition, with no cleverness: is an element missing from a read that was called after its add, or a read of it, returned? */
const isStale = (history: History): boolean => {
  const done = history.map(invoke => ({
    invoke,
    ok: history.find(e => e.index > invoke.index && e.process === invoke.process && e.type !== 'invoke'),
  }));
  const answered = done.filter(({ invoke, ok }) => invoke.type === 'invoke' && ok?.type === 'ok');
  const shows = ({ invoke, ok }: (typeof done)[number], value: unknown): boolean =>
    invoke.f === 'add' ? invoke.value === value : (ok!.value as unknown[]).includes(value);
  return [0, 1, 2].some(value =>
    answered.some(
      before =>
        shows(before, value) &&
        answered.some(read => read.invoke.f === 'read' && read.invoke.index > before.ok!.index && !shows(read, value)),
    ),
  );
};

test('never rejects what is linearizable, and finds every stale read', () => {
  const counts = { linearizable: 0, stale: 0 };
  for (let i = 0; i < histories; i++) {
    const rng = createRng(`set/${i}`);
    const history = randomHistory(rng, setShape, {
      operations: 3 + rng.int(6),
      processes: 2 + rng.int(3),
      info: rng.pick([0, 0.1]),
      lie: rng.pick([0, 0.2]),
    });
    const { valid, anomalies } = judgeFull(history);
    if (linearizableByBruteForce(history, set)) {
      counts.linearizable++;
      expect(valid, `${i}`).not.toBe(false);
    }
    const stale = isStale(history);
    if (stale) counts.stale++;
    const isThere = anomalies.some(({ type }) => type === 'stale' || type === 'lost' || type === 'unexpected');
    if (stale) expect(isThere, `${i}`).toBe(true);
    else
      expect(
        anomalies.some(({ type }) => type === 'stale' || type === 'lost'),
        `${i}`,
      ).toBe(false);
  }
  expect(Math.min(counts.linearizable, counts.stale)).toBeGreaterThan(histories / 10);
});
