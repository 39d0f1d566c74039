/**
 * What one session can have seen, in which order: an order of operations in which some reads, the obliged ones, each find the write they
 * read from as the last one of its object. Built by saturation: a write that comes before an obliged read comes before the write that
 * was read, until nothing is added or there is a cycle. Where the obliged reads are all of one session that is complete (Bouajjani et al.,
 * POPL 2017, lemma on CM; Wei et al., "Verifying pipelined-RAM consistency over read/write traces of data replicas", TPDS 2016): the
 * operations before the first read, then that read, then what else is before the second, and so on, is such an order.
 *
 * A round is O(n·k + reads·k·log n) for n operations of k sessions; there are as many rounds as implications chain, usually two or three.
 */
import { outOfMemory } from '../limits.ts';
import type { Finding, Limits, Step } from './finding.ts';
import { indexWriters, joined, lastWriterWithin, operationsOf, readersByWriter, type WriterIndex } from './order.ts';
import { fromStart, type Trace } from './trace.ts';

export interface ViewOptions {
  /** Whether the operation's reads must be explained. */
  readonly obliged: (operation: number) => boolean;
  /** Also: whoever read a write comes before every write that overwrites it. Needed where several sessions' reads are obliged. */
  readonly overwrites?: boolean;
  readonly names: { readonly cycle: string; readonly init: string; readonly plain: string };
}

/** Clocks of the saturated order, as in `order.ts`. */
export interface Saturated {
  readonly clocks: Int32Array;
}

interface Edges {
  readonly from: number[];
  readonly to: number[];
  /** The read that says so. */
  readonly slot: number[];
  readonly reader: number[];
  readonly why: ('overwritten' | 'overwrites')[];
  /** How many edges there were when this one was found: those that it rests on. */
  readonly rests: number[];
  readonly head: Int32Array;
  readonly next: number[];
}

export const saturate = (trace: Trace, options: ViewOptions, limits: Limits): Finding | 'time' | 'memory' | Saturated => {
  const { size, sessionCount: k } = trace;
  const clockBytes = size * k * 4;
  if (clockBytes > notable && outOfMemory(limits, 0, clockBytes)) return 'memory';
  const edges: Edges = { from: [], to: [], slot: [], reader: [], why: [], rests: [], head: new Int32Array(size).fill(-1), next: [] };
  const index = indexWriters(trace);
  const readers = readersByWriter(trace);
  const clocks = new Int32Array(size * k);
  for (let again = false; ; again = true) {
    if (again && !cleared(clocks, limits)) return 'time';
    const stuck = orderBy(trace, edges, readers, clocks, limits);
    if (stuck === 'time') return stuck;
    if (stuck !== undefined) return cyclic(trace, edges, readers, stuck, options, limits);
    const rests = edges.from.length;
    const found = imply(trace, index, edges, clocks, options, rests, limits);
    if (typeof found === 'string') return found;
    if (found !== undefined) return initialRead(trace, edges, readers, found, options, limits);
    if (edges.from.length === rests) return { clocks };
    if (limits.now() > limits.deadline) return 'time';
  }
};

/** All to zero, a few milliseconds' worth at a time. */
const cleared = (clocks: Int32Array, { now, deadline }: Limits): boolean => {
  for (let from = 0; from < clocks.length; from += clearedAtOnce) {
    if (now() > deadline) return false;
    clocks.fill(0, from, from + clearedAtOnce);
  }
  return true;
};

/** What takes less is not asked for. */
const notable = 1 << 20;

const clearedAtOnce = 1 << 22;

/** Numbers that are looked at between looks at the clock. */
const workBetweenLooks = 1 << 18;

/** What an edge takes in `Edges`. */
const edgeBytes = 64;

/** Clocks from zero, or what lies on cycles and behind them. */
const orderBy = (
  { size, sessionCount: k, session, place, sessions, from, reads }: Trace,
  edges: Edges,
  readers: ReturnType<typeof readersByWriter>,
  clocks: Int32Array,
  { now, deadline }: Limits,
): Int32Array | 'time' | undefined => {
  const waits = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    if (place[i]! > 0) waits[i]!++;
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (from[slot] !== fromStart) waits[i]!++;
  }
  for (const to of edges.to) waits[to]!++;
  const free: number[] = [];
  for (let i = size - 1; i >= 0; i--) if (waits[i] === 0) free.push(i);
  let left = size;
  let work = 0;
  const reach = (from: number, to: number): void => {
    const [a, b] = [from * k, to * k];
    work += k;
    for (let s = 0; s < k; s++) if (clocks[a + s]! > clocks[b + s]!) clocks[b + s] = clocks[a + s]!;
    if (--waits[to]! === 0) free.push(to);
  };
  for (let i = free.pop(); i !== undefined; i = free.pop()) {
    left--;
    if (++work > workBetweenLooks) {
      work = 0;
      if (now() > deadline) return 'time';
    }
    const s = session[i]!;
    clocks[i * k + s] = place[i]! + 1;
    const at = sessions.start[s]! + place[i]! + 1;
    if (at < sessions.start[s + 1]!) reach(i, sessions.item[at]!);
    for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) reach(i, readers.item[r]!);
    for (let edge = edges.head[i]!; edge >= 0; edge = edges.next[edge]!) reach(i, edges.to[edge]!);
  }
  return left === 0 ? undefined : waits;
};

/** Adds all edges that the clocks imply; returns a read of the initial value that comes after a write, if there is one. */
const imply = (
  trace: Trace,
  index: WriterIndex,
  edges: Edges,
  clocks: Int32Array,
  options: ViewOptions,
  rests: number,
  limits: Limits,
): { slot: number; reader: number; write: number } | 'time' | 'memory' | undefined => {
  const { size, sessionCount: k, reads, from, session, place } = trace;
  const before = (a: number, b: number): boolean => clocks[b * k + session[a]!]! > place[a]!;
  const add = (a: number, b: number, slot: number, reader: number, why: 'overwritten' | 'overwrites'): void => {
    const last = edges.head[a]!;
    if (last >= rests && edges.to[last] === b) return;
    edges.head[a] = edges.from.push(a) - 1;
    edges.next.push(last);
    edges.to.push(b);
    edges.slot.push(slot);
    edges.reader.push(reader);
    edges.why.push(why);
    edges.rests.push(rests);
  };
  let work = 0;
  for (let i = 0; i < size; i++) {
    if (!options.obliged(i)) continue;
    // A group costs a few searches in it, hence the shift.
    if (++work > workBetweenLooks >> 5) {
      work = 0;
      if (limits.now() > limits.deadline) return 'time';
      if (outOfMemory(limits, clocks.byteLength + edges.from.length * edgeBytes)) return 'memory';
    }
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const [source, object] = [from[slot]!, reads.item[slot]!];
      work += index.groups[object + 1]! - index.groups[object]!;
      for (let group = index.groups[object]!; group < index.groups[object + 1]!; group++) {
        const s = index.groupSession[group]!;
        const last = lastWriterWithin(index, place, group, s === session[i] ? place[i]! : clocks[i * k + s]!);
        if (last >= 0 && last !== source) {
          if (source === fromStart) return { slot, reader: i, write: last };
          if (!before(last, source)) add(last, source, slot, i, 'overwritten');
        }
        if (options.overwrites !== true) continue;
        const first = firstAfter(index, group, i, writer => source === fromStart || (writer !== source && before(source, writer)));
        if (first >= 0 && !before(i, first)) add(i, first, slot, i, 'overwrites');
      }
    }
  }
  return undefined;
};

/** The first writer in the group that overwrites what was read, other than the reader itself; once one does, all later ones do. */
const firstAfter = ({ start, writer }: WriterIndex, group: number, reader: number, after: (writer: number) => boolean): number => {
  let [low, high] = [start[group]!, start[group + 1]!];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after(writer[middle]!)) high = middle;
    else low = middle + 1;
  }
  if (low < start[group + 1]! && writer[low] === reader) low++;
  return low < start[group + 1]! ? writer[low]! : -1;
};

type Readers = ReturnType<typeof readersByWriter>;

/** Shortest way by program order, reads, and the first `rests` edges. */
const pathBy = (trace: Trace, edges: Edges, readers: Readers, rests: number, from: number, to: number): readonly Step[] | undefined => {
  const via = new Int32Array(trace.size).fill(-1);
  const edgeTo = new Int32Array(trace.size).fill(-1);
  const queue = [from];
  let met = false;
  const visit = (i: number, next: number, edge: number): void => {
    if (next === to && !met) {
      met = true;
      via[to] = i;
      edgeTo[to] = edge;
    }
    if (via[next] !== -1 || next === from) return;
    via[next] = i;
    edgeTo[next] = edge;
    queue.push(next);
  };
  for (let at = 0; at < queue.length && !met; at++) {
    const i = queue[at]!;
    const s = trace.session[i]!;
    for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) visit(i, readers.item[r]!, -1);
    for (let edge = edges.head[i]!; edge >= 0; edge = edges.next[edge]!) if (edge < rests) visit(i, edges.to[edge]!, edge);
    const next = trace.sessions.start[s]! + trace.place[i]! + 1;
    if (next < trace.sessions.start[s + 1]!) visit(i, trace.sessions.item[next]!, -1);
  }
  if (!met) return undefined;
  const steps: Step[] = [];
  for (let i = to, first = true; first || i !== from; first = false) {
    steps.unshift(stepOf(trace, edges, via[i]!, i, edgeTo[i]!));
    i = via[i]!;
  }
  return joined(trace, steps);
};

const stepOf = (trace: Trace, edges: Edges, from: number, to: number, edge: number): Step => {
  if (edge >= 0) return { from, to, why: edges.why[edge]!, reader: edges.reader[edge]!, object: trace.reads.item[edges.slot[edge]!]! };
  if (trace.session[from] === trace.session[to] && trace.place[from]! < trace.place[to]!) return { from, to, why: 'session' };
  for (let slot = trace.reads.start[to]!; slot < trace.reads.start[to + 1]!; slot++)
    if (trace.from[slot] === from) return { from, to, why: 'read', object: trace.reads.item[slot]! };
  return { from, to, why: 'session' };
};

/** The operations on the steps and on everything that the steps rest on; all there are if time runs out. */
const groundsOf = (trace: Trace, edges: Edges, readers: Readers, steps: readonly Step[], { now, deadline }: Limits): readonly number[] => {
  const found = new Set(operationsOf(steps));
  const justified = new Set<number>();
  const waiting: Step[] = [...steps];
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    if (step.why !== 'overwritten' && step.why !== 'overwrites') continue;
    let edge = edges.head[step.from]!;
    while (edge >= 0 && (edges.to[edge] !== step.to || edges.reader[edge] !== step.reader)) edge = edges.next[edge]!;
    if (edge < 0 || justified.has(edge)) continue;
    justified.add(edge);
    if (now() > deadline) return Array.from({ length: trace.size }, (_, i) => i);
    const source = trace.from[edges.slot[edge]!]!;
    if (source !== fromStart) found.add(source);
    if (step.why === 'overwrites' && source === fromStart) continue;
    const [a, b] = step.why === 'overwritten' ? [step.from, step.reader!] : [source, step.to];
    const reason = pathBy(trace, edges, readers, edges.rests[edge]!, a, b) ?? [];
    for (const operation of operationsOf(reason)) found.add(operation);
    waiting.push(...reason);
  }
  return [...found];
};

const tries = 24;

const cyclic = (trace: Trace, edges: Edges, readers: Readers, waits: Int32Array, { names }: ViewOptions, limits: Limits): Finding => {
  const all = edges.from.length;
  let best: readonly Step[] | undefined;
  const newest = edges.from.map((_, i) => edges.from[all - 1 - i]!).filter(i => waits[i]! > 0);
  const candidates = newest.length > 0 ? newest : Array.from(waits.keys()).filter(i => waits[i]! > 0);
  let tried = 0;
  for (const i of new Set(candidates)) {
    if (limits.now() > limits.deadline) break;
    const steps = pathBy(trace, edges, readers, all, i, i);
    if (steps === undefined) continue;
    if (best === undefined || steps.length < best.length) best = steps;
    if (++tried >= tries) break;
  }
  if (best === undefined) {
    const i = onCycle(trace, edges, waits);
    best = pathBy(trace, edges, readers, all, i, i)!;
  }
  const plain = best.every(({ why }) => why === 'session' || why === 'read');
  return { type: plain ? names.plain : names.cycle, steps: best, operations: groundsOf(trace, edges, readers, best, limits) };
};

/** Back from what waits to what waits before it, until one comes again. */
const onCycle = ({ size, session, place, sessions, reads, from }: Trace, edges: Edges, waits: Int32Array): number => {
  const before = new Int32Array(size);
  const note = (a: number, b: number): void => {
    if (waits[a]! > 0) before[b] = a;
  };
  for (let i = 0; i < size; i++) {
    if (place[i]! > 0) note(sessions.item[sessions.start[session[i]!]! + place[i]! - 1]!, i);
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (from[slot] !== fromStart) note(from[slot]!, i);
  }
  for (let edge = 0; edge < edges.to.length; edge++) note(edges.from[edge]!, edges.to[edge]!);
  const met = new Uint8Array(size);
  let i = waits.findIndex(count => count > 0);
  for (; met[i] === 0; i = before[i]!) met[i] = 1;
  return i;
};

const initialRead = (
  trace: Trace,
  edges: Edges,
  readers: Readers,
  { slot, reader, write }: { slot: number; reader: number; write: number },
  { names }: ViewOptions,
  limits: Limits,
): Finding => {
  const steps = pathBy(trace, edges, readers, edges.from.length, write, reader)!;
  return {
    type: names.init,
    steps,
    read: { operation: reader, object: trace.reads.item[slot]!, from: fromStart },
    operations: groundsOf(trace, edges, readers, steps, limits),
  };
};
