/**
 * Causal order: the least order that holds program order and takes every write before its reads. As a clock per operation: how many
 * operations of each session are in its past, itself included. O(n·k) time and memory for k sessions.
 */
import type { Step } from './finding.ts';
import { fromStart, type Trace } from './trace.ts';

export interface CausalOrder {
  readonly clocks: Int32Array;
  /** Operations so that everything comes after its past. */
  readonly sorted: Int32Array;
}

/** The clocks, or the operations that lie on cycles or behind one. */
export const causalOrder = (trace: Trace): CausalOrder | { readonly stuck: readonly number[] } => {
  const { size, sessionCount: k, session, place, sessions, reads, from } = trace;
  const clocks = new Int32Array(size * k);
  const sorted = new Int32Array(size);
  const waits = new Int32Array(size);
  const readersOf = readersByWriter(trace);
  for (let i = 0; i < size; i++) {
    if (place[i]! > 0) waits[i]!++;
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (from[slot] !== fromStart) waits[i]!++;
  }
  let end = 0;
  for (let i = 0; i < size; i++) if (waits[i] === 0) sorted[end++] = i;
  for (let at = 0; at < end; at++) {
    const i = sorted[at]!;
    const s = session[i]!;
    const here = i * k;
    clocks[here + s] = place[i]! + 1;
    const next = sessions.item[sessions.start[s]! + place[i]! + 1];
    const follows = sessions.start[s]! + place[i]! + 1 < sessions.start[s + 1]!;
    if (follows) {
      raise(clocks, next! * k, here, k);
      if (--waits[next!]! === 0) sorted[end++] = next!;
    }
    for (let r = readersOf.start[i]!; r < readersOf.start[i + 1]!; r++) {
      const reader = readersOf.item[r]!;
      raise(clocks, reader * k, here, k);
      if (--waits[reader]! === 0) sorted[end++] = reader;
    }
  }
  if (end < size) return { stuck: Array.from(waits.keys()).filter(i => waits[i]! > 0) };
  return { clocks, sorted };
};

const raise = (clocks: Int32Array, to: number, from: number, k: number): void => {
  for (let s = 0; s < k; s++) if (clocks[from + s]! > clocks[to + s]!) clocks[to + s] = clocks[from + s]!;
};

/** Readers by writer, one entry for each read. */
export const readersByWriter = ({ size, reads, from }: Trace): { start: Int32Array; item: Int32Array } => {
  const start = new Int32Array(size + 1);
  for (const writer of from) if (writer !== fromStart) start[writer + 1]!++;
  for (let i = 0; i < size; i++) start[i + 1]! += start[i]!;
  const fill = start.slice();
  const item = new Int32Array(start[size]!);
  for (let i = 0; i < size; i++)
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (from[slot] !== fromStart) item[fill[from[slot]!]!++] = i;
  return { start, item };
};

/** The writers of each object by session, in program order. */
export interface WriterIndex {
  /** By object: its groups. A group is one session's writers of it. */
  readonly groups: Int32Array;
  readonly groupSession: Int32Array;
  /** By group: its writers. */
  readonly start: Int32Array;
  readonly writer: Int32Array;
}

/** O(n + objects). */
export const indexWriters = ({ writes, sessions, session, objectCount }: Trace): WriterIndex => {
  const objectStart = new Int32Array(objectCount + 1);
  for (const object of writes.item) objectStart[object + 1]!++;
  for (let object = 0; object < objectCount; object++) objectStart[object + 1]! += objectStart[object]!;
  const fill = objectStart.slice();
  const writer = new Int32Array(writes.item.length);
  for (const i of sessions.item) for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) writer[fill[writes.item[at]!]!++] = i;
  const groups = new Int32Array(objectCount + 1);
  const groupSession: number[] = [];
  const start: number[] = [];
  for (let object = 0; object < objectCount; object++) {
    for (let at = objectStart[object]!; at < objectStart[object + 1]!; at++) {
      const s = session[writer[at]!]!;
      if (at > objectStart[object]! && s === session[writer[at - 1]!]) continue;
      start.push(at);
      groupSession.push(s);
    }
    groups[object + 1] = start.length;
  }
  start.push(writer.length);
  return { groups, groupSession: Int32Array.from(groupSession), start: Int32Array.from(start), writer };
};

/** The last writer in the group among the first `count` operations of its session, or -1. */
export const lastWriterWithin = ({ start, writer }: WriterIndex, place: Int32Array, group: number, count: number): number => {
  let [low, high] = [start[group]!, start[group + 1]!];
  const first = low;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place[writer[middle]!]! < count) low = middle + 1;
    else high = middle;
  }
  return low === first ? -1 : writer[low - 1]!;
};

/** Shortest path by program order and reads, with runs of one session as one step. Undefined if there is none. */
export const causalPath = (trace: Trace, from: number, to: number): readonly Step[] | undefined => {
  const { size, session, place, sessions, reads, from: source } = trace;
  const via = new Int32Array(size).fill(-1);
  const queue = [to];
  via[to] = to;
  for (let at = 0; at < queue.length && via[from] === -1; at++) {
    const i = queue[at]!;
    const visit = (before: number): void => {
      if (via[before] !== -1) return;
      via[before] = i;
      queue.push(before);
    };
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (source[slot] !== fromStart) visit(source[slot]!);
    if (place[i]! > 0) visit(sessions.item[sessions.start[session[i]!]! + place[i]! - 1]!);
  }
  if (from === to) return cycleThrough(trace, from);
  if (via[from] === -1) return undefined;
  const steps: Step[] = [];
  for (let i = from; i !== to; i = via[i]!) steps.push(stepBetween(trace, i, via[i]!));
  return joined(trace, steps);
};

const cycleThrough = (trace: Trace, operation: number): readonly Step[] | undefined => {
  const { reads, from, place, sessions, session } = trace;
  const before: number[] = [];
  for (let slot = reads.start[operation]!; slot < reads.start[operation + 1]!; slot++)
    if (from[slot] !== fromStart) before.push(from[slot]!);
  if (place[operation]! > 0) before.push(sessions.item[sessions.start[session[operation]!]! + place[operation]! - 1]!);
  let best: readonly Step[] | undefined;
  for (const last of before) {
    const path = last === operation ? [] : causalPath(trace, operation, last);
    if (path === undefined) continue;
    const whole = joined(trace, [...path, stepBetween(trace, last, operation)]);
    if (best === undefined || whole.length < best.length) best = whole;
  }
  return best;
};

const stepBetween = ({ reads, from, session, place }: Trace, before: number, after: number): Step => {
  if (session[before] === session[after] && place[before]! < place[after]!) return { from: before, to: after, why: 'session' };
  let object = -1;
  for (let slot = reads.start[after]!; slot < reads.start[after + 1]!; slot++) if (from[slot] === before) object = reads.item[slot]!;
  return { from: before, to: after, why: 'read', object };
};

/** Steps within one session, one after the other, are one. */
export const joined = ({ session }: Trace, steps: readonly Step[]): readonly Step[] => {
  const result: Step[] = [];
  for (const step of steps) {
    const last = result.at(-1);
    const both = last?.why === 'session' && step.why === 'session' && session[last.from] === session[step.from];
    if (both) result[result.length - 1] = { from: last.from, to: step.to, why: 'session' };
    else result.push(step);
  }
  return result;
};

/** Every operation of the steps, once. */
export const operationsOf = (steps: readonly Step[]): readonly number[] => [
  ...new Set(steps.flatMap(({ from, to, reader }) => (reader === undefined ? [from, to] : [from, to, reader]))),
];
