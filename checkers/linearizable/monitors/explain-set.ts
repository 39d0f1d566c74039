/**
 * Why a few operations on a set that only grows are a violation, in prose. Every violation is one of these: an element from nowhere, one that is
 * missing though it was added or seen before, two reads of which each has what the other misses, or an element that came before an earlier one.
 */
import type { Key } from '../../../harness/history/event.ts';
import type { Json } from '../../../harness/std/json.ts';
import { show, valueKey } from '../../models/values.ts';
import type { Explanation } from '../explain.ts';
import type { Subject } from '../subject.ts';
import { byValue, type Contradiction, explanationOf, fromNowhere, listReads, precedes, told, type ValueKey } from './contradiction.ts';

interface Read {
  readonly subject: Subject;
  readonly elements: ReadonlyMap<ValueKey, Json>;
}

type Adds = ReadonlyMap<ValueKey, readonly Subject[]>;

/** `unexpected`, `future-read`, `lost`, `stale-read` or `reordered`; of several the one whose read is smallest. O(n) for each two reads. */
export const explainSet = (_key: Key | undefined, kept: readonly Subject[], failed: readonly Subject[]): Explanation | undefined => {
  const reads = listReads(kept).map(
    ({ subject, list }): Read => ({ subject, elements: new Map(list.map(value => [valueKey(value), value])) }),
  );
  const adds = byValue(kept, 'add');
  return explanationOf(
    first(reads, read => strange(read, adds, failed)) ??
      first(reads, read => lost(read, adds)) ??
      first(reads, read => first(reads, other => apart(read, other, adds))) ??
      first(reads, read => overtaken(read, adds)),
    kept,
  );
};

const first = <T, Found>(items: Iterable<T>, find: (item: T) => Found | undefined): Found | undefined => {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
};

const strange = ({ subject, elements }: Read, adds: Adds, failed: readonly Subject[]): Contradiction | undefined =>
  first(elements, ([key, value]) => fromNowhere(subject, value, adds.get(key) ?? [], failed, 'asked to be added'));

const lost = ({ subject, elements }: Read, adds: Adds): Contradiction | undefined =>
  first(adds, ([key, group]) => {
    const add = elements.has(key) ? undefined : group.find(one => precedes(one, subject));
    if (add === undefined) return undefined;
    const text = `${told(subject)} misses ${show(add.invoke.value)}, although ${told(add)} had returned before the read was called.`;
    return { type: 'lost', text, named: [subject, add] };
  });

/** Two reads, of which the one misses what the other has: wrong if the other came first, or misses something as well. */
const apart = (read: Read, other: Read, adds: Adds): Contradiction | undefined => {
  const missing = first(other.elements, entry => (read.elements.has(entry[0]) ? undefined : entry));
  if (missing === undefined) return undefined;
  if (precedes(other.subject, read.subject)) {
    const text = `${told(read.subject)} misses ${show(missing[1])}, although ${told(other.subject)}, which shows it, had returned before that read was called.`;
    return { type: 'stale-read', text, named: [read.subject, other.subject] };
  }
  const own = first(read.elements, entry => (other.elements.has(entry[0]) ? undefined : entry));
  if (own === undefined) return undefined;
  const [a, b] = [adds.get(own[0])![0]!, adds.get(missing[0])![0]!];
  const text = `${told(read.subject)} shows ${show(own[1])} but not ${show(missing[1])}; ${told(other.subject)} shows ${show(missing[1])} but not ${show(own[1])}: no order of ${told(a)} and ${told(b)} explains both.`;
  return { type: 'reordered', text, named: [read.subject, other.subject, a, b] };
};

/** A read that shows an element, and not one that had been added before anybody asked for that. */
const overtaken = ({ subject, elements }: Read, adds: Adds): Contradiction | undefined => {
  /** Of the adds of what the read misses, the first to return. */
  let early: Subject | undefined;
  for (const [key, group] of adds)
    if (!elements.has(key)) for (const add of group) if (early === undefined || add.returned < early.returned) early = add;
  if (early === undefined) return undefined;
  const missed = early;
  return first(elements, ([key, value]) => {
    const add = adds.get(key)?.[0];
    if (add === undefined || !precedes(missed, add)) return undefined;
    const text = `${told(subject)} shows ${show(value)} but not ${show(missed.invoke.value)}, although ${told(missed)} had returned before anybody asked to add ${show(value)}: ${told(add)}.`;
    return { type: 'reordered', text, named: [subject, missed, add] };
  });
};
