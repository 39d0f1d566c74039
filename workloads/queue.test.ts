import { expect, test } from 'vitest';
import { atLeastOnceQueue, fifoQueueOrder, totalQueue } from '../checkers/properties/queue.ts';
import type { Json } from '../harness/std/json.ts';
import { overSeeds, type Simulated } from '../tests/support/workload-run.ts';
import { queue } from './queue.ts';

interface Breaks {
  put?(items: Json[], value: Json, n: number): void;
  take?(items: Json[], n: number): Json | undefined;
}

const system =
  ({ put = (items, value) => items.push(value), take = items => items.shift() }: Breaks = {}) =>
  (): Simulated => {
    const items: Json[] = [];
    let n = 0;
    return ({ f, value }) => {
      if (f === 'drain') return items.splice(0);
      n++;
      if (f === 'dequeue') return take(items, n) ?? null;
      put(items, value, n);
      return value;
    };
  };

test('a healthy queue passes, whatever answers are lost', () => {
  for (const checker of [totalQueue, atLeastOnceQueue, fifoQueueOrder])
    for (const verdict of overSeeds(30, checker, queue, system())) expect(verdict).toMatchObject({ valid: true, anomalies: [] });
});

test.each<[string, Breaks]>([
  ['lost', { put: (items, value, n) => n % 40 !== 7 && items.push(value) }],
  ['duplicated', { put: (items, value, n) => items.push(...(n % 40 === 7 ? [value, value] : [value])) }],
  ['unexpected', { put: (items, value, n) => items.push(value, ...(n % 40 === 7 ? [`ghost ${n}`] : [])) }],
])('a queue whose values are sometimes %s is caught', (type, broken) => {
  const verdicts = overSeeds(20, totalQueue, queue, system(broken), { lossRate: 0 });
  const caught = verdicts.filter(({ anomalies }) => anomalies.some(anomaly => anomaly.type === type));
  // A break that fell on a dequeue did nothing.
  expect(caught.length).toBeGreaterThan(15);
  expect(new Set(verdicts.flatMap(({ anomalies }) => anomalies.map(anomaly => anomaly.type)))).toEqual(new Set([type]));
});

test('values out of order are caught by fifo-queue alone', () => {
  const stack = system({ take: items => items.pop() });
  for (const verdict of overSeeds(20, totalQueue, queue, stack, { lossRate: 0 })) expect(verdict).toMatchObject({ valid: true });
  for (const { anomalies } of overSeeds(20, fifoQueueOrder, queue, stack, { lossRate: 0 }))
    expect(new Set(anomalies.map(({ type }) => type))).toEqual(new Set(['reordered']));
});
