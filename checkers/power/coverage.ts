/** How much of what could go wrong a history looked at: concurrency, keys, what was read of what was written, and who asked around faults. */
import type { History, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { footprintOf } from '../models/footprint.ts';
import { valueKey } from '../models/values.ts';
import { faultWindows } from './fault-windows.ts';

export interface FaultCoverage {
  readonly kind: string;
  /** Faults of this kind that took effect. */
  readonly faults: number;
  /** Operations that succeeded while one was in force, and within a second of its end. */
  readonly succeededDuring: number;
  readonly succeededAfter: number;
  /** Keys written while one was in force, and those of them that were read within five seconds of its end. */
  readonly keysWritten: number;
  readonly keysReadAfter: number;
}

export interface Coverage {
  readonly operations: number;
  readonly processes: number;
  readonly keys: number;
  /** Operations under way at once: the mean over time (over calls where there are no times), and the most. */
  readonly concurrencyMean: number;
  readonly concurrencyMax: number;
  /** Of the operations that were answered, those that overlapped another one on the same key. */
  readonly overlapping: number;
  /** Values that were written and acknowledged, and those of them that any answer shows. Null where the workload does not say. */
  readonly written: number | null;
  readonly read: number | null;
  readonly faults: readonly FaultCoverage[];
}

/** Shares are parts of 1. O(n log n) in operations, and the length of all answers. Never throws. */
export const coverageOf = (history: History, operations: readonly Operation[], workload: string, timed: boolean): Coverage => ({
  operations: operations.length,
  processes: new Set(operations.map(({ invoke }) => invoke.process)).size,
  keys: new Set(operations.map(({ invoke }) => invoke.key)).size,
  ...concurrencyOf(history, operations, timed),
  overlapping: overlappingShare(operations),
  ...seenOf(operations, workload),
  faults: timed ? aroundFaults(history, operations) : [],
});

const concurrencyOf = (history: History, operations: readonly Operation[], timed: boolean) => {
  const answered = operations.filter(({ completion }) => completion !== undefined);
  if (answered.length === 0) return { concurrencyMean: 0, concurrencyMax: 0 };
  const ends = new Set(answered.map(({ completion }) => completion!.index));
  const begins = new Set(answered.map(({ invoke }) => invoke.index));
  let [now, most, sum] = [0, 0, 0];
  for (const { index } of history) {
    if (begins.has(index)) {
      now++;
      sum += now;
    }
    most = Math.max(most, now);
    if (ends.has(index)) now--;
  }
  const busy = answered.reduce((total, { invoke, completion }) => total + completion!.time - invoke.time, 0);
  const span = answered.reduce((last, { completion }) => Math.max(last, completion!.time), 0) - answered[0]!.invoke.time;
  return { concurrencyMean: timed && span > 0 ? busy / span : sum / answered.length, concurrencyMax: most };
};

/** Of neighbours by call on a key: whoever begins before the last end so far overlaps with whoever has that end. */
const overlappingShare = (operations: readonly Operation[]): number => {
  const latest = new Map<Key | undefined, number>();
  const answered = operations.filter(({ type }) => type !== 'info');
  const overlapping = new Set<number>();
  answered.forEach(({ invoke, completion }, at) => {
    const before = latest.get(invoke.key);
    if (before !== undefined && answered[before]!.completion!.index > invoke.index) {
      overlapping.add(at);
      overlapping.add(before);
    }
    if (before === undefined || answered[before]!.completion!.index < completion!.index) latest.set(invoke.key, at);
  });
  return answered.length === 0 ? 0 : overlapping.size / answered.length;
};

const seenOf = (operations: readonly Operation[], workload: string): Pick<Coverage, 'written' | 'read'> => {
  const footprint = footprintOf(workload);
  const written = new Map<Key | undefined, Map<unknown, boolean>>();
  const visit = (object: Key | undefined, value: Json): void => {
    const known = written.get(object);
    if (known === undefined) written.set(object, new Map([[valueKey(value), false]]));
    else if (!known.has(valueKey(value))) known.set(valueKey(value), false);
  };
  const see = (object: Key | undefined, value: Json): void => {
    const known = written.get(object);
    const name = valueKey(value);
    if (known?.has(name)) known.set(name, true);
  };
  for (const operation of operations) if (operation.type === 'ok') footprint.wrote(operation, visit);
  for (const operation of operations) footprint.saw(operation, see);
  const all = [...written.values()].flatMap(known => [...known.values()]);
  return all.length === 0 ? { written: null, read: null } : { written: all.length, read: all.filter(Boolean).length };
};

const soonNs = 1e9;
const laterNs = 5e9;

const aroundFaults = (history: History, operations: readonly Operation[]): readonly FaultCoverage[] => {
  const byKind = new Map<string, FaultCoverage>();
  const succeeded = operations.filter(({ type }) => type === 'ok').sort((a, b) => a.completion!.time - b.completion!.time);
  const times = Float64Array.from(succeeded, ({ completion }) => completion!.time);
  for (const { kind, begin, end } of faultWindows(history)) {
    const endTime = end?.time ?? Number.POSITIVE_INFINITY;
    const during = succeeded.slice(firstAfter(times, begin.time), firstAfter(times, endTime));
    const after = end === undefined ? [] : succeeded.slice(firstAfter(times, endTime), firstAfter(times, endTime + laterNs));
    const written = new Set(during.filter(operation => !asks(operation)).map(({ invoke }) => invoke.key));
    const readAgain = new Set(after.filter(asks).map(({ invoke }) => invoke.key));
    const before = byKind.get(kind);
    byKind.set(kind, {
      kind,
      faults: (before?.faults ?? 0) + 1,
      succeededDuring: (before?.succeededDuring ?? 0) + during.length,
      succeededAfter: (before?.succeededAfter ?? 0) + after.filter(({ completion }) => completion!.time <= endTime + soonNs).length,
      keysWritten: (before?.keysWritten ?? 0) + written.size,
      keysReadAfter: (before?.keysReadAfter ?? 0) + [...written].filter(key => readAgain.has(key)).length,
    });
  }
  return [...byKind.values()];
};

const asking = new Set(['read', 'get', 'poll', 'dequeue', 'drain', 'peek', 'pop']);
const asks = ({ invoke: { f, value } }: Operation): boolean =>
  asking.has(f) || (f === 'txn' && Array.isArray(value) && value.every(step => Array.isArray(step) && String(step[0]).startsWith('r')));

const firstAfter = (ascending: Float64Array, time: number): number => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
};
