/**
 * Bounded staleness: no read shows a value that had certainly been overwritten for longer than a bound, or by more writes than a bound.
 *
 * A write is in effect by the first return of itself or of a read that shows it, and one that is called after that moment overwrites it.
 * So a read is stale at least since the first return of what certainly overwrote what it shows, and at least as many versions behind as there
 * were such writes in effect before the read was called. Both are lower bounds that hold in every order; in a linearizable history both are 0.
 * The converse does not hold: where two writes are concurrent and reads waver between them, one of them is stale, but nobody can say which.
 *
 * The greatest of these times is at most the delta of Golab et al., by which every read would have to be called earlier to make the history
 * atomic: a write that is called after another took effect comes later in every order, however early reads are called.
 *
 * Anomalies: `stale-read` (what was read, what overwrote it, the read), `future-read`, `ThinAirRead`. Where a value was written more than
 * once the read gets the benefit of the doubt. O(n log n) time with unique values, O(n) memory.
 * Sources: Golab, Li & Shah, "Analyzing consistency properties for fun and profit", PODC 2011 (delta and k); Terry, CACM 2013.
 */

import type { Key } from '../../harness/history/event.ts';
import { operationIndex } from '../../harness/history/operation.ts';
import type { Anomaly, Checker } from '../../harness/protocol/checker.ts';
import { impossibleIn, verdictOf } from '../read-write/checker.ts';
import { openHistory, type ReadWriteHistory, readWriteWorkloads } from '../read-write/door.ts';
import { clockless, explainThinAir, told } from '../read-write/prose.ts';
import { candidatesOf, fromStart } from '../read-write/trace.ts';

export const boundedStaleness: Checker = {
  model: 'bounded-staleness',
  summary:
    'no read is further behind than a bound (--max-staleness, --max-behind); says how stale reads were, in milliseconds and versions',
  workloads: readWriteWorkloads,
  check: (history, options) => {
    const began = performance.now();
    const opened = openHistory(history, options.workload);
    const said = verdictOf(opened, 'bounded-staleness', options);
    const ms = options.staleness?.ms ?? Number.POSITIVE_INFINITY;
    const versions = options.staleness?.versions ?? Number.POSITIVE_INFINITY;
    if (opened.untraceable)
      return { ...said, valid: 'unknown', anomalies: [], unknown: opened.refused!, elapsedMs: performance.now() - began };
    const { anomalies, measured, staleReads } = measure(opened, { ms, versions });
    const noBound = ms === Number.POSITIVE_INFINITY && versions === Number.POSITIVE_INFINITY;
    const warnings = [
      ...opened.warnings,
      ...(noBound && staleReads > 0 ? ['no bound was given, so any staleness passes: say --max-staleness or --max-behind'] : []),
    ];
    // What was found and not said may be staler than what was read.
    const unread = noBound ? undefined : opened.refused;
    const all = [...impossibleIn(opened), ...anomalies];
    return {
      ...said,
      valid: all.length > 0 ? false : unread === undefined ? true : 'unknown',
      anomalies: all,
      ...(all.length === 0 && unread !== undefined && { unknown: unread }),
      measured: { ...measured, staleReads },
      method: 'traces',
      ...(warnings.length > 0 && { warnings }),
      elapsedMs: performance.now() - began,
    };
  },
};

const longestReport = 10;

interface Bounds {
  readonly ms: number;
  readonly versions: number;
}

/** A read and the freshest write that it can show. */
interface Seen {
  readonly operation: number;
  readonly source: number;
  readonly object: number;
  /** Position by which what it shows was in effect; -1 from the start. */
  readonly effect: number;
  readonly called: number;
  stalenessMs: number;
  versions: number;
  overwriter: number;
}

const measure = (
  opened: ReadWriteHistory,
  bounds: Bounds,
): { readonly anomalies: readonly Anomaly[]; readonly measured: Record<string, number>; readonly staleReads: number } => {
  const { operations, size } = opened;
  const effect = effects(opened);
  const writesOf = writersByObject(opened, effect);
  const anomalies: Anomaly[] = [];
  const stale: Seen[] = [];
  const candidates = candidatesOf(opened);
  for (let i = 0; i < size; i++) {
    if (opened.unknown[i] === 1) continue;
    for (let slot = opened.reads.start[i]!; slot < opened.reads.start[i + 1]!; slot++) {
      const version = opened.reads.item[slot]!;
      const object = opened.versions[version]!.object;
      const seen = freshest(opened, candidates.of(slot), effect, writesOf[object]!, i, object);
      if (typeof seen === 'string') {
        if (anomalies.length < longestReport) anomalies.push(impossibleRead(opened, i, object, seen, candidates.of(slot)));
        continue;
      }
      if (seen.overwriter >= 0) stale.push(seen);
    }
  }
  countVersions(stale, effect, writesOf);
  const worstMs = stale.reduce((most, { stalenessMs }) => Math.max(most, stalenessMs), 0);
  const worstVersions = stale.reduce((most, { versions }) => Math.max(most, versions), 0);
  const bad = stale.filter(({ stalenessMs, versions }) => stalenessMs > bounds.ms || versions > bounds.versions);
  bad.sort((a, b) => b.stalenessMs - a.stalenessMs || b.versions - a.versions || a.operation - b.operation);
  anomalies.push(...bad.slice(0, longestReport).map(seen => staleRead(opened, seen, effect, writesOf[seen.object]!, bounds)));
  const timed = size > 0 && !clockless(operations[size - 1]!.invoke);
  return { anomalies, staleReads: stale.length, measured: { ...(timed && { stalenessMs: worstMs }), stalenessVersions: worstVersions } };
};

/** By operation: the position by which its writes were certainly in effect, and the event that shows it. */
interface Effects {
  readonly position: Float64Array;
  readonly time: Float64Array;
  readonly witness: Int32Array;
}

const effects = (opened: ReadWriteHistory): Effects => {
  const { size, operations, reads, writers, isInitial, unknown } = opened;
  const position = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const time = new Float64Array(size);
  const witness = Int32Array.from({ length: size }, (_, i) => i);
  const shows = (write: number, by: number): void => {
    const completion = operations[by]!.completion;
    if (unknown[by] === 1 || completion === undefined || completion.index >= position[write]!) return;
    position[write] = completion.index;
    time[write] = completion.time;
    witness[write] = by;
  };
  for (let i = 0; i < size; i++) {
    shows(i, i);
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const version = reads.item[slot]!;
      const first = writers.start[version]!;
      if (writers.start[version + 1]! - first === 1 && isInitial[version] === 0 && writers.item[first] !== i)
        shows(writers.item[first]!, i);
    }
  }
  return { position, time, witness };
};

/** The writes of one object by call, with what comes at or after each: the first to be in effect. */
interface Writes {
  readonly byCall: Int32Array;
  readonly called: Float64Array;
  /** Of the writes from here on: the one that was in effect first. */
  readonly first: Int32Array;
}

const writersByObject = ({ size, writes, versions, objects, operations }: ReadWriteHistory, { position }: Effects): readonly Writes[] => {
  const lists: number[][] = Array.from({ length: objects.length }, () => []);
  for (let i = 0; i < size; i++)
    for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) lists[versions[writes.item[at]!]!.object]!.push(i);
  return lists.map(list => {
    const first = new Int32Array(list.length);
    for (let at = list.length - 1; at >= 0; at--) {
      const next = first[at + 1];
      first[at] = at + 1 < list.length && position[next!]! < position[list[at]!]! ? next! : list[at]!;
    }
    return { byCall: Int32Array.from(list), called: Float64Array.from(list, i => operations[i]!.invoke.index), first };
  });
};

/** The first place whose write was called after the position. */
const afterCall = ({ called }: Writes, position: number): number => {
  let [low, high] = [0, called.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (called[middle]! > position) high = middle;
    else low = middle + 1;
  }
  return low;
};

const freshest = (
  { operations }: ReadWriteHistory,
  candidates: readonly number[],
  effect: Effects,
  writes: Writes,
  operation: number,
  object: number,
): Seen | 'ThinAirRead' | 'future-read' => {
  if (candidates.length === 0) return 'ThinAirRead';
  const { invoke, completion } = operations[operation]!;
  let best: Seen | undefined;
  for (const source of candidates) {
    if (source !== fromStart && operations[source]!.invoke.index > completion!.index) continue;
    const since = source === fromStart ? -1 : effect.position[source]!;
    const at = afterCall(writes, since);
    const overwriter = writes.first[at];
    const stale = overwriter !== undefined && effect.position[overwriter]! < invoke.index && overwriter !== operation;
    const seen: Seen = { operation, source, object, effect: since, called: invoke.index, stalenessMs: 0, versions: 0, overwriter: -1 };
    if (!stale) return seen;
    if (best !== undefined && best.effect >= since) continue;
    seen.overwriter = overwriter;
    seen.stalenessMs = (invoke.time - effect.time[overwriter]!) / 1e6;
    best = seen;
  }
  return best ?? 'future-read';
};

/** Writes from that place on that were in effect before the position. */
const newerThan = ({ byCall, called }: Writes, { position }: Effects, from: number, before: number): readonly number[] => {
  const found: number[] = [];
  for (let at = from; at < byCall.length && called[at]! < before; at++) if (position[byCall[at]!]! < before) found.push(byCall[at]!);
  return found;
};

/** How many of those there are for each read: a sweep over time with a Fenwick tree over the calls of each object. O(n log n). */
const countVersions = (stale: readonly Seen[], { position }: Effects, writesOf: readonly Writes[]): void => {
  const byObject = new Map<number, Seen[]>();
  for (const seen of stale) {
    const list = byObject.get(seen.object);
    if (list === undefined) byObject.set(seen.object, [seen]);
    else list.push(seen);
  }
  for (const [object, reads] of byObject) {
    const writes = writesOf[object]!;
    const tree = new Int32Array(writes.byCall.length + 1);
    const places = Int32Array.from(writes.byCall.keys()).sort((a, b) => position[writes.byCall[a]!]! - position[writes.byCall[b]!]!);
    let added = 0;
    for (const seen of reads.toSorted((a, b) => a.called - b.called)) {
      for (; added < places.length && position[writes.byCall[places[added]!]!]! < seen.called; added++)
        for (let at = places[added]! + 1; at < tree.length; at += at & -at) tree[at]!++;
      let before = 0;
      for (let at = afterCall(writes, seen.effect); at > 0; at -= at & -at) before += tree[at]!;
      seen.versions = added - before;
    }
  }
};

const keyOf = ({ objects }: ReadWriteHistory, object: number): { readonly key?: Key } => {
  const key = objects[object];
  return key === undefined ? {} : { key };
};

const impossibleRead = (
  opened: ReadWriteHistory,
  operation: number,
  object: number,
  type: 'ThinAirRead' | 'future-read',
  candidates: readonly number[],
): Anomaly => {
  const { operations } = opened;
  const named = (i: number): number => operationIndex(operations[i]!);
  if (type === 'ThinAirRead')
    return { type, ...keyOf(opened, object), operations: [named(operation)], explanation: explainThinAir(opened, operation, object) };
  const writer = candidates.find(candidate => candidate >= 0)!;
  const [read, write] = [told(operations[operation]!), told(operations[writer]!)];
  return {
    type,
    ...keyOf(opened, object),
    operations: [named(operation), named(writer)].sort((a, b) => a - b),
    explanation: `An answer from the future: ${read}, which was first asked to be written later: ${write}.`,
  };
};

const mostTold = 5;

const staleRead = (opened: ReadWriteHistory, seen: Seen, effect: Effects, writes: Writes, bounds: Bounds): Anomaly => {
  const { operations } = opened;
  const newer = newerThan(writes, effect, afterCall(writes, seen.effect), seen.called);
  const shown = seen.versions > bounds.versions ? newer.slice(0, bounds.versions + 1) : [seen.overwriter];
  const evidence = shown.map(write => effect.witness[write]!);
  const source = seen.source === fromStart ? [] : [seen.source, effect.witness[seen.source]!];
  const all = [...new Set([...source, ...shown, ...evidence, seen.operation])];
  const late = `${seen.stalenessMs.toFixed(3)} ms and ${seen.versions} ${seen.versions === 1 ? 'version' : 'versions'} behind`;
  const was = seen.source === fromStart ? 'the initial value' : `what this wrote: ${told(operations[seen.source]!)}`;
  const list = shown.slice(0, mostTold).map(write => told(operations[write]!));
  const read = told(operations[seen.operation]!);
  return {
    type: 'stale-read',
    ...keyOf(opened, seen.object),
    operations: all.map(i => operationIndex(operations[i]!)).sort((a, b) => a - b),
    explanation: `${read[0]!.toUpperCase()}${read.slice(1)}, at least ${late}: it shows ${was}, which had certainly been overwritten: ${list.join('; ')}${shown.length > list.length ? '; …' : ''}.`,
  };
};
