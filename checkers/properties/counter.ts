/**
 * A counter that is added to and read: every read lies between what must have been added and what can have been.
 *
 * An add counts for sure once it has returned, and at most once it was called. So a read is at least the sum of all positive adds that returned
 * before its call and all negative ones called before its return, and at most the other way round. Anomalies: `too-low`, `too-high`, and where
 * nothing is ever subtracted `non-monotonic-read`: less than a read that had returned before this one was called. With adds of 1 alone these
 * together are linearizability. O(n log n).
 * Sources: Jepsen's `counter`; Emmi & Enea, POPL 2018.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf, type Found, returnOf } from './property.ts';

export const counterBounds = checkerOf({
  model: 'counter',
  summary: 'every read of a counter lies between what must have been added and what can have been',
  workloads: ['counter'],
  judge: (operations, key) => judgeCounter(operations, key),
});

/** What was known when a read was called. */
interface Snapshot {
  readonly positive: number;
  readonly negative: number;
  readonly highest: Operation | undefined;
}

const judgeCounter = (operations: readonly Operation[], key: Key | undefined): Found => {
  const relevant = operations.filter(operation => operation.type !== 'fail' && (isAdd(operation) || isAnswer(operation)));
  const neverLess = relevant.every(operation => !isAdd(operation) || amountOf(operation) >= 0);
  const certain = { positive: 0, negative: 0 };
  const possible = { positive: 0, negative: 0 };
  let highest: Operation | undefined;
  const called = new Map<Operation, Snapshot>();
  const anomalies: Anomaly[] = [];
  for (const { operation, isReturn } of timeline(relevant)) {
    if (isAdd(operation)) count(isReturn ? certain : possible, amountOf(operation));
    else if (!isReturn) called.set(operation, { ...certain, highest });
    else {
      const before = called.get(operation)!;
      const bounds = { low: before.positive + possible.negative, high: possible.positive + before.negative };
      anomalies.push(...wrong({ read: operation, bounds, highest: neverLess ? before.highest : undefined }, relevant, key));
      if (highest === undefined || sumOf(operation) > sumOf(highest)) highest = operation;
    }
  }
  return { anomalies };
};

const isAdd = ({ invoke }: Operation): boolean => invoke.f === 'add';
const isAnswer = ({ type, completion }: Operation): boolean => type === 'ok' && typeof completion!.value === 'number';
const amountOf = ({ invoke }: Operation): number => Number(invoke.value);
const sumOf = ({ completion }: Operation): number => completion!.value as number;

const count = (sums: { positive: number; negative: number }, amount: number): void => {
  if (amount > 0) sums.positive += amount;
  else sums.negative += amount;
};

/** Calls and returns in history order. */
const timeline = (
  operations: readonly Operation[],
): readonly { readonly operation: Operation; readonly at: number; readonly isReturn: boolean }[] =>
  operations
    .flatMap(operation => [
      { operation, at: callOf(operation), isReturn: false },
      ...(operation.type === 'ok' ? [{ operation, at: returnOf(operation), isReturn: true }] : []),
    ])
    .sort((a, b) => a.at - b.at);

interface Judged {
  readonly read: Operation;
  readonly bounds: { readonly low: number; readonly high: number };
  readonly highest: Operation | undefined;
}

const wrong = ({ read, bounds, highest }: Judged, operations: readonly Operation[], key: Key | undefined): readonly Anomaly[] => {
  const sum = sumOf(read);
  if (sum < bounds.low) {
    const forcing = operations.filter(
      one => isAdd(one) && (amountOf(one) > 0 ? returnOf(one) < callOf(read) : callOf(one) < returnOf(read)),
    );
    return [
      anomaly(
        'too-low',
        key,
        [read, ...named(forcing)],
        `${told(read)}, but what had been added by its call for sure comes to ${bounds.low}: ${listed(forcing)}.`,
      ),
    ];
  }
  if (sum > bounds.high) {
    const forcing = operations.filter(
      one => isAdd(one) && (amountOf(one) > 0 ? callOf(one) < returnOf(read) : returnOf(one) < callOf(read)),
    );
    return [
      anomaly(
        'too-high',
        key,
        [read, ...named(forcing)],
        `${told(read)}, but all that can have been added by its return comes to ${bounds.high}: ${listed(forcing)}.`,
      ),
    ];
  }
  if (highest === undefined || sumOf(highest) <= sum) return [];
  return [
    anomaly('non-monotonic-read', key, [highest, read], `${told(highest)}; but later ${told(read)}, although nothing is ever subtracted.`),
  ];
};

const mostNamed = 20;
const mostListed = 5;

const named = (adds: readonly Operation[]): readonly Operation[] => adds.slice(-mostNamed);

const listed = (adds: readonly Operation[]): string => {
  if (adds.length === 0) return 'there was none';
  const list = adds.slice(-mostListed).map(told).join('; ');
  return adds.length > mostListed ? `${adds.length} adds, of which the last are ${list}` : list;
};
