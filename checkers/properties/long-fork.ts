/**
 * Long fork: two reads that see two independent writes in opposite orders. Parallel snapshot isolation allows it, snapshot isolation and all above
 * do not.
 *
 * Transactions write one key, once ever (`["w", k, v]`), or read a group of keys (`["r", k, null|v]`). The reads of a group must form a chain: of two,
 * one sees all that the other sees. Anomalies: `long-fork`, the two reads and a write that only the one and one that only the other saw;
 * `unexpected`, a value that nobody wrote. A key written twice: unknown. O(n log n): ordered by how much they see, each need only contain
 * the one before it.
 * Sources: Sovran et al., "Transactional storage for geo-replicated systems", SOSP 2011; Jepsen's `long-fork`.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { sameValue, show } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, checkerOf, type Found } from './property.ts';

export const longFork = checkerOf({
  model: 'long-fork',
  summary: 'no two reads see two independent writes in opposite orders',
  workloads: ['long-fork'],
  acrossKeys: true,
  judge: operations => judgeForks(operations),
});

type Step = readonly [verb: string, key: Key, value: Json];

interface Reading {
  readonly operation: Operation;
  /** The keys at which something was there, and what. */
  readonly seen: ReadonlyMap<Key, Json>;
}

const stepsOf = (value: Json): readonly Step[] => (Array.isArray(value) ? (value as unknown as Step[]) : []);

const judgeForks = (operations: readonly Operation[]): Found => {
  const writes = writesOf(operations);
  const twice = [...writes].find(([, writers]) => writers.filter(({ type }) => type !== 'fail').length > 1);
  if (twice !== undefined)
    return { anomalies: [], unknown: `key ${twice[0]} was written more than once: the order of reads does not show in what they saw` };
  const groups = groupsOf(operations);
  const anomalies = [...groups.values()].flatMap(readings => [...thinAir(readings, writes), ...forksOf(readings, writes)]);
  return { anomalies, measured: { groups: groups.size } };
};

const writesOf = (operations: readonly Operation[]): ReadonlyMap<Key, Operation[]> => {
  const writes = new Map<Key, Operation[]>();
  for (const operation of operations)
    for (const [verb, key] of stepsOf(operation.invoke.value)) if (verb === 'w') writes.set(key, [...(writes.get(key) ?? []), operation]);
  return writes;
};

/** Reads by the keys they ask for. */
const groupsOf = (operations: readonly Operation[]): ReadonlyMap<string, Reading[]> => {
  const groups = new Map<string, Reading[]>();
  for (const operation of operations) {
    if (operation.type !== 'ok') continue;
    const steps = stepsOf(operation.completion!.value);
    if (steps.length === 0 || steps.some(([verb]) => verb !== 'r')) continue;
    const name = JSON.stringify(steps.map(([, key]) => key).sort());
    const seen = new Map(steps.filter(([, , value]) => value !== null).map(([, key, value]) => [key, value]));
    const readings = groups.get(name) ?? [];
    readings.push({ operation, seen });
    groups.set(name, readings);
  }
  return groups;
};

const thinAir = (readings: readonly Reading[], writes: ReadonlyMap<Key, readonly Operation[]>): readonly Anomaly[] =>
  readings.flatMap(({ operation, seen }) =>
    [...seen].flatMap(([key, value]) => {
      const writers = writes.get(key) ?? [];
      if (writers.some(writer => writer.type !== 'fail' && writesIt(writer, key, value))) return [];
      const guilty = writers.filter(writer => writesIt(writer, key, value));
      const why = guilty.length === 0 ? 'but nobody ever wrote it' : `but the only write of it failed: ${guilty.map(told).join('; ')}`;
      return [anomaly('unexpected', key, [operation, ...guilty], `${told(operation)}, where ${key} is ${show(value)}; ${why}.`)];
    }),
  );

const writesIt = ({ invoke }: Operation, key: Key, value: Json): boolean =>
  stepsOf(invoke.value).some(([verb, name, written]) => verb === 'w' && name === key && sameValue(written, value));

const forksOf = (readings: readonly Reading[], writes: ReadonlyMap<Key, readonly Operation[]>): readonly Anomaly[] => {
  const ordered = readings.toSorted((a, b) => a.seen.size - b.seen.size);
  return ordered.flatMap((more, at) => {
    const less = ordered[at - 1];
    const onlyLess = less && [...less.seen.keys()].find(key => !more.seen.has(key));
    if (less === undefined || onlyLess === undefined) return [];
    const onlyMore = [...more.seen.keys()].find(key => !less.seen.has(key))!;
    const writers = [onlyLess, onlyMore].flatMap(key => writes.get(key) ?? []).filter(({ type }) => type !== 'fail');
    return [
      anomaly(
        'long-fork',
        undefined,
        [less.operation, more.operation, ...writers],
        `${told(less.operation)}, which saw the write of ${onlyLess} but not that of ${onlyMore}; ${told(more.operation)}, which saw the write of ${onlyMore} but not that of ${onlyLess}. No order of the two writes explains both.`,
      ),
    ];
  });
};
