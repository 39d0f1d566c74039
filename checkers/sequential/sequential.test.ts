/** Sequential consistency of any data type against all orders of its operations, and what the traced method does within its limits. */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { operationIndex, pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import type { Call, Model } from '../linearizable/model.ts';
import { decide } from '../read-write/decide.ts';
import { openHistory } from '../read-write/door.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory, type Shape } from '../testing/random-history.ts';
import { counterShape, kvShape, queueShape, registerShape, setShape } from '../testing/shapes.ts';
import { sequential } from './checker.ts';
import { judgeSequential } from './traced.ts';

const histories = Math.min(Number(process.env.ORDEAL_FUZZ ?? 400), 2000);
const options = { timeLimitMs: 20_000, memoryLimitBytes: 2 ** 28 };

interface Item {
  readonly call: Call;
  readonly key: unknown;
  readonly session: number;
  readonly optional: boolean;
}

/** Tries every order of the operations that keeps the sessions' own. A process that goes on after an unknown outcome is a new session. */
const byAllOrders = (history: History, model: Model<unknown>): boolean => {
  const sessions = new Map<unknown, number>();
  let next = 0;
  const items: Item[] = [];
  for (const { invoke, completion, type } of pairOperations(history)) {
    const session = sessions.get(invoke.process) ?? next++;
    sessions.set(invoke.process, session);
    if (type === 'info') sessions.delete(invoke.process);
    if (type === 'fail') continue;
    const call: Call = { f: invoke.f, input: invoke.value, output: type === 'ok' ? completion!.value : undefined };
    const missed = type === 'ok' && completion!.applied === false;
    items.push({ call: missed ? { ...call, applied: false } : call, key: invoke.key, session, optional: type === 'info' });
  }
  const place = (states: ReadonlyMap<unknown, unknown>, rest: readonly Item[]): boolean => {
    if (rest.every(({ optional }) => optional)) return true;
    return rest.some((item, at) => {
      if (rest.some((other, i) => i < at && other.session === item.session)) return false;
      const state = model.step(states.get(item.key) ?? model.init, item.call);
      if (state === undefined) return false;
      return place(
        new Map([...states, [item.key, state]]),
        rest.filter(other => other !== item),
      );
    });
  };
  return place(new Map(), items);
};

const only = (history: History, operations: readonly number[]): History => {
  const kept = new Set(operations);
  const events = new Set(
    pairOperations(history).flatMap(operation => (kept.has(operationIndex(operation)) ? [operation.invoke, operation.completion] : [])),
  );
  return history.filter(event => events.has(event));
};

const kinds: readonly (readonly [string, string, () => Shape<unknown>])[] = [
  ['registers of few values', 'register', () => registerShape(2, 0.6) as never],
  ['queues', 'queue', () => queueShape as never],
  ['counters', 'counter', () => counterShape as never],
  ['sets', 'set', () => setShape as never],
  ['appended strings', 'kv', () => kvShape() as never],
];

test.each(kinds)(
  '%s: agrees with all orders, and witnesses are violations by themselves',
  { timeout: 600_000 },
  (name, workload, shapeOf) => {
    const counts = { holds: 0, violated: 0, searched: 0 };
    for (let i = 0; i < histories; i++) {
      const rng = createRng(`sequential/${name}/${i}`);
      const shape = shapeOf();
      const size = { operations: 4 + rng.int(4), processes: 2 + rng.int(2), info: rng.pick([0, 0.15]), lie: rng.pick([0.1, 0.3]) };
      const one = randomHistory(rng, shape, size);
      // Of two objects every third time: the order is one for both.
      const history = i % 3 > 0 ? one : one.map(event => ({ ...event, key: Number(event.process) % 2 === 0 ? 'x' : 'y' }));
      const expected = byAllOrders(history, shape.model);
      const { valid, method, anomalies } = sequential.check(history, { workload, ...options });
      if (valid !== expected) expect.fail(`${name}/${i}: ${valid}, by definition ${expected}:\n${JSON.stringify(history)}`);
      counts[expected ? 'holds' : 'violated']++;
      if (method === 'search') counts.searched++;
      if (anomalies.length > 0 && anomalies[0]!.type === 'non-sequential')
        expect(byAllOrders(only(history, anomalies[0]!.operations), shape.model), `${i}: ${anomalies[0]!.explanation}`).toBe(false);
    }
    expect(Math.min(counts.holds, counts.violated)).toBeGreaterThan(histories / 20);
    expect(counts.searched).toBeGreaterThan(histories / 20);
  },
);

test('registers that start at 0, of repeated values', () => {
  const accepted = lanes`
    p0  |read {"x":0,"y":0}| |write {"x":1}| |write {"x":1}|
    p1  |read {"y":0}|                           |read {"x":1}|
  `;
  expect(sequential.check(accepted, { workload: 'multi-register', ...options })).toMatchObject({ valid: true });
  const rejected = lanes`
    p0  |write {"x":1}| |write {"x":1}|
    p1  |read {"x":1}|  |read {"x":0}|
  `;
  expect(sequential.check(rejected, { workload: 'multi-register', ...options })).toMatchObject({ valid: false });
});

test('a witness of what only the search finds is as small as can be', () => {
  const history = lanes`
    p0  |write 1| |write 2| |write 1| |write 3|
    p1                                           |read 3| |read 2|
    p2                        |read 1|                               |read 1|
  `;
  const { valid, method, anomalies } = sequential.check(history, { workload: 'register', ...options });
  expect({ valid, method }).toEqual({ valid: false, method: 'search' });
  const told = pairOperations(history).filter(operation => anomalies[0]!.operations.includes(operationIndex(operation)));
  expect(told.map(({ invoke, completion }) => [invoke.f, completion!.value])).toEqual([
    ['write', 2],
    ['write', 3],
    ['read', 3],
    ['read', 2],
  ]);
});

/** So little that saturation has no room: only the quick search answers. */
const tight = { now: () => 0, deadline: 1, memoryBytes: 100 };

test('a write that nobody reads does not overwrite what somebody is still to read', () => {
  const history = lanes`
    p0  |x: write 1|
    p1  |y: read 1| |x: read 1|
    p2  |x: read 1| |x: write 2|
    p3  |x: read 1| |y: write 1|
  `;
  expect(decide(openHistory(history, 'register'), judgeSequential, tight).outcome).toBe('holds');
});

test('a local violation among very many sessions is found in its window, where the whole would not fit in memory', () => {
  const events = Array.from({ length: 250 }, (_, process) =>
    (process < 2
      ? ([
          ['write', process === 0 ? 'a' : 'b', 1],
          ['read', process === 0 ? 'b' : 'a', null],
        ] as const)
      : ([
          ['write', `x${process}`, 1],
          ['read', `x${process}`, 1],
          ['write', `x${process}`, 2],
          ['read', `x${process}`, 2],
        ] as const)
    ).flatMap(([f, key, value]) => [
      { process, type: 'invoke', f, key, value: f === 'read' ? null : value } as const,
      { process, type: 'ok', f, key, value } as const,
    ]),
  ).flat();
  const history: History = events.map((event, index) => ({ ...event, index, time: index * 1000 }));
  const limits = { now: () => 0, deadline: 1, memoryBytes: 800_000 };
  const decision = decide(openHistory(history, 'register'), judgeSequential, limits);
  expect(decision).toMatchObject({ outcome: 'violated', finding: { type: 'CyclicSC' } });
  expect(decision.outcome === 'violated' && decision.suspects.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});
