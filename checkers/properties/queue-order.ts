/**
 * First in, first out: what was surely put in earlier does not surely come out later. Only values that were put in once and came out at most once
 * can be told apart. O(n log n): a sweep over the enqueues, which knows of all that had returned before the one that comes out of it last.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, returnOf } from './property.ts';
import { foundEmpty, type Item, takenBy } from './queue.ts';

interface Passage {
  readonly item: Item;
  readonly enqueue: Operation;
  /** Undefined: it never came out. */
  readonly dequeue: Operation | undefined;
}

export const orderOf = (
  items: readonly Item[],
  operations: readonly Operation[],
  key: Key | undefined,
): { readonly reordered: number; readonly anomalies: readonly Anomaly[] } => {
  const mayBeTaken = operations.some(({ invoke, type }) => type === 'info' && invoke.f !== 'enqueue');
  const passages = items.flatMap(item => passageOf(item, mayBeTaken));
  const reordered = [...overtaken(passages, key), ...withinDrains(passages, operations, key)];
  return { reordered: reordered.length, anomalies: [...reordered, ...falselyEmpty(passages, operations, key)] };
};

/** What never came out may have been taken by an operation of unknown outcome. */
const passageOf = (item: Item, mayBeTaken: boolean): readonly Passage[] => {
  const { enqueues, dequeues } = item;
  const isPlain = enqueues.length === 1 && (dequeues.length === 1 || (dequeues.length === 0 && !mayBeTaken));
  return isPlain ? [{ item, enqueue: enqueues[0]!, dequeue: dequeues[0] }] : [];
};

/** When it came out at the earliest. */
const outAfter = ({ dequeue }: Passage): number => (dequeue === undefined ? Number.POSITIVE_INFINITY : callOf(dequeue));

/** By the return of its enqueue. */
const byReturn = (passages: readonly Passage[]): Passage[] =>
  passages.filter(({ enqueue }) => enqueue.type === 'ok').sort((a, b) => returnOf(a.enqueue) - returnOf(b.enqueue));

/** Whichever of those that were put in before this position comes out last; positions must ascend from call to call. */
const lastOutAmong = (passages: readonly Passage[]): ((before: number) => Passage | undefined) => {
  const known = byReturn(passages);
  let next = 0;
  let last: Passage | undefined;
  return before => {
    for (; next < known.length && returnOf(known[next]!.enqueue) < before; next++)
      if (last === undefined || outAfter(known[next]!) > outAfter(last)) last = known[next];
    return last;
  };
};

const overtaken = (passages: readonly Passage[], key: Key | undefined): readonly Anomaly[] => {
  const lastOut = lastOutAmong(passages);
  return passages
    .toSorted((a, b) => callOf(a.enqueue) - callOf(b.enqueue))
    .flatMap(later => {
      const earlier = lastOut(callOf(later.enqueue));
      if (earlier === undefined || later.dequeue === undefined || outAfter(earlier) < returnOf(later.dequeue)) return [];
      return [reordered(earlier, later, key)];
    });
};

/** A drain answers in order. */
const withinDrains = (passages: readonly Passage[], operations: readonly Operation[], key: Key | undefined): readonly Anomaly[] => {
  const byValue = new Map(passages.map(passage => [valueKey(passage.item.value), passage]));
  return operations.flatMap(operation => {
    if (operation.invoke.f !== 'drain') return [];
    let first: Passage | undefined;
    return takenBy(operation)
      .toReversed()
      .flatMap(value => {
        const passage = byValue.get(valueKey(value));
        if (passage === undefined) return [];
        const wrong = first !== undefined && returnOf(first.enqueue) < callOf(passage.enqueue) ? [reordered(first, passage, key)] : [];
        if (first === undefined || returnOf(passage.enqueue) < returnOf(first.enqueue)) first = passage;
        return wrong;
      });
  });
};

const reordered = (earlier: Passage, later: Passage, key: Key | undefined): Anomaly => {
  const [a, b] = [show(earlier.item.value), show(later.item.value)];
  const end = earlier.dequeue === undefined ? `${a} never came out` : `then ${told(earlier.dequeue)}`;
  return anomaly(
    'reordered',
    key,
    [earlier.enqueue, later.enqueue, later.dequeue!, ...(earlier.dequeue === undefined ? [] : [earlier.dequeue])],
    `${a} was in the queue before ${b} was put in, but ${b} came out first: ${told(earlier.enqueue)}; ${told(later.enqueue)}; ${told(later.dequeue!)}; ${end}.`,
  );
};

const falselyEmpty = (passages: readonly Passage[], operations: readonly Operation[], key: Key | undefined): readonly Anomaly[] => {
  const lastOut = lastOutAmong(passages.filter(({ dequeue }) => dequeue !== undefined));
  return operations.filter(foundEmpty).flatMap(empty => {
    const inside = lastOut(callOf(empty));
    const until = empty.completion!.index;
    if (inside === undefined || outAfter(inside) < until || inside.dequeue === empty) return [];
    return [
      anomaly(
        'false-empty',
        key,
        [inside.enqueue, empty, inside.dequeue!],
        `${told(empty)}, which found the queue empty, but ${show(inside.item.value)} was in it: ${told(inside.enqueue)}; ${told(inside.dequeue!)}.`,
      ),
    ];
  });
};
