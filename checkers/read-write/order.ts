/**
 * Causal order: the least order that holds program order and takes every write before its reads. As a clock per operation: how many
 * operations of each other session are in its past. A clock costs what it has more than those that it comes from (see `clocks.ts`), so all
 * of them cost about n·c for c sessions that go on at a time, however many there are over the whole history.
 */
import { type ClockStore, clockStore, outOfMemory } from './clocks.ts';
import type { Limits, Step } from './finding.ts';
import { fromStart, type Trace } from './trace.ts';

export interface CausalOrder {
  readonly store: ClockStore;
  /** By operation: its clock, which says nothing of its own session (that is its place). */
  readonly clock: Int32Array;
}

/** The order, or the operations that lie on cycles or behind one, or the limit that was reached. */
export const causalOrder = (trace: Trace, limits: Limits): CausalOrder | { readonly stuck: readonly number[] } | 'time' | 'memory' => {
  if (trace.size * 16 > limits.memoryBytes) return 'memory';
  const sorted = new Int32Array(trace.size);
  const waits = sortInto(trace, sorted);
  if (waits !== undefined) return { stuck: Array.from(waits.keys()).filter(i => waits[i]! > 0) };
  try {
    return clocksOf(trace, sorted, limits);
  } catch (error) {
    if (error === outOfMemory) return 'memory';
    throw error;
  }
};

/** Every operation after its past; or how many predecessors each still waits for, where there is a cycle. */
const sortInto = (trace: Trace, sorted: Int32Array): Int32Array | undefined => {
  const { size, session, place, sessions, reads, from } = trace;
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
    const next = sessions.start[session[i]!]! + place[i]! + 1;
    if (next < sessions.start[session[i]! + 1]! && --waits[sessions.item[next]!]! === 0) sorted[end++] = sessions.item[next]!;
    for (let r = readersOf.start[i]!; r < readersOf.start[i + 1]!; r++)
      if (--waits[readersOf.item[r]!]! === 0) sorted[end++] = readersOf.item[r]!;
  }
  return end === size ? undefined : waits;
};

const clocksOf = (trace: Trace, sorted: Int32Array, { now, deadline, memoryBytes }: Limits): CausalOrder | 'time' => {
  const { size, sessionCount, session, place, sessions, reads, from } = trace;
  const store = clockStore(sessionCount, memoryBytes - size * 16);
  const clock = new Int32Array(size);
  for (let at = 0; at < size; at++) {
    if ((at & 4095) === 4095 && now() > deadline) return 'time';
    const i = sorted[at]!;
    const s = session[i]!;
    let own = place[i]! > 0 ? clock[sessions.item[sessions.start[s]! + place[i]! - 1]!]! : 0;
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const writer = from[slot]!;
      if (writer === fromStart || session[writer] === s || store.get(own, session[writer]!) > place[writer]!) continue;
      own = store.raised(store.joined(own, clock[writer]!), session[writer]!, place[writer]! + 1);
    }
    clock[i] = own;
  }
  return { store, clock };
};

/** How many operations of the session are before the operation. */
export const countBefore = ({ session, place }: Trace, { store, clock }: CausalOrder, operation: number, s: number): number =>
  session[operation] === s ? place[operation]! : store.get(clock[operation]!, s);

/** Whether `a` is `b` or causally before it. */
export const reaches = ({ session, place }: Trace, { store, clock }: CausalOrder, a: number, b: number): boolean =>
  session[a] === session[b] ? place[a]! <= place[b]! : store.get(clock[b]!, session[a]!) > place[a]!;

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

/** The group of the session among the writers of the object, or -1. */
export const groupOf = ({ groups, groupSession }: WriterIndex, object: number, s: number): number => {
  let [low, high] = [groups[object]!, groups[object + 1]!];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (groupSession[middle]! < s) low = middle + 1;
    else high = middle;
  }
  return low < groups[object + 1]! && groupSession[low] === s ? low : -1;
};

/**
 * Of each session the last writer of the object that is causally before an operation, and not before another one, `since`, that is itself
 * before it (`fromStart`: of all sessions). Costs what has come between the two, or one look per writing session if those are few.
 */
export interface Between {
  readonly writer: Int32Array;
  /** Fills `writer`; returns how many. `since` itself is no writer before it, so it can be among them. */
  find(operation: number, object: number, since: number): number;
}

const fewGroups = 12;

export const between = (trace: Trace, order: CausalOrder, index: WriterIndex): Between => {
  const { session, place, sessionCount } = trace;
  const { store, clock } = order;
  const { difference } = store;
  const writer = new Int32Array(sessionCount);
  let count = 0;
  const take = (group: number, until: number, from: number): void => {
    const last = lastWriterWithin(index, place, group, until);
    if (last >= 0 && place[last]! >= from) writer[count++] = last;
  };
  const before = (operation: number, s: number): number => (operation === fromStart ? 0 : countBefore(trace, order, operation, s));
  const inSession = (operation: number, object: number, s: number, since: number): void => {
    const until = countBefore(trace, order, operation, s);
    const from = before(since, s);
    const group = until > from ? groupOf(index, object, s) : -1;
    if (group >= 0) take(group, until, from);
  };
  return {
    writer,
    find: (operation, object, since) => {
      count = 0;
      const [first, end] = [index.groups[object]!, index.groups[object + 1]!];
      if (since === fromStart || end - first <= fewGroups) {
        for (let group = first; group < end; group++) {
          const s = index.groupSession[group]!;
          const until = countBefore(trace, order, operation, s);
          if (until > 0) take(group, until, before(since, s));
        }
        return count;
      }
      const [own, other] = [session[operation]!, session[since]!];
      const differences = store.beyond(clock[operation]!, clock[since]!);
      for (let at = 0; at < differences; at++) {
        const s = difference.session[at]!;
        if (s === own || s === other) continue;
        const group = groupOf(index, object, s);
        if (group >= 0) take(group, difference.more[at]!, difference.less[at]!);
      }
      inSession(operation, object, own, since);
      if (other !== own) inSession(operation, object, other, since);
      return count;
    },
  };
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
