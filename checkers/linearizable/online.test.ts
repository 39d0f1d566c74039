import { describe, expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { fifoQueue } from '../models/collections.ts';
import { register } from '../models/register.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory, type Shape } from '../testing/random-history.ts';
import { counterShape, kvShape, mutexShape, queueShape, registerShape } from '../testing/shapes.ts';
import type { Model } from './model.ts';
import { judgeOnline } from './online.ts';

/** A clock that stands still: nothing ever waits. */
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

/** After how many events the alarm rings, judging after each; undefined: never. */
const alarmAt = <State>(history: History, model: Model<State>): number | undefined => {
  const judge = judgeOnline(model);
  for (const event of history) {
    judge.feed(event);
    if (judge.judge(limits) !== undefined) return event.index + 1;
  }
  return undefined;
};

/** After how many events the history is no longer linearizable, by the definition. */
const violatedAt = <State>(history: History, model: Model<State>): number | undefined => {
  for (let length = 1; length <= history.length; length++)
    if (history[length - 1]!.type !== 'invoke' && !linearizableByBruteForce(history.slice(0, length), model)) return length;
  return undefined;
};

const compare = <State>(name: string, shape: () => Shape<State>, info: number, histories = 600) => {
  const rng = createRng(`online ${name} ${info}`);
  const count = { agreed: 0, late: 0, violations: 0, early: 0 };
  for (let n = 0; n < histories; n++) {
    const one = shape();
    const history = randomHistory(rng, one, { operations: 8, processes: 1 + rng.int(3), info, lie: 0.12 });
    const [alarm, violated] = [alarmAt(history, one.model), violatedAt(history, one.model)];
    if (violated !== undefined) count.violations++;
    if (alarm === violated) count.agreed++;
    else if (alarm !== undefined && (violated === undefined || alarm < violated)) count.early++;
    else count.late++;
  }
  return { ...count, histories };
};

describe('while the history grows', () => {
  const shapes: readonly (readonly [string, () => Shape<never>])[] = [
    ['register, unique values', () => registerShape(0) as unknown as Shape<never>],
    ['register, few values', () => registerShape(3, 0.5) as unknown as Shape<never>],
    ['kv', () => kvShape() as unknown as Shape<never>],
    ['counter', () => counterShape as unknown as Shape<never>],
    ['queue', () => queueShape as unknown as Shape<never>],
    ['lock', () => mutexShape as unknown as Shape<never>],
  ];
  test.each(shapes)('%s: the alarm rings at the very event that makes it a violation', (name, shape) => {
    const { agreed, violations, histories } = compare(name, shape, 0);
    expect(agreed).toBe(histories);
    expect(violations).toBeGreaterThan(histories * 0.15);
    expect(violations).toBeLessThan(histories * 0.95);
  });

  test.each(shapes)('%s, unknown outcomes: never a false alarm, and rarely a late one', (name, shape) => {
    const { early, late, violations, histories } = compare(name, shape, 0.15);
    expect(early).toBe(0);
    expect(violations).toBeGreaterThan(histories * 0.1);
    expect(late).toBeLessThan(violations * 0.1);
  });
});

test('an open write may have taken effect: reading it is no violation', () => {
  const history = lanes`
    p0  |write 1|  |write 2|????
    p1                          |read 2| |read 2|
  `;
  const cutShort = history.filter(event => !(event.process === 0 && event.type === 'info'));
  expect(alarmAt(cutShort, register)).toBeUndefined();
});

test('what the windows hold does not grow with the history, and the stale read at its end is seen', () => {
  const judge = judgeOnline(register);
  const process = 0;
  let most = 0;
  const feed = (index: number, type: 'invoke' | 'ok', f: string, value: number | null): void =>
    judge.feed({ index, time: index, process, type, f, key: 'x', value });
  let index = 0;
  for (let n = 1; n <= 20_000; n++) {
    feed(index++, 'invoke', 'write', n);
    feed(index++, 'ok', 'write', n);
    if (n % 100 === 0) expect(judge.judge(limits)).toBeUndefined();
    most = Math.max(most, judge.held);
  }
  expect(most).toBeLessThanOrEqual(101);
  feed(index++, 'invoke', 'read', null);
  feed(index++, 'ok', 'read', 19_999);
  expect(judge.behind).toBe(1);
  expect(judge.judge(limits)).toMatchObject({ key: 'x', operations: [index - 1] });
});

test('a null that was set by a cas is not mistaken for nothing', () => {
  const history = lanes`
    p0  |write 5| |cas 5 null|          |read null|
  `;
  expect(alarmAt(history, register)).toBeUndefined();
});

test('a queue that is drained is left to the verdict of the whole: no alarm for what a drain took', () => {
  const judge = judgeOnline(fifoQueue);
  const lines = [
    ['enqueue', 1, 1],
    ['drain', null, [1]],
    ['dequeue', null, null],
  ] as const;
  let index = 0;
  for (const [f, asked, answered] of lines)
    for (const [type, value] of [
      ['invoke', asked],
      ['ok', answered],
    ] as const) {
      judge.feed({ index, time: index++, process: 0, type, f, value: value as Json });
      expect(judge.judge(limits)).toBeUndefined();
    }
});
