/**
 * Queues: what goes in comes out, once.
 *
 * Operations: `enqueue` v, `dequeue` -> v or null from an empty queue, `drain` -> everything that is left, in order. Anomalies:
 * - `unexpected`: came out before, or without, being put in;
 * - `duplicated`: came out more often than it can have been put in (`at-least-once-queue` only counts these);
 * - `lost`: acknowledged, never came out, although the queue was found empty after that. A dequeue of unknown outcome may have taken one, so of
 *   n missing ones no more than n minus those are held against the system; a drain of unknown outcome may have taken all;
 * - `reordered` and `false-empty` (`fifo-queue` only): of two values the one that was surely put in later surely came out earlier, or the
 *   queue was found empty while a value was in it.
 * Nobody found the queue empty at the end and something is missing: unknown. O(n log n).
 * Sources: Jepsen's `total-queue`, which lets duplicates pass; Bouajjani et al., "On reducing linearizability to state reachability", ICALP 2015.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf, counted, type Found, listOf, returnOf } from './property.ts';
import { orderOf } from './queue-order.ts';

interface Rules {
  readonly exactlyOnce: boolean;
  readonly inOrder: boolean;
}

const queueChecker = (model: string, summary: string, rules: Rules) =>
  checkerOf({ model, summary, workloads: ['queue'], judge: (operations, key) => judgeQueue(operations, key, rules) });

export const totalQueue = queueChecker('total-queue', 'what was put into a queue comes out exactly once, in any order', {
  exactlyOnce: true,
  inOrder: false,
});

export const atLeastOnceQueue = queueChecker('at-least-once-queue', 'what was put into a queue comes out, perhaps more than once', {
  exactlyOnce: false,
  inOrder: false,
});

export const fifoQueueOrder = queueChecker('fifo-queue', 'what was put into a queue comes out exactly once, first in first out', {
  exactlyOnce: true,
  inOrder: true,
});

/** A value, who put it in and who took it out. */
export interface Item {
  readonly value: Json;
  readonly enqueues: Operation[];
  readonly failed: Operation[];
  readonly dequeues: Operation[];
}

const judgeQueue = (operations: readonly Operation[], key: Key | undefined, { exactlyOnce, inOrder }: Rules): Found => {
  const items = [...itemsOf(operations).values()];
  const surplus = items.flatMap(item => surplusOf(item, key));
  const missing = missingOf(items, operations, key);
  const order = orderOf(items, operations, key);
  const [duplicated, unexpected] = ['duplicated', 'unexpected'].map(type => surplus.filter(one => one.type === type)) as [
    Anomaly[],
    Anomaly[],
  ];
  const anomalies = [...missing.anomalies, ...unexpected, ...(exactlyOnce ? duplicated : []), ...(inOrder ? order.anomalies : [])];
  const recovered = items.filter(
    ({ enqueues, dequeues }) => dequeues.length > 0 && enqueues.length > 0 && enqueues.every(({ type }) => type === 'info'),
  );
  return {
    anomalies,
    unknown: missing.unknown,
    warnings: missing.warnings,
    measured: {
      lost: missing.lost,
      duplicated: duplicated.length,
      unexpected: unexpected.length,
      recovered: recovered.length,
      reordered: order.reordered,
    },
  };
};

/** The values that an operation took out. */
export const takenBy = ({ invoke, completion, type }: Operation): readonly Json[] => {
  if (type !== 'ok' || invoke.f === 'enqueue') return [];
  const { value } = completion!;
  return invoke.f === 'drain' ? listOf(value) : value === null ? [] : [value];
};

const itemsOf = (operations: readonly Operation[]): ReadonlyMap<unknown, Item> => {
  const items = new Map<unknown, Item>();
  const itemFor = (value: Json): Item => {
    const name = valueKey(value);
    const item = items.get(name) ?? { value, enqueues: [], failed: [], dequeues: [] };
    items.set(name, item);
    return item;
  };
  for (const operation of operations) {
    for (const value of takenBy(operation)) itemFor(value).dequeues.push(operation);
    if (operation.invoke.f !== 'enqueue') continue;
    const item = itemFor(operation.invoke.value);
    (operation.type === 'fail' ? item.failed : item.enqueues).push(operation);
  }
  return items;
};

/** The n-th time that it came out needs an n-th time that it was put in, called before. */
const surplusOf = ({ value, enqueues, failed, dequeues }: Item, key: Key | undefined): readonly Anomaly[] => {
  const taken = dequeues.toSorted((a, b) => returnOf(a) - returnOf(b));
  const at = taken.findIndex((dequeue, n) => enqueues[n] === undefined || callOf(enqueues[n]) > returnOf(dequeue));
  if (at < 0) return [];
  const involved = [...enqueues.slice(0, at + 1), ...failed.slice(0, 1)];
  const puts = involved.length === 0 ? `nobody ever enqueued ${show(value)}` : involved.map(told).join('; ');
  if (at === 0)
    return [
      anomaly('unexpected', key, [taken[0]!, ...involved], `${told(taken[0]!)}, though it cannot have been in the queue by then: ${puts}.`),
    ];
  const takers = taken.slice(0, at + 1);
  return [
    anomaly(
      'duplicated',
      key,
      [...takers, ...involved],
      `${show(value)} came out ${at + 1} times, but was put in at most ${counted(at, 'time')} by then: ${takers.map(told).join('; ')}; ${puts}.`,
    ),
  ];
};

const emptyWords = /\b(empty|exhausted)\b/i;

/** Found the queue empty at some moment between its call and its return. */
export const foundEmpty = ({ invoke, completion, type }: Operation): boolean => {
  if (type === 'ok') return invoke.f === 'drain' || (invoke.f === 'dequeue' && completion!.value === null);
  const { error } = completion ?? {};
  return type === 'fail' && invoke.f === 'dequeue' && emptyWords.test(typeof error === 'object' ? error.name : (error ?? ''));
};

interface Missing {
  readonly lost: number;
  readonly anomalies: readonly Anomaly[];
  readonly warnings: readonly string[];
  readonly unknown?: string;
}

/** Of equal values those that were put in last are still in. */
const outstandingOf = ({ enqueues, dequeues }: Item): readonly Operation[] =>
  enqueues
    .filter(({ type }) => type === 'ok')
    .sort((a, b) => returnOf(a) - returnOf(b))
    .slice(dequeues.length);

const missingOf = (items: readonly Item[], operations: readonly Operation[], key: Key | undefined): Missing => {
  const empty = operations.findLast(foundEmpty);
  const outstanding = items.flatMap(outstandingOf);
  const gone = empty === undefined ? [] : outstanding.filter(enqueue => returnOf(enqueue) < callOf(empty));
  const takers = operations.filter(({ invoke, type }) => type === 'info' && invoke.f === 'dequeue').length;
  const mayHaveDrained = operations.some(({ invoke, type }) => type === 'info' && invoke.f === 'drain');
  const lost = mayHaveDrained ? 0 : Math.max(0, gone.length - takers);
  const left = outstanding.length - gone.length;
  const name = key === undefined ? 'the queue' : `queue ${key}`;
  return {
    lost,
    anomalies: lost === 0 ? [] : lostOnes(gone, empty!, takers, key),
    warnings:
      gone.length > lost
        ? [`${counted(gone.length - lost, 'value')} that never came out of ${name} may have been taken by operations of unknown outcome`]
        : [],
    ...(left > 0 && {
      unknown: `${name} was not found empty after the last enqueue: ${counted(left, 'value')} may still be in it (a final drain would tell)`,
    }),
  };
};

const lostOnes = (gone: readonly Operation[], empty: Operation, takers: number, key: Key | undefined): readonly Anomaly[] => {
  const how = `${told(empty)}, which found the queue empty`;
  if (takers === 0)
    return gone.map(enqueue =>
      anomaly('lost', key, [enqueue, empty], `${told(enqueue)}, and nobody ever took it out; but then ${how}: it is lost.`),
    );
  const named = gone.slice(0, takers + 1);
  return [
    anomaly(
      'lost',
      key,
      [...named, empty],
      `${gone.length} acknowledged values never came out, but only ${counted(takers, 'dequeue')} of unknown outcome can have taken any, and then ${how}: at least ${gone.length - takers} are lost. Among them: ${named.slice(0, 10).map(told).join('; ')}.`,
    ),
  ];
};
