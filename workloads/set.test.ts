import { expect, test } from 'vitest';
import { growOnlySet, setFull } from '../checkers/properties/set.ts';
import type { Json } from '../harness/std/json.ts';
import { overSeeds, type Simulated } from '../tests/support/workload-run.ts';
import { set } from './set.ts';

type Store = Map<unknown, Json[]>;

const system =
  (broken: (store: Json[], value: Json, n: number) => void = (list, value) => list.push(value)) =>
  (): Simulated => {
    const store: Store = new Map();
    let n = 0;
    return ({ f, key, value }) => {
      const list = store.get(key) ?? [];
      store.set(key, list);
      if (f === 'read') return [...list];
      broken(list, value, ++n);
      return value;
    };
  };

test('a healthy system passes, whatever answers are lost', () => {
  for (const checker of [growOnlySet, setFull])
    for (const verdict of overSeeds(30, checker, set, system())) expect(verdict).toMatchObject({ valid: true, anomalies: [] });
});

test.each<[string, (list: Json[], value: Json, n: number) => void]>([
  ['lost', (list, value, n) => n % 50 !== 7 && list.push(value)],
  ['duplicated', (list, value, n) => list.push(...(n % 50 === 7 ? [value, value] : [value]))],
  ['unexpected', (list, value, n) => list.push(value, ...(n % 50 === 7 ? [`ghost ${n}`] : []))],
])('a system whose elements are sometimes %s is caught', (type, broken) => {
  for (const { valid, anomalies } of overSeeds(20, growOnlySet, set, system(broken), { lossRate: 0 })) {
    expect(valid).toBe(false);
    expect(new Set(anomalies.map(anomaly => anomaly.type))).toEqual(new Set([type]));
  }
});

test('a set is replaced by a new one after its share of operations', () => {
  const verdicts = overSeeds(1, growOnlySet, set, system(), { count: 100, options: { size: 10 } });
  expect(verdicts[0]!.keys).toBe(10);
});
