/**
 * What the checkers of single workloads share. A property is judged key by key (unless it is about all keys together) from the operations that
 * happened or may have happened, and says what contradicts it; this packs that into a verdict.
 *
 * Order is the order of events in the history: `callOf` and `returnOf` are positions. An operation of unknown outcome returns never: it may
 * take effect at any time after its call, or not at all. Nothing is held against a system that some outcome of those explains.
 */
import type { History, Key } from '../../harness/history/event.ts';
import { type Operation, operationIndex, pairOperations } from '../../harness/history/operation.ts';
import type { Anomaly, Checker, Verdict } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';

export interface Found {
  readonly anomalies: readonly Anomaly[];
  /** Why nothing can be said, where that is so. */
  readonly unknown?: string | undefined;
  readonly warnings?: readonly string[];
  /** Figures; over several keys those in milliseconds are maxima, all others sums. */
  readonly measured?: Readonly<Record<string, number>>;
}

export interface Property {
  readonly model: string;
  readonly summary: string;
  readonly workloads: readonly string[];
  /** Operations that failed are among them. */
  judge(operations: readonly Operation[], key: Key | undefined, history: History): Found;
  /** About all keys together. */
  readonly acrossKeys?: boolean;
}

export const checkerOf = ({ model, summary, workloads, judge, acrossKeys = false }: Property): Checker => ({
  model,
  summary,
  workloads,
  check: (history, { workload }) => {
    const began = performance.now();
    const operations = pairOperations(history);
    const parts = byKey(operations);
    const found = acrossKeys ? [judge(operations, undefined, history)] : [...parts].map(([key, part]) => judge(part, key, history));
    return { ...merged(found), workload, model, operations: operations.length, keys: parts.size, elapsedMs: performance.now() - began };
  },
});

const byKey = (operations: readonly Operation[]): ReadonlyMap<Key | undefined, Operation[]> => {
  const parts = new Map<Key | undefined, Operation[]>();
  for (const operation of operations) {
    const { key } = operation.invoke;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [operation]);
    else part.push(operation);
  }
  return parts;
};

/** So many anomalies of a type are told, the first ones; `measured` counts them all. */
const longestReport = 10;

const merged = (found: readonly Found[]): Pick<Verdict, 'valid' | 'anomalies' | 'unknown' | 'warnings' | 'measured'> => {
  const anomalies = found.flatMap(one => one.anomalies);
  const reasons = [...new Set(found.flatMap(({ unknown }) => unknown ?? []))];
  const warnings = found.flatMap(one => one.warnings ?? []);
  const measured = mergedFigures(found);
  return {
    valid: anomalies.length > 0 ? false : reasons.length > 0 ? 'unknown' : true,
    anomalies: firstOfEachType(anomalies),
    ...(reasons.length > 0 && { unknown: reasons.slice(0, longestReport).join('; ') }),
    ...(warnings.length > 0 && { warnings: warnings.slice(0, longestReport) }),
    ...(Object.keys(measured).length > 0 && { measured }),
  };
};

const mergedFigures = (found: readonly Found[]): Record<string, number> => {
  const measured: Record<string, number> = {};
  for (const one of found)
    for (const [name, value] of Object.entries(one.measured ?? {}))
      measured[name] = name.endsWith('Ms') ? Math.max(measured[name] ?? 0, value) : (measured[name] ?? 0) + value;
  return measured;
};

const firstOfEachType = (anomalies: readonly Anomaly[]): readonly Anomaly[] => {
  const told = new Map<string, number>();
  return anomalies.filter(({ type }) => {
    const before = told.get(type) ?? 0;
    told.set(type, before + 1);
    return before < longestReport;
  });
};

/** The operations are put in history order, each once. */
export const anomaly = (type: string, key: Key | undefined, operations: readonly Operation[], explanation: string): Anomaly => ({
  type,
  ...(key !== undefined && { key }),
  operations: [...new Set(operations.map(operationIndex))].sort((a, b) => a - b),
  explanation: `${explanation[0]!.toUpperCase()}${explanation.slice(1)}`,
});

export const callOf = ({ invoke }: Operation): number => invoke.index;

/** Infinity for an unknown outcome. */
export const returnOf = ({ completion, type }: Operation): number => (type === 'ok' ? completion!.index : Number.POSITIVE_INFINITY);

export const millisecondsBetween = (from: { readonly time: number }, to: { readonly time: number }): number =>
  Math.max(0, (to.time - from.time) / 1e6);

/** The elements of a list answer; null is an empty one. */
export const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

/** `1 thing`, `2 things`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
