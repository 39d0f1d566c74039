/**
 * Every method against the definition, on small random histories with violations, unknown outcomes, cas, nulls and repeated values.
 * `ORDEAL_FUZZ=200000` runs that many for each line of the table, `ORDEAL_FUZZ_SEED` others.
 */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { register } from '../models/register.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { randomHistory, type Shape } from '../testing/random-history.ts';
import {
  bagShape,
  counterShape,
  evenCounterShape,
  fencedLockShape,
  growingCounterShape,
  kvShape,
  likelySetShape,
  logShape,
  multiRegisterShape,
  mutexShape,
  priorityQueueShape,
  queueShape,
  reentrantLockShape,
  registerShape,
  setShape,
  stackShape,
  uniqueIdsShape,
} from '../testing/shapes.ts';
import { guardsOf } from './guards.ts';
import { judgeBySearch, judgeKey } from './judge-key.ts';
import type { Model } from './model.ts';
import { inexplicable } from './sources.ts';
import { type Subject, splitByKey } from './subject.ts';
import { checkByZones } from './zones.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 20_000);
const seed = process.env.ORDEAL_FUZZ_SEED ?? '1';
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

/** True, false, or undefined where the method does not apply. */
type Method = (subjects: readonly Subject[], model: Model<never>) => boolean | undefined;

const bySearch: Method = (subjects, model) => judgeBySearch(subjects, model, limits).outcome === 'linearizable';
const lookingBack: Method = (subjects, model) => judgeBySearch(subjects, model, { ...limits, patience: 2 }).outcome === 'linearizable';
const whole: Method = (subjects, model) => judgeKey(subjects, model, limits).outcome === 'linearizable';
const byTable: Method = (subjects, model) => bySearch(subjects, { ...model, assignment: undefined });
const withoutHints: Method = (subjects, { name, init, step, hash, describe, byClient }) =>
  bySearch(subjects, { name, init, step, hash, describe, byClient } as never);
const byZones: Method = subjects => {
  const { outcome } = checkByZones(guardsOf(register.assignment!, null, subjects));
  return outcome === 'inapplicable' ? undefined : outcome === 'linearizable';
};
const byObservations: Method = subjects => {
  return inexplicable(guardsOf(register.assignment!, null, subjects)) === undefined ? undefined : false;
};

/** A model's own polynomial method. */
const monitored: Method = (subjects, model) => {
  const found = (model as Model<unknown>).monitor!(subjects);
  return found && found.outcome === 'linearizable';
};
const smallRegister = (seedOfShape: number): Shape<Json> => registerShape([1, 2, 2, 3][seedOfShape % 4]!, seedOfShape % 3 === 0 ? 1 : 0);

/** By the search with all that the model says, and from `step` alone. */
const plain: readonly [string, Method][] = [
  ['search', bySearch],
  ['without hints', withoutHints],
  ['all', whole],
];

const withMonitor = [...plain, ['monitor', monitored] as const] as unknown as [string, Method][];

const table: readonly (readonly [string, (at: number) => Shape<never>, readonly [string, Method][]])[] = [
  [
    'register, few values',
    at => smallRegister(at) as never,
    [
      ['search', bySearch],
      ['search, looking back', lookingBack],
      ['observations', byObservations],
      ['all', whole],
    ],
  ],
  [
    'register, few values, as a table',
    at => smallRegister(at) as never,
    [
      ['table', byTable],
      ['without hints', withoutHints],
    ],
  ],
  [
    'register, unique values',
    () => registerShape(0) as never,
    [
      ['zones', byZones],
      ['search', bySearch],
      ['search, looking back', lookingBack],
      ['observations', byObservations],
    ],
  ],
  [
    'multi-register',
    () => multiRegisterShape as never,
    [
      ['search', bySearch],
      ['without hints', withoutHints],
    ],
  ],
  [
    'kv',
    at => kvShape(at % 2 === 0 ? ['a'] : ['a', 'b']) as never,
    [
      ['search', bySearch],
      ['without hints', withoutHints],
    ],
  ],
  ['mutex', () => mutexShape as never, plain],
  ['fifo queue', () => queueShape as never, plain],
  ['set', () => setShape as never, withMonitor],
  ['counter', () => counterShape as never, withMonitor],
  ['counter of equal amounts', at => evenCounterShape(at % 3 === 0 ? -2 : 1) as never, withMonitor],
  ['counter of positive amounts', () => growingCounterShape as never, withMonitor],
  ['set with likely answers', () => likelySetShape as never, withMonitor],
  ['unordered queue', () => bagShape as never, plain],
  ['priority queue', at => priorityQueueShape(at % 2 === 0 ? 'smallest' : 'largest') as never, plain],
  ['stack', () => stackShape as never, plain],
  ['reentrant lock', () => reentrantLockShape as never, plain],
  ['fenced lock', () => fencedLockShape as never, plain],
  ['unique ids', () => uniqueIdsShape as never, withMonitor],
  ['append-only log', at => logShape((['offset', 'pair', 'value'] as const)[at % 3]!, at % 2 === 0) as never, withMonitor],
];

test.each(table)('%s: agrees with brute force', { timeout: 600_000 }, (name, shapeAt, methods) => {
  const counts = { valid: 0, invalid: 0 };
  const decided = new Map(methods.map(([method]) => [method, 0]));
  for (let i = 0; i < histories; i++) {
    const shape = shapeAt(i);
    const history = drawn(name, i, shape);
    const expected = linearizableByBruteForce(history, shape.model);
    counts[expected ? 'valid' : 'invalid']++;
    const subjects = splitByKey(history).keys[0]?.subjects ?? [];
    for (const [method, judge] of methods) {
      const answer = judge(subjects, shape.model);
      if (answer === undefined) continue;
      decided.set(method, decided.get(method)! + 1);
      if (answer !== expected) expect.fail(`${method} says ${answer} to history ${seed}/${name}/${i}:\n${printed(history)}`);
    }
  }
  expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(histories / 50);
  for (const [method, count] of decided) expect(count, method).toBeGreaterThan(histories / 50);
});

const drawn = (name: string, i: number, shape: Shape<never>): History => {
  const rng = createRng(`${seed}/${name}/${i}`);
  const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(5), info: rng.pick([0, 0.05, 0.15]), lie: rng.pick([0, 0, 0.3, 0.6]) };
  return randomHistory(rng, shape, size);
};

const printed = (history: History): string =>
  history.map(({ process, type, f, value, applied }) => JSON.stringify({ process, type, f, value, applied })).join('\n');
