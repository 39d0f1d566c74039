/**
 * Counterexamples of random violations of collections: a violation by themselves, with all operations on each of their values and all
 * unknown removals that can have taken one, and minimal under that.
 */
import { expect, test } from 'vitest';
import type { History } from '../../../harness/history/event.ts';
import { type Operation, operationIndex, pairOperations } from '../../../harness/history/operation.ts';
import type { Json } from '../../../harness/std/json.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { fifoQueue } from '../../models/collections.ts';
import { mutex } from '../../models/mutex.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { lanes } from '../../testing/lanes.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import {
  mutexShape,
  queueShape,
  stackShape,
  uniqueBagShape,
  uniquePriorityQueueShape,
  uniqueQueueShape,
  uniqueStackShape,
} from '../../testing/shapes.ts';
import { checkLinearizable } from '../check.ts';
import type { Model } from '../model.ts';

const only = (history: History, operations: readonly Operation[]): History => {
  const kept = new Set(operations.flatMap(({ invoke, completion }) => [invoke, completion]));
  return history.filter(event => kept.has(event));
};

const touched = ({ invoke: { value: asked }, completion, type }: Operation): Json => asked ?? (type === 'ok' ? completion!.value : null);
const isLost = ({ invoke: { value }, type }: Operation): boolean => value === null && type !== 'ok';

const drawn = (name: string, i: number, shape: Shape<never>): History => {
  const rng = createRng(`counterexample/${name}/${i}`);
  const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(4), info: rng.pick([0, 0.1, 0.2]), lie: 0.3 };
  return randomHistory(rng, shape, size);
};

test.each([
  ['queue', uniqueQueueShape],
  ['queue, repeated values', queueShape],
  ['stack', uniqueStackShape],
  ['stack, repeated values', stackShape],
  ['priority queue', uniquePriorityQueueShape('smallest')],
  ['unordered queue', uniqueBagShape],
] as unknown as [string, Shape<never>][])('%s: minimal and sound', { timeout: 120_000 }, (name, shape) => {
  let violations = 0;
  for (let i = 0; i < 3000; i++) {
    const history = drawn(name, i, shape);
    const { valid, anomalies } = checkLinearizable(history, shape.model);
    if (valid === true) continue;
    violations++;
    const all = pairOperations(history).filter(({ type }) => type !== 'fail');
    const kept = all.filter(operation => anomalies[0]!.operations.includes(operationIndex(operation)));
    const told = `history ${name}/${i}: ${anomalies[0]!.explanation}`;
    const fails = (operations: readonly Operation[]): boolean => !linearizableByBruteForce(only(history, operations), shape.model);
    expect(fails(kept), told).toBe(true);
    const values = new Set(kept.map(touched).filter(value => value !== null));
    for (const operation of all) if (values.has(touched(operation)!)) expect(kept, told).toContain(operation);
    const missing = all.filter(operation => isLost(operation) && !kept.includes(operation));
    // An unknown removal may only be left out if the others contradict each other with it just as well.
    expect(fails(all.filter(operation => kept.includes(operation) || missing.includes(operation))), `with unknown removals, ${told}`).toBe(
      true,
    );
    for (const value of values) {
      const rest = kept.filter(operation => touched(operation) !== value);
      expect(fails(rest), `without ${value}, ${told}`).toBe(false);
    }
  }
  expect(violations).toBeGreaterThan(800);
});

test('lock: a violation by itself, and every operation is needed', { timeout: 120_000 }, () => {
  let violations = 0;
  for (let i = 0; i < 3000; i++) {
    const history = drawn('lock', i, mutexShape as never);
    const { valid, anomalies } = checkLinearizable(history, mutex);
    if (valid === true) continue;
    violations++;
    const { operations, explanation, type } = anomalies[0]!;
    const kept = pairOperations(history).filter(operation => operations.includes(operationIndex(operation)));
    expect(linearizableByBruteForce(only(history, kept), mutex), `history lock/${i}: ${explanation}`).toBe(false);
    const count = (f: string): number => kept.filter(({ invoke }) => invoke.f === f).length;
    if (type === 'two-holders') expect(count('acquire')).toBe(count('release') + 2);
    else expect([1, 2]).toContain(count('release') - count('acquire'));
  }
  expect(violations).toBeGreaterThan(800);
});

const explained = (history: History, model: Model<never>): string => {
  const [anomaly] = checkLinearizable(history, model).anomalies;
  return `${anomaly!.type}: ${anomaly!.explanation}`;
};

test('a queue out of order, in words', () => {
  const history = lanes`
    p0  |enqueue "a"|             |enqueue "c"|
    p1                |enqueue "b"|
    p2                               |dequeue "b"|
    p3                                              |dequeue "a"|  |dequeue "c"|
  `;
  expect(explained(history, fifoQueue as never)).toMatchInlineSnapshot(
    `"reordered: "b" was dequeued before "a", although that had been enqueued first: enqueue "a" (process 0, 0.008000-0.020000 s), enqueue "b" (process 1, 0.022000-0.034000 s); dequeue -> "b" (process 2, 0.037000-0.049000 s) had returned by 0.049000 s, and dequeue -> "a" (process 3, 0.052000-0.064000 s) was called only after that."`,
  );
});

test('a queue found empty, in words', () => {
  const history = lanes`
    p0  |enqueue "a"|     |enqueue "b"|
    p1                       |dequeue null       |
    p2                                      |dequeue "a"|
  `;
  expect(explained(history, fifoQueue as never)).toMatchInlineSnapshot(
    `"false-empty: dequeue -> null (process 1, 0.029000-0.049000 s) found the queue empty, but all that time something was in it: "a", enqueued by 0.020000 s (process 0) and not dequeued before 0.044000 s (process 2); "b", enqueued by 0.038000 s (process 0) and never dequeued."`,
  );
});

test('two holders, in words', () => {
  const history = lanes`
    p0@n1  |acquire| |release| |acquire|                 |release|
    p1@n2                         |acquire|  |release|
  `;
  expect(explained(history, mutex as never)).toMatchInlineSnapshot(
    `"two-holders: process 0 on n1 and process 1 on n2 both held the lock: one had acquired it by 0.039000 s (0.031000-0.039000 s), the other by 0.042000 s (0.034000-0.042000 s), and no release was under way in between."`,
  );
});
