/**
 * Weak causal consistency (CC): each read can be explained by some order of what causally precedes it.
 *
 * With every read traced to its write that fails exactly by one of these bad patterns: `CyclicCO`, `WriteCOInitRead`, `WriteCORead`; for
 * operations that read several objects at once also `CyclicRead`, where no one order of their past explains all of their reads.
 * O(n·k·log n) time, O(n·k) memory for k sessions.
 * Source: Bouajjani, Enea, Guerraoui & Hamza, "On verifying causal consistency", POPL 2017.
 */
import type { Finding, Judge, Judgement, Step } from '../read-write/finding.ts';
import {
  type CausalOrder,
  causalOrder,
  causalPath,
  indexWriters,
  lastWriterWithin,
  operationsOf,
  type WriterIndex,
} from '../read-write/order.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';

export const judgeCausal: Judge = (trace, limits) => {
  if (trace.size * trace.sessionCount * 4 > limits.memoryBytes) return 'memory';
  const order = causalOrder(trace);
  if ('stuck' in order) return cyclic(trace, order.stuck);
  return judgeReads(trace, order, limits);
};

const judgeReads = (trace: Trace, order: CausalOrder, { now, deadline }: Parameters<Judge>[1]): Judgement => {
  const index = indexWriters(trace);
  for (let i = 0; i < trace.size; i++) {
    if ((i & 1023) === 1023 && now() > deadline) return 'time';
    for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++) {
      const between = overwriter(trace, order, index, i, slot);
      if (between >= 0) return badRead(trace, i, slot, between);
    }
    if (trace.reads.start[i + 1]! - trace.reads.start[i]! > 1) {
      const found = tornRead(trace, order, index, i);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

/** Whether `a` is `b` or causally before it. */
export const reaches = ({ session, place, sessionCount }: Trace, { clocks }: CausalOrder, a: number, b: number): boolean =>
  clocks[b * sessionCount + session[a]!]! > place[a]!;

/** The last writer of the object in that group that is causally before the operation, or -1. */
export const lastBefore = (
  { session, place, sessionCount }: Trace,
  { clocks }: CausalOrder,
  index: WriterIndex,
  group: number,
  operation: number,
): number => {
  const s = index.groupSession[group]!;
  const count = s === session[operation] ? place[operation]! : clocks[operation * sessionCount + s]!;
  return lastWriterWithin(index, place, group, count);
};

/** A write that is causally between the read and what it read, or -1. */
export const overwriter = (trace: Trace, order: CausalOrder, index: WriterIndex, operation: number, slot: number): number => {
  const source = trace.from[slot]!;
  const object = trace.reads.item[slot]!;
  for (let group = index.groups[object]!; group < index.groups[object + 1]!; group++) {
    const last = lastBefore(trace, order, index, group, operation);
    if (last >= 0 && last !== source && (source === fromStart || reaches(trace, order, source, last))) return last;
  }
  return -1;
};

const cyclic = (trace: Trace, stuck: readonly number[]): Finding => {
  let best: readonly Step[] | undefined;
  for (const operation of stuck.slice(0, 64)) {
    const steps = causalPath(trace, operation, operation);
    if (steps !== undefined && (best === undefined || steps.length < best.length)) best = steps;
    if (best !== undefined && best.length <= 2) break;
  }
  best ??= stuck.map(i => causalPath(trace, i, i)).find(steps => steps !== undefined)!;
  return { type: 'CyclicCO', steps: best, operations: operationsOf(best) };
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
const tornRead = (trace: Trace, order: CausalOrder, index: WriterIndex, operation: number): Finding | undefined => {
  const { reads, from } = trace;
  const slots = Array.from({ length: reads.start[operation + 1]! - reads.start[operation]! }, (_, i) => reads.start[operation]! + i).filter(
    slot => from[slot] !== fromStart,
  );
  /** What `a` read from must come before what `b` read from: by a write of b's object that is not before a's. */
  const forced = (a: number, b: number): number => {
    const object = reads.item[b]!;
    for (let group = index.groups[object]!; group < index.groups[object + 1]!; group++) {
      const last = lastBefore(trace, order, index, group, operation);
      if (last >= 0 && last !== from[b] && reaches(trace, order, from[a]!, last)) return last;
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
