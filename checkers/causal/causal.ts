/**
 * Weak causal consistency (CC): each read can be explained by some order of what causally precedes it.
 *
 * With every read traced to its write that fails exactly by one of these bad patterns: `CyclicCO`, `WriteCOInitRead`, `WriteCORead`; for
 * operations that read several objects at once also `CyclicRead`, where no one order of their past explains all of their reads.
 * A read looks at the writes that came between it and what it read: about n·c·log n time for c sessions that go on at a time.
 * Source: Bouajjani, Enea, Guerraoui & Hamza, "On verifying causal consistency", POPL 2017.
 */
import type { Finding, Judge, Judgement, Limits, Step } from '../read-write/finding.ts';
import {
  type Between,
  between,
  type CausalOrder,
  causalOrder,
  causalPath,
  indexWriters,
  operationsOf,
  reaches,
} from '../read-write/order.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';

export const judgeCausal: Judge = (trace, limits) => {
  const order = causalOrder(trace, limits);
  return typeof order === 'string' ? order : judgeOrdered(trace, order, limits);
};

/** The same where the causal order is known. */
export const judgeOrdered = (trace: Trace, order: CausalOrder | { readonly stuck: readonly number[] }, limits: Limits): Judgement =>
  'stuck' in order ? cyclic(trace, order.stuck, limits) : judgeReads(trace, order, limits);

const judgeReads = (trace: Trace, order: CausalOrder, { now, deadline }: Limits): Judgement => {
  const { reads, from } = trace;
  const newer = between(trace, order, indexWriters(trace));
  const looks = looksOf(trace);
  for (let at = 0; at < trace.size; at++) {
    const i = trace.sessions.item[at]!;
    if ((at & 15) === 15 && now() > deadline) return 'time';
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const [object, source] = [reads.item[slot]!, from[slot]!];
      const before = looks.previous(i, object);
      // What overwrites the source, and was seen by then, was seen to be a fault by then, or the source itself had been seen.
      const known = before >= 0 && (looks.version(object) === source || (source !== fromStart && !reaches(trace, order, source, before)));
      const found = overwriter(trace, order, newer, i, slot, known ? before : source);
      if (found >= 0) return badRead(trace, i, slot, found);
    }
    if (reads.start[i + 1]! - reads.start[i]! > 1) {
      const found = tornRead(trace, order, newer, i);
      if (found !== undefined) return found;
    }
    looks.record(i);
  }
  return undefined;
};

/** For walks over sessions, one after the other: each session's last read or write of each object. */
export interface Looks {
  /** The operation, or -1. */
  previous(operation: number, object: number): number;
  /** Which write that one had left there, or `fromStart`. */
  version(object: number): number;
  record(operation: number): void;
}

export const looksOf = ({ session, reads, writes, from, objectCount }: Trace): Looks => {
  const [last, held] = [new Int32Array(objectCount), new Int32Array(objectCount)];
  const by = new Int32Array(objectCount).fill(-1);
  const note = (operation: number, object: number, version: number): void => {
    by[object] = session[operation]!;
    last[object] = operation;
    held[object] = version;
  };
  return {
    previous: (operation, object) => (by[object] === session[operation] ? last[object]! : -1),
    version: object => held[object]!,
    record: i => {
      for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) note(i, reads.item[slot]!, from[slot]!);
      for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) note(i, writes.item[at]!, i);
    },
  };
};

/** A write that is causally between the read and what it read, or -1. `since`: nothing up to there is. */
export const overwriter = (trace: Trace, order: CausalOrder, newer: Between, operation: number, slot: number, since: number): number => {
  const source = trace.from[slot]!;
  const count = newer.find(operation, trace.reads.item[slot]!, since);
  for (let at = 0; at < count; at++) {
    const write = newer.writer[at]!;
    if (write !== source && (source === fromStart || reaches(trace, order, source, write))) return write;
  }
  return -1;
};

const cyclic = (trace: Trace, stuck: readonly number[], { now, deadline }: Limits): Finding => {
  let best: readonly Step[] | undefined;
  for (const operation of [onCycle(trace, stuck), ...stuck.slice(0, 64)]) {
    const steps = causalPath(trace, operation, operation);
    if (steps !== undefined && (best === undefined || steps.length < best.length)) best = steps;
    if (best !== undefined && (best.length <= 2 || now() > deadline)) break;
  }
  if (best === undefined) throw new Error('what is stuck lies on no cycle and behind none');
  return { type: 'CyclicCO', steps: best, operations: operationsOf(best) };
};

/** Back from what is stuck to what is stuck before it, until one comes again. */
const onCycle = ({ size, session, place, sessions, reads, from }: Trace, stuck: readonly number[]): number => {
  const [isStuck, met] = [new Uint8Array(size), new Uint8Array(size)];
  for (const i of stuck) isStuck[i] = 1;
  const before = (i: number): number => {
    const own = place[i]! > 0 ? sessions.item[sessions.start[session[i]!]! + place[i]! - 1]! : -1;
    if (own >= 0 && isStuck[own] === 1) return own;
    let slot = reads.start[i]!;
    while (from[slot] === fromStart || isStuck[from[slot]!] === 0) slot++;
    return from[slot]!;
  };
  let i = stuck[0]!;
  for (; met[i] === 0; i = before(i)) met[i] = 1;
  return i;
};

const badRead = (trace: Trace, operation: number, slot: number, between: number): Finding => {
  const [source, object] = [trace.from[slot]!, trace.reads.item[slot]!];
  const after = causalPath(trace, between, operation)!;
  const steps = source === fromStart ? after : [...causalPath(trace, source, between)!, ...after];
  return {
    type: source === fromStart ? 'WriteCOInitRead' : 'WriteCORead',
    steps,
    read: { operation, object, from: source },
    operations: operationsOf(steps),
  };
};

/** Several reads of one operation: must one write come before another and the other before the one? */
const tornRead = (trace: Trace, order: CausalOrder, newer: Between, operation: number): Finding | undefined => {
  const { reads, from } = trace;
  const slots = Array.from({ length: reads.start[operation + 1]! - reads.start[operation]! }, (_, i) => reads.start[operation]! + i).filter(
    slot => from[slot] !== fromStart,
  );
  /** What `a` read from must come before what `b` read from: by a write of b's object that is not before a's. */
  const forced = (a: number, b: number): number => {
    const count = newer.find(operation, reads.item[b]!, from[a]!);
    for (let at = 0; at < count; at++) {
      const last = newer.writer[at]!;
      if (last !== from[b] && reaches(trace, order, from[a]!, last)) return last;
    }
    return -1;
  };
  const before = (a: number, b: number): boolean => from[a] !== from[b] && (reaches(trace, order, from[a]!, from[b]!) || forced(a, b) >= 0);
  const cycle = shortCycle(slots, before);
  if (cycle === undefined) return undefined;
  const steps = cycle.flatMap((a, at): readonly Step[] => {
    const b = cycle[(at + 1) % cycle.length]!;
    if (reaches(trace, order, from[a]!, from[b]!)) return causalPath(trace, from[a]!, from[b]!)!;
    const write = forced(a, b);
    const start = write === from[a] ? [] : causalPath(trace, from[a]!, write)!;
    return [...start, { from: write, to: from[b]!, why: 'overwritten', reader: operation, object: reads.item[b]! }];
  });
  const reasons = steps.flatMap(({ from: write, why }) => (why === 'overwritten' ? causalPath(trace, write, operation)! : []));
  return { type: 'CyclicRead', steps, operations: operationsOf([...steps, ...reasons]) };
};

/** A cycle of the relation among a few items. */
const shortCycle = (items: readonly number[], before: (a: number, b: number) => boolean): readonly number[] | undefined => {
  const edges = new Map(items.map(a => [a, items.filter(b => b !== a && before(a, b))]));
  for (const start of items) {
    const via = new Map<number, number>();
    const queue = [start];
    for (const a of queue)
      for (const b of edges.get(a)!) {
        if (b === start) {
          const cycle = [a];
          for (let at = a; at !== start; ) {
            at = via.get(at)!;
            cycle.unshift(at);
          }
          return cycle;
        }
        if (via.has(b)) continue;
        via.set(b, a);
        queue.push(b);
      }
  }
  return undefined;
};
