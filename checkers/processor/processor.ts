/**
 * Processor consistency (Goodman's, as PCG): each session sees all writes in one order of its own that keeps every session's program order,
 * and all sessions agree on the order of the writes of each object.
 *
 * Every view is saturated with what the views together say of the order of writes; a cycle is a violation. If none is left but some writes
 * of an object are not in order yet, both ways are tried: exact, exponential in such pairs at worst, so it has limits.
 * Sources: Goodman, 1989; Ahamad, Bazzi, John, Kohli & Neiger, "The power of processor consistency", SPAA 1993.
 */

import { outOfMemory } from '../limits.ts';
import { judgePram } from '../pram/pram.ts';
import type { Finding, Judge, Limits } from '../read-write/finding.ts';
import { fromStart, partOf, type Trace } from '../read-write/trace.ts';
import { inWindows } from '../read-write/windows.ts';
import { judgeSequential } from '../sequential/traced.ts';

/** Time for the shortcut through sequential consistency, which implies this. */
const shortcutShare = 0.3;

export const judgeProcessor: Judge = (trace, limits) => {
  const weaker = judgePram(trace, limits);
  if (weaker !== undefined) return weaker;
  const now = limits.now();
  const stronger = judgeSequential(trace, { ...limits, deadline: now + (limits.deadline - now) * shortcutShare });
  if (stronger === undefined) return undefined;
  if (trace.size <= windowSize) return search(trace, limits);
  if (limits.now() > limits.deadline) return 'time';
  const local = inWindows(trace, windowSize, part => cyclicAtOnce(part, limits), limits);
  return local ?? search(trace, limits);
};

const windowSize = 100;
/** Pairs of writes of one object that are kept at most. */
const mostPairs = 2_000_000;
/** How deep pairs may be tried one within the other. */
const deepest = 2000;

/** Only what saturation says, without trying pairs. */
const cyclicAtOnce = (trace: Trace, limits: Limits): Finding | undefined => {
  const known = saturateAll(trace, viewsOf(trace, limits) ?? [], writersByObject(trace), [], limits);
  return known === 'cyclic' ? wholly(trace) : undefined;
};

const wholly = (trace: Trace): Finding => ({ type: 'CyclicPC', steps: [], operations: Array.from({ length: trace.size }, (_, i) => i) });

/** A view: one session's operations and the writes of all others. */
interface View {
  readonly trace: Trace;
  /** Clocks by operation. */
  readonly clocks: Int32Array;
  readonly number: Int32Array;
  readonly own: number;
}

interface Pair {
  readonly before: number;
  readonly after: number;
}

const search = (trace: Trace, limits: Limits): Finding | 'time' | 'memory' | undefined => {
  const writesOf = writersByObject(trace);
  const pairs = writesOf.reduce((sum, { length }) => sum + (length * length) / 2, 0);
  if (outOfMemory(limits, 0, bytesOfViews(trace)) || pairs > mostPairs) return 'memory';
  const views = viewsOf(trace, limits);
  if (views === undefined) return 'time';
  const outcome = settle(trace, views, writesOf, [], limits);
  if (outcome === 'time' || outcome === undefined) return outcome;
  return wholly(trace);
};

/** What the views take, asked before they are made: each has its session's operations and the writes of all, with a clock for each. */
const bytesOfViews = ({ size, sessionCount, writes }: Trace): number => {
  let writers = 0;
  for (let i = 0; i < size; i++) if (writes.start[i + 1]! > writes.start[i]!) writers++;
  return (size + sessionCount * writers) * (sessionCount + 16) * 4;
};

/** Undefined: consistent. Depth first over the pairs that nothing orders. */
const settle = (
  trace: Trace,
  views: readonly View[],
  writesOf: readonly (readonly number[])[],
  pairs: readonly Pair[],
  limits: Limits,
  depth = 0,
): 'cyclic' | 'time' | undefined => {
  if (limits.now() > limits.deadline || depth > deepest) return 'time';
  const known = saturateAll(trace, views, writesOf, pairs, limits);
  if (typeof known === 'string') return known;
  const open = openPair(trace, views, writesOf, limits);
  if (open === undefined || open === 'time') return open;
  const first = settle(trace, views, writesOf, [...known, open], limits, depth + 1);
  if (first !== 'cyclic') return first;
  return settle(trace, views, writesOf, [...known, { before: open.after, after: open.before }], limits, depth + 1);
};

/** Undefined: out of time. */
const viewsOf = (trace: Trace, { now, deadline }: Limits): readonly View[] | undefined => {
  const views: View[] = [];
  for (let own = 0; own < trace.sessionCount; own++) {
    if (trace.sessions.start[own + 1]! === trace.sessions.start[own]!) continue;
    if (now() > deadline) return undefined;
    const seen = (i: number): boolean => trace.session[i] === own || trace.writes.start[i + 1]! > trace.writes.start[i]!;
    const operations = Int32Array.from(Array.from({ length: trace.size }, (_, i) => i).filter(seen));
    const number = new Int32Array(trace.size).fill(-1);
    const part = partOf(trace, operations, number, i => trace.session[i] === own);
    views.push({ trace: part, clocks: new Int32Array(part.size * part.sessionCount), number, own });
  }
  return views;
};

const writersByObject = ({ size, writes, objectCount }: Trace): readonly (readonly number[])[] => {
  const found: number[][] = Array.from({ length: objectCount }, () => []);
  for (let i = 0; i < size; i++) for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) found[writes.item[at]!]!.push(i);
  return found;
};

const isBefore = ({ clocks, trace: { sessionCount, session, place } }: View, a: number, b: number): boolean =>
  clocks[b * sessionCount + session[a]!]! > place[a]!;

/** Every pair of writes of one object that some view orders holds in all of them, until nothing is new. */
const saturateAll = (
  trace: Trace,
  views: readonly View[],
  writesOf: readonly (readonly number[])[],
  given: readonly Pair[],
  limits: Limits,
): readonly Pair[] | 'cyclic' | 'time' => {
  let pairs = [...given];
  const has = new Set(pairs.map(({ before, after }) => before * trace.size + after));
  for (let grown = true; grown; ) {
    grown = false;
    for (const view of views) {
      if (limits.now() > limits.deadline) return 'time';
      const ordered = order(view, pairs, limits);
      if (ordered !== true) return ordered === 'time' ? ordered : 'cyclic';
      const found = implied(trace, view, writesOf, limits);
      if (found === undefined) return 'time';
      const more = found.filter(({ before, after }) => !has.has(before * trace.size + after));
      for (const { before, after } of more) has.add(before * trace.size + after);
      if (more.length > 0) {
        pairs = [...pairs, ...more];
        grown = true;
      }
    }
  }
  return pairs;
};

/** Clocks of the view under these pairs and what follows for its own reads; false where they are cyclic. */
const order = (view: View, pairs: readonly Pair[], limits: Limits): boolean | 'time' => {
  const { trace, number, clocks } = view;
  const after: number[][] = Array.from({ length: trace.size }, () => []);
  const link = (a: number, b: number): void => {
    after[a]!.push(b);
  };
  for (let i = 0; i < trace.size; i++) {
    if (trace.place[i]! > 0) link(trace.sessions.item[trace.sessions.start[trace.session[i]!]! + trace.place[i]! - 1]!, i);
    for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++)
      if (trace.from[slot] !== fromStart) link(trace.from[slot]!, i);
  }
  const overwriters = new Map<number, number[]>();
  for (const [i, pair] of pairs.entries()) {
    if ((i & 4095) === 4095 && limits.now() > limits.deadline) return 'time';
    const [a, b] = [number[pair.before]!, number[pair.after]!];
    link(a, b);
    const after = overwriters.get(a);
    if (after === undefined) overwriters.set(a, [b]);
    else after.push(b);
  }
  for (let i = 0; i < trace.size; i++) {
    if ((i & 15) === 15 && limits.now() > limits.deadline) return 'time';
    for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++)
      for (const b of overwritersOf(trace, overwriters, trace.from[slot]!, trace.reads.item[slot]!)) if (b !== i) link(i, b);
  }
  return sortInto(trace, after, clocks, limits);
};

/** Writes of the object that are known to come after the one that was read. */
const overwritersOf = (trace: Trace, overwriters: ReadonlyMap<number, readonly number[]>, source: number, object: number): number[] => {
  const writes = (i: number): boolean => {
    for (let at = trace.writes.start[i]!; at < trace.writes.start[i + 1]!; at++) if (trace.writes.item[at] === object) return true;
    return false;
  };
  if (source === fromStart) return Array.from({ length: trace.size }, (_, i) => i).filter(writes);
  return (overwriters.get(source) ?? []).filter(writes);
};

const sortInto = (trace: Trace, after: readonly (readonly number[])[], clocks: Int32Array, { now, deadline }: Limits): boolean | 'time' => {
  const { size, sessionCount: k, session, place } = trace;
  const waits = new Int32Array(size);
  for (const list of after) for (const i of list) waits[i]!++;
  const free = Array.from(waits.keys()).filter(i => waits[i] === 0);
  clocks.fill(0);
  let left = size;
  for (let i = free.pop(); i !== undefined; i = free.pop()) {
    if ((--left & 255) === 0 && now() > deadline) return 'time';
    clocks[i * k + session[i]!] = place[i]! + 1;
    for (const j of after[i]!) {
      for (let s = 0; s < k; s++) clocks[j * k + s] = Math.max(clocks[j * k + s]!, clocks[i * k + s]!);
      if (--waits[j]! === 0) free.push(j);
    }
  }
  return left === 0;
};

/** Pairs of writes of one object that the view orders, and those that its own reads force. */
const implied = (
  trace: Trace,
  view: View,
  writesOf: readonly (readonly number[])[],
  { now, deadline }: Limits,
): readonly Pair[] | undefined => {
  const { number, trace: part } = view;
  const found: Pair[] = [];
  for (const writers of writesOf)
    for (const a of writers) {
      if (writers.length > 100 && now() > deadline) return undefined;
      for (const b of writers) if (a !== b && isBefore(view, number[a]!, number[b]!)) found.push({ before: a, after: b });
    }
  for (let i = 0; i < trace.size; i++) {
    if (trace.session[i] !== view.own) continue;
    if ((i & 15) === 15 && now() > deadline) return undefined;
    for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++) {
      const source = trace.from[slot]!;
      if (source === fromStart) continue;
      for (const w of writesOf[trace.reads.item[slot]!]!)
        if (w !== source && w !== i && isBefore(view, number[w]!, number[i]!)) found.push({ before: w, after: source });
    }
  }
  return part.size === 0 ? [] : found;
};

/** Two writes of an object that nothing orders yet, the one that was called first first. */
const openPair = (
  trace: Trace,
  views: readonly View[],
  writesOf: readonly (readonly number[])[],
  { now, deadline }: Limits,
): Pair | 'time' | undefined => {
  for (const writers of writesOf)
    for (const [at, a] of writers.entries()) {
      if (now() > deadline) return 'time';
      for (const b of writers.slice(at + 1))
        if (views.every(view => !isBefore(view, view.number[a]!, view.number[b]!) && !isBefore(view, view.number[b]!, view.number[a]!)))
          return trace.origin[a]! < trace.origin[b]! ? { before: a, after: b } : { before: b, after: a };
    }
  return undefined;
};
