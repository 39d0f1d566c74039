/** Each kind of anomaly: really another history where it says so, and caught exactly where brute force finds a violation. */
import { describe, expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import { linearizable } from '../linearizable/checker.ts';
import type { Model } from '../linearizable/model.ts';
import { counter, fifoQueue, set } from '../models/collections.ts';
import { kv } from '../models/kv.ts';
import { mutex } from '../models/mutex.ts';
import { register } from '../models/register.ts';
import { checkers } from '../registry.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory, type Shape } from '../testing/random-history.ts';
import { counterShape, kvShape, mutexShape, queueShape, registerShape, setShape } from '../testing/shapes.ts';
import { coverageOf } from './coverage.ts';
import { withEdits } from './injection.ts';
import { injectionsOf } from './injections.ts';
import { measurePower, wilson } from './power.ts';

const limits = { timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 };

const cases: readonly (readonly [workload: string, shape: Shape<never>, model: Model<never>, silentKinds: readonly string[]])[] = [
  ['register', registerShape(0) as never, register as never, []],
  ['register', registerShape(3) as never, register as never, []],
  ['kv', kvShape(['c', 'd', 'e', 'f', 'g']) as never, kv as never, []],
  ['set', setShape as never, set as never, ['duplicated element']],
  ['queue', queueShape as never, fifoQueue as never, []],
  ['counter', counterShape as never, counter as never, []],
  ['lock', mutexShape as never, mutex as never, ['stale token']],
];

describe.each(cases)('%s', (workload, shape, model, without) => {
  test.each(injectionsOf(workload).filter(({ kind }) => !without.includes(kind)))('$kind', ({ kind, prepare }) => {
    const count = { changed: 0, silent: 0, caught: 0 };
    for (let i = 0; i < 300; i++) {
      const rng = createRng(`power/${workload}/${kind}/${i}`);
      const history = randomHistory(rng, shape, { operations: 7, processes: 3, info: 0.03, lie: 0 });
      const inject = prepare({ history, operations: pairOperations(history), timed: false }, 'linearizable');
      if (inject === undefined) continue;
      const injected = inject(rng);
      if (injected.size === 0) {
        count.silent++;
        continue;
      }
      const changed = withEdits(history, injected);
      count.changed++;
      expect(changed, `${i}`).not.toEqual(history);
      expect(changed.length).toBe(history.length);
      expect(changed.every(({ index, time }, at) => index === history[at]!.index && time === history[at]!.time)).toBe(true);
      expect(pairOperations(changed).length).toBe(pairOperations(history).length);
      const isViolation = !linearizableByBruteForce(changed, model);
      if (isViolation) count.caught++;
      expect(linearizable.check(changed, { workload, ...limits, explain: false }).valid, `${i}`).toBe(!isViolation);
    }
    expect(count.changed).toBeGreaterThan(10);
    expect(count.caught).toBeGreaterThan(count.changed / 5);
  });
});

const measure = (history: History, { workload = 'register', model = 'linearizable', budgetMs = 20_000, seed = 1 } = {}) => {
  const checker = checkers.find(one => one.model === model && one.workloads.includes(workload))!;
  const { valid } = checker.check(history, { workload, ...limits });
  return measurePower(history, checker, { workload, ...limits, valid, budgetMs, seed });
};

const shares = (history: History, options = {}): Record<string, number> =>
  Object.fromEntries(measure(history, options).kinds.map(({ kind, share }) => [kind, share]));

/** Writers that nobody interrupts, and a read at the very end. */
const hardlyRead: History = Array.from({ length: 60 }, (_, i) => [
  { index: 2 * i, process: 0, type: 'invoke' as const, f: i === 59 ? 'read' : 'write', value: i === 59 ? null : i },
  { index: 2 * i + 1, process: 0, type: 'ok' as const, f: i === 59 ? 'read' : 'write', value: i === 59 ? 58 : i },
])
  .flat()
  .map(event => ({ ...event, time: event.index * 1e6 }));

const busy = (operations = 200): History =>
  randomHistory(createRng('busy'), registerShape(0), { operations, processes: 4, info: 0, lie: 0 });

test('who reads hardly anything finds hardly anything; a busy history finds most', () => {
  const low = shares(hardlyRead);
  expect(low['lost write']).toBeLessThan(0.1);
  const high = shares(busy());
  expect(high['dirty read']).toBe(1);
  expect(high['lost write']).toBeGreaterThan(0.3);
  expect(high['stale read']).toBeGreaterThan(0.5);
});

test('low power is said in a sentence with what to do', () => {
  const { advice } = measure(hardlyRead);
  expect(advice.join('\n')).toMatch(
    /^\d+ % of injected lost writes would have been caught \(\d+ % to \d+ %\): in \d+ of 200 no answer would have changed: .*Read more/m,
  );
});

test('same seed, same places; the history stays as it is', () => {
  const history = busy(60);
  const before = JSON.stringify(history);
  expect(measure(history).kinds).toEqual(measure(history).kinds);
  expect(measure(history, { seed: 2 }).kinds).not.toEqual(measure(history).kinds);
  expect(JSON.stringify(history)).toBe(before);
});

test('nothing is injected into a violation, nor where no anomalies are known', () => {
  const stale = lanes`
    p0  |write 1| |write 2|
    p1                       |read 1|
  `;
  expect(measure(stale)).toMatchObject({ kinds: [], notInjected: 'the history is a violation as it is' });
  const { kinds, notInjected } = measurePower(busy(), linearizable, { workload: 'unheard-of', ...limits, valid: true, budgetMs: 1 });
  expect([kinds, notInjected]).toEqual([[], 'no anomalies are known for workload unheard-of under linearizable']);
});

test('models are not asked for what they allow', () => {
  expect(Object.keys(shares(busy(40), { model: 'sequential' }))).not.toContain('stale read');
  expect(Object.keys(shares(busy(40)))).toContain('stale read');
});

test('time that is up ends it: what was done by then counts', () => {
  const { kinds } = measure(busy(2000), { budgetMs: 30 });
  expect(kinds.every(({ injected }) => injected < 200)).toBe(true);
});

test('only the key that changed is judged again, with the same verdict', () => {
  const [a, b] = [busy(80), randomHistory(createRng('b'), registerShape(0), { operations: 80, processes: 4, info: 0, lie: 0 })];
  const both = [...a, ...b.map(event => ({ ...event, process: Number(event.process) + 100, key: 'y' }))].map((event, index) => ({
    ...event,
    index,
    time: index * 1000,
  }));
  const whole = { ...linearizable, model: 'all' };
  const seen = measurePower(both, linearizable, { workload: 'register', ...limits, valid: true, budgetMs: 60_000 });
  const slowly = measurePower(both, whole, { workload: 'register', ...limits, valid: true, budgetMs: 60_000 });
  expect(seen.kinds).toEqual(slowly.kinds);
  expect(seen.kinds.map(({ injected }) => injected)).toEqual([200, 200, 200, 200]);
});

test('the interval of Wilson', () => {
  expect(wilson(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
  expect(wilson(5, 10)).toMatchObject({ share: 0.5, low: expect.closeTo(0.2366, 3), high: expect.closeTo(0.7634, 3) });
  expect(wilson(10, 10)).toMatchObject({ low: expect.closeTo(0.7225, 3), high: 1 });
});

test('coverage: what was under way at once, what was seen, and who asked around a fault', () => {
  const history = lanes`
    p0  |x: write 1|     |x: read 1|
    p1      |x: write 2|               |y: write 3|
  `;
  expect(coverageOf(history, pairOperations(history), 'register', true)).toMatchObject({
    operations: 4,
    processes: 2,
    keys: 2,
    concurrencyMax: 2,
    overlapping: 0.5,
    written: 3,
    read: 1,
    faults: [],
  });
  const at = (seconds: number) => seconds * 1e9;
  const events = [
    { time: at(1), process: 'nemesis', type: 'info', f: 'pause', value: { id: 0, phase: 'inject' } },
    { time: at(2), process: 0, type: 'invoke', f: 'write', key: 'x', value: 1 },
    { time: at(3), process: 0, type: 'ok', f: 'write', key: 'x', value: 1 },
    { time: at(4), process: 'nemesis', type: 'info', f: 'pause', value: { id: 0, phase: 'heal' } },
    { time: at(5.5), process: 0, type: 'invoke', f: 'read', key: 'x', value: null },
    { time: at(5.6), process: 0, type: 'ok', f: 'read', key: 'x', value: 1 },
  ].map((event, index) => ({ index, ...event })) as History;
  expect(coverageOf(events, pairOperations(events), 'register', true).faults).toEqual([
    { kind: 'pause', faults: 1, succeededDuring: 1, succeededAfter: 0, keysWritten: 1, keysReadAfter: 1 },
  ]);
});
