/**
 * Causal convergence (CCv): causal, and all sessions agree on one order of conflicting writes.
 *
 * With every read traced to its write that fails exactly by `CyclicCO`, `WriteCOInitRead`, or `CyclicCF`: a cycle of causal order and of
 * conflicts, where a write that causally precedes a read of another write of the same object comes before that write.
 * Costs what weak causal consistency does, and a conflict for every write that a read passes over.
 * Source: Bouajjani, Enea, Guerraoui & Hamza, POPL 2017.
 */
import type { Finding, Judge, Limits, Step } from '../read-write/finding.ts';
import {
  between,
  type CausalOrder,
  causalOrder,
  causalPath,
  indexWriters,
  joined,
  operationsOf,
  reaches,
  readersByWriter,
} from '../read-write/order.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';
import { inWindows } from '../read-write/windows.ts';
import { judgeOrdered, looksOf } from './causal.ts';

export const judgeConvergence: Judge = (trace, limits) => {
  const order = causalOrder(trace, limits);
  if (typeof order === 'string') return order;
  const weaker = judgeOrdered(trace, order, limits);
  if (weaker !== undefined || 'stuck' in order) return weaker;
  const conflicts = conflictsOf(trace, order, limits);
  if (typeof conflicts === 'string') return conflicts;
  const cycle = cycleOf(trace, conflicts, limits);
  if (cycle === undefined || cycle === 'time') return cycle;
  const local = trace.size > 2 * windowSize && inWindows(trace, windowSize, part => judgeConvergence(part, limits), limits);
  return local || explained(trace, cycle, limits);
};

/** Most cycles are local, and those make short witnesses. */
const windowSize = 400;

/** Edges from writes to writes that overwrite them, with the read that says so, by the earlier write. */
interface Conflicts {
  readonly head: Int32Array;
  readonly next: readonly number[];
  readonly to: readonly number[];
  readonly slot: readonly number[];
  readonly reader: readonly number[];
}

const conflictsOf = (trace: Trace, order: CausalOrder, { now, deadline, memoryBytes }: Limits): Conflicts | 'time' | 'memory' => {
  const { size, reads, from, sessions } = trace;
  const newer = between(trace, order, indexWriters(trace));
  const looks = looksOf(trace);
  const head = new Int32Array(size).fill(-1);
  const [next, to, slots, reader]: [number[], number[], number[], number[]] = [[], [], [], []];
  const most = (memoryBytes - order.store.bytes) / 40;
  const add = (write: number, source: number, slot: number, by: number): void => {
    if (write === source || reaches(trace, order, write, source) || (head[write]! >= 0 && to[head[write]!] === source)) return;
    next.push(head[write]!);
    head[write] = to.push(source) - 1;
    slots.push(slot);
    reader.push(by);
  };
  for (let place = 0; place < size; place++) {
    const i = sessions.item[place]!;
    if ((place & 15) === 15 && now() > deadline) return 'time';
    if (to.length > most) return 'memory';
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const [source, object] = [from[slot]!, reads.item[slot]!];
      if (source === fromStart) continue;
      // What came before the session's last look at the object comes before what it saw there, and that before this.
      const before = looks.previous(i, object);
      if (before >= 0 && looks.version(object) !== fromStart) add(looks.version(object), source, slot, i);
      const count = newer.find(i, object, before >= 0 ? before : source);
      for (let at = 0; at < count; at++) add(newer.writer[at]!, source, slot, i);
    }
    looks.record(i);
  }
  return { head, next, to, slot: slots, reader };
};

/** Successors of an operation, one at a time: next of its session, readers, conflicts. */
const successorsOf =
  (trace: Trace, conflicts: Conflicts, readers: ReturnType<typeof readersByWriter>) =>
  (i: number): number[] => {
    const { session, place, sessions } = trace;
    const found = [...readers.item.subarray(readers.start[i]!, readers.start[i + 1]!)];
    const at = sessions.start[session[i]!]! + place[i]! + 1;
    if (at < sessions.start[session[i]! + 1]!) found.push(sessions.item[at]!);
    for (let edge = conflicts.head[i]!; edge >= 0; edge = conflicts.next[edge]!) found.push(conflicts.to[edge]!);
    return found;
  };

/** Whether causal order and conflicts can be put in one order; else how many predecessors each still waits for. */
const stuckIn = (trace: Trace, successors: (i: number) => number[], { now, deadline }: Limits): Int32Array | 'time' | undefined => {
  const { size } = trace;
  const waits = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    if ((i & 255) === 255 && now() > deadline) return 'time';
    for (const j of successors(i)) waits[j]!++;
  }
  const free: number[] = [];
  for (let i = 0; i < size; i++) if (waits[i] === 0) free.push(i);
  let left = size;
  for (let i = free.pop(); i !== undefined; i = free.pop()) {
    if ((--left & 255) === 0 && now() > deadline) return 'time';
    for (const j of successors(i)) if (--waits[j]! === 0) free.push(j);
  }
  return left === 0 ? undefined : waits;
};

/** Some cycle among what is stuck, by depth first search. O(what is stuck). */
const someCycle = (waits: Int32Array, successors: (i: number) => number[]): readonly number[] => {
  const state = new Uint8Array(waits.length);
  for (let first = 0; ; first++) {
    if (waits[first] === 0 || state[first] !== 0) continue;
    const path = [first];
    const rest = [successors(first)];
    state[first] = 1;
    while (path.length > 0) {
      const next = rest.at(-1)!.pop();
      if (next === undefined) {
        state[path.pop()!] = 2;
        rest.pop();
      } else if (state[next] === 1) return path.slice(path.indexOf(next));
      else if (state[next] === 0 && waits[next]! > 0) {
        state[next] = 1;
        path.push(next);
        rest.push(successors(next));
      }
    }
  }
};

/** The shortest cycle through an operation, or undefined. */
const cycleThrough = (waits: Int32Array, successors: (i: number) => number[], first: number): readonly number[] | undefined => {
  const via = new Int32Array(waits.length).fill(-1);
  const queue = [first];
  for (let at = 0; at < queue.length; at++)
    for (const j of successors(queue[at]!)) {
      if (j === first) {
        const nodes = [queue[at]!];
        while (nodes[0] !== first) nodes.unshift(via[nodes[0]!]!);
        return nodes;
      }
      if (waits[j] === 0 || via[j] !== -1) continue;
      via[j] = queue[at]!;
      queue.push(j);
    }
  return undefined;
};

const tries = 32;

/** A short cycle of causal order and conflicts, as short as time allows; or undefined if there is none. */
const cycleOf = (trace: Trace, conflicts: Conflicts, limits: Limits): readonly Step[] | 'time' | undefined => {
  if (conflicts.to.length === 0) return undefined;
  const successors = successorsOf(trace, conflicts, readersByWriter(trace));
  const waits = stuckIn(trace, successors, limits);
  if (waits === undefined || waits === 'time') return waits;
  let best = someCycle(waits, successors);
  for (const i of best.filter(node => conflicts.head[node]! >= 0).slice(0, tries)) {
    if (limits.now() > limits.deadline) break;
    const cycle = cycleThrough(waits, successors, i);
    if (cycle !== undefined && cycle.length < best.length) best = cycle;
  }
  return joined(
    trace,
    best.map((node, at) => stepOf(trace, conflicts, node, best[(at + 1) % best.length]!)),
  );
};

const stepOf = (trace: Trace, conflicts: Conflicts, from: number, to: number): Step => {
  if (trace.session[from] === trace.session[to] && trace.place[from]! < trace.place[to]!) return { from, to, why: 'session' };
  for (let slot = trace.reads.start[to]!; slot < trace.reads.start[to + 1]!; slot++)
    if (trace.from[slot] === from) return { from, to, why: 'read', object: trace.reads.item[slot]! };
  let edge = conflicts.head[from]!;
  while (conflicts.to[edge] !== to) edge = conflicts.next[edge]!;
  return { from, to, why: 'overwritten', reader: conflicts.reader[edge]!, object: trace.reads.item[conflicts.slot[edge]!]! };
};

/** All operations, where time runs out. */
const explained = (trace: Trace, steps: readonly Step[], { now, deadline }: Limits): Finding => {
  const reasons: Step[] = [];
  for (const { from, why, reader } of steps) {
    if (why !== 'overwritten') continue;
    if (now() > deadline) return { type: 'CyclicCF', steps, operations: Array.from({ length: trace.size }, (_, i) => i) };
    reasons.push(...causalPath(trace, from, reader!)!);
  }
  return { type: 'CyclicCF', steps, operations: operationsOf([...steps, ...reasons]) };
};
