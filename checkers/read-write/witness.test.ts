/** Every witness is a violation by itself, by brute force, and none of its operations is there for nothing. */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { operationIndex, pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import { checkers } from '../registry.ts';
import { weakDefinitions } from '../testing/weak-brute-force.ts';
import { weakHistory } from '../testing/weak-histories.ts';

const models = Object.entries(weakDefinitions);

const most = 9;
const limits = { timeLimitMs: 20_000, memoryLimitBytes: 2 ** 28 };

const only = (history: History, operations: readonly number[]): History => {
  const kept = new Set(operations);
  const events = new Set(
    pairOperations(history).flatMap(operation => (kept.has(operationIndex(operation)) ? [operation.invoke, operation.completion] : [])),
  );
  return history.filter(event => events.has(event));
};

/** The values that these operations read and none of them wrote. */
const orphans = (history: History, operations: readonly number[]): readonly string[] => {
  const kept = pairOperations(history).filter(operation => operations.includes(operationIndex(operation)));
  const name = (key: unknown, value: unknown): string => JSON.stringify([key, value]);
  const pair = (value: unknown): readonly unknown[] => value as readonly unknown[];
  const written = new Set(
    kept.flatMap(({ invoke: { f, key, value } }) => (f === 'write' ? name(key, value) : f === 'cas' ? name(key, pair(value)[1]) : [])),
  );
  const read = kept.flatMap(({ invoke: { f, key, value }, completion }) => {
    const seen = f === 'read' ? completion!.value : f === 'cas' ? pair(value)[0] : null;
    return seen === null ? [] : name(key, seen);
  });
  return read.filter(value => !written.has(value));
};

const size = { objects: 2, values: 0, info: 0, lie: 0.06, cas: 0.05, disorder: 0.2 };

test.each(models)('%s', { timeout: 120_000 }, (model, byBruteForce) => {
  const checker = checkers.find(candidate => candidate.model === model)!;
  let found = 0;
  for (let i = 0; i < 40; i++) {
    const rng = createRng(`witness/${model}/${i}`);
    const operations = i % 10 === 9 ? 1500 : 20 + rng.int(60);
    const history = weakHistory(rng, { ...size, operations, sessions: 2 + rng.int(4) });
    const { valid, anomalies } = checker.check(history, { workload: 'register', ...limits });
    if (valid !== false) continue;
    const [{ operations: named, explanation }] = anomalies as [(typeof anomalies)[number]];
    expect(explanation.length).toBeGreaterThan(30);
    if (named.length > most) continue;
    found++;
    expect(byBruteForce(only(history, named)), `${i}: ${explanation}`).toBe(false);
    expect(orphans(history, named), `${i}: a read without its write: ${explanation}`).toEqual([]);
    const reads = pairOperations(history).filter(operation => named.includes(operationIndex(operation)) && operation.invoke.f === 'read');
    for (const read of reads) {
      const rest = named.filter(index => index !== operationIndex(read));
      expect(byBruteForce(only(history, rest)), `${i} without ${operationIndex(read)}: ${explanation}`).toBe(true);
    }
  }
  expect(found).toBeGreaterThan(5);
});
