import { describe, expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { linearizable } from '../linearizable/checker.ts';
import { sequential } from '../sequential/checker.ts';
import { withoutDrains } from './drains.ts';

type Line = readonly [process: number, type: Event['type'], f: string, value?: Json];
const historyOf = (...lines: readonly Line[]): History =>
  lines.map(([process, type, f, value = null], index) => ({ index, time: index, process, type, f, value }));
const done = (process: number, f: string, asked: Json, answered: Json = asked): Line[] => [
  [process, 'invoke', f, asked],
  [process, 'ok', f, answered],
];
const limits = { timeLimitMs: 10_000, memoryLimitBytes: 2 ** 28 };
const judge = (history: History, workload = 'queue') => linearizable.check(history, { workload, ...limits });

test('a history without drains is left as it is', () => {
  const history = historyOf(...done(0, 'enqueue', 1));
  expect(withoutDrains(history, 'dequeue')).toEqual({ history, added: 0 });
});

describe.each([
  ['queue', 'enqueue', 'dequeue', [1, 2]],
  ['unordered-queue', 'enqueue', 'dequeue', [2, 1]],
  ['priority-queue', 'enqueue', 'dequeue', [1, 2]],
  ['stack', 'push', 'pop', [2, 1]],
] as const)('%s', (workload, add, remove, order) => {
  const filled = [...done(0, add, 1), ...done(0, add, 2)];

  test('what was drained is gone, and nothing is left', () => {
    const drained = [...filled, ...done(1, 'drain', null, [...order])];
    const { valid, operations } = judge(historyOf(...drained, ...done(0, remove, null)), workload);
    expect({ valid, operations }).toEqual({ valid: true, operations: 4 });
    expect(judge(historyOf(...drained, ...done(0, remove, null, 1)), workload).valid).toBe(false);
    expect(sequential.check(historyOf(...drained, ...done(0, remove, null)), { workload, ...limits }).valid).toBe(true);
  });

  test('what a drain leaves out was lost, and is named by the drain', () => {
    const { valid, anomalies } = judge(historyOf(...filled, ...done(1, 'drain', null, [1])), workload);
    expect(valid).toBe(false);
    expect(anomalies[0]!.operations).toContain(5);
    expect(new Set(anomalies[0]!.operations).size).toBe(anomalies[0]!.operations.length);
  });

  test('a drain of unknown outcome may have taken all, some or none', () => {
    const unknown: Line[] = [...filled, [1, 'invoke', 'drain'], [1, 'info', 'drain']];
    for (const after of [done(0, remove, null), [...done(0, remove, null, order[1]), ...done(0, remove, null)]])
      expect(judge(historyOf(...unknown, ...after), workload).valid).toBe(true);
    expect(judge(historyOf(...unknown, ...done(0, remove, null, 3)), workload).valid).toBe(false);
  });
});

test('queues that are drained while others go on are never accused', () => {
  for (let seed = 0; seed < 300; seed++) {
    const rng = createRng(`drains/${seed}`);
    const items: Json[] = [];
    const events: Line[] = [];
    const open = new Map<number, readonly [string, Json, Json]>();
    let value = 0;
    for (let step = 0; step < 40; step++) {
      const process = rng.int(3);
      const asked = open.get(process);
      if (asked !== undefined) {
        events.push([process, 'ok', asked[0], asked[2]]);
        open.delete(process);
        continue;
      }
      const f = rng.pick(['enqueue', 'enqueue', 'dequeue', 'drain']);
      const input = f === 'enqueue' ? ++value : null;
      events.push([process, 'invoke', f, input]);
      if (f === 'enqueue') items.push(input);
      open.set(process, [f, input, f === 'enqueue' ? input : f === 'drain' ? items.splice(0) : (items.shift() ?? null)]);
    }
    expect(judge(historyOf(...events)).valid, JSON.stringify(events)).toBe(true);
  }
});
