/**
 * Sequential consistency where every read is traced to its write: saturation first, which finds most violations in polynomial time, then a
 * search over the sessions' frontiers for an order, exact, guided by what saturation says and by when operations were called.
 *
 * While a write has readers to come nobody may overwrite it, so the values are known from the frontier alone: O(n^k) states for k sessions at
 * worst, one per operation in practice. Reads, and writes that nobody reads, never branch: as soon as they can be put next they are, for
 * moving them forward in an order changes nothing for the rest.
 * Sources: Lamport, IEEE ToC 1979; Gibbons & Korach, SIAM J. Comput. 1997 (NP-complete); Zennou et al., CAV 2019 (saturation first).
 */

import { outOfMemory } from '../limits.ts';
import type { Finding, Judge, Judgement, Limits } from '../read-write/finding.ts';
import { type Frontiers, frontiers } from '../read-write/frontiers.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';
import { saturate } from '../read-write/view.ts';
import { inWindows } from '../read-write/windows.ts';

const names = { cycle: 'CyclicSC', init: 'CyclicSC', plain: 'CyclicCO' };
const quickSteps = 2;
const windowSize = 400;

/** A step of the search looks at every session: with very many of them, small parts are looked at first. */
const manySessions = 200;

export const judgeSequential: Judge = (trace, limits) => {
  const local = (): Finding | undefined =>
    trace.size > 2 * windowSize ? inWindows(trace, windowSize, part => saturationOf(part, limits), limits) : undefined;
  const first = trace.sessionCount > manySessions ? local() : undefined;
  if (first !== undefined) return first;
  const quick = search(trace, undefined, limits, trace.size * quickSteps + 64);
  if (quick === true) return undefined;
  const found = trace.sessionCount > manySessions ? undefined : local();
  if (found !== undefined) return found;
  const saturated = saturate(trace, { obliged: () => true, overwrites: true, names }, limits);
  if (typeof saturated === 'string') return quick === false ? wholly(trace) : saturated;
  if ('type' in saturated) return saturated;
  const answer = search(trace, saturated.clocks, limits, Number.POSITIVE_INFINITY);
  return answer === true ? undefined : answer === false ? wholly(trace) : answer;
};

/** What saturation alone finds. */
const saturationOf = (trace: Trace, limits: Limits): Judgement => {
  const saturated = saturate(trace, { obliged: () => true, overwrites: true, names }, limits);
  return typeof saturated === 'string' || 'type' in saturated ? saturated : undefined;
};

/** No cycle says it alone: every order was tried. */
const wholly = (trace: Trace): Finding => ({
  type: 'non-sequential',
  steps: [],
  operations: Array.from({ length: trace.size }, (_, i) => i),
});

/** Where an order is being made. */
interface Making {
  readonly trace: Trace;
  readonly clocks: Int32Array | undefined;
  /** How many of each session are in it. */
  readonly frontier: Int32Array;
  /** By slot of `writes`: readers that are not in it yet. */
  readonly waiting: Int32Array;
  /** By object: readers of the initial value that are not in it yet. */
  readonly initialWaiting: Int32Array;
  /** By object: the write there now. */
  readonly held: Int32Array;
  readonly order: number[];
  readonly undo: number[];
  /** Operations and sessions that were looked at since the clock was. */
  work: number;
}

/** A millisecond or two of work. */
const workBetweenLooks = 100_000;

/** True: an order exists; false: none does; undefined steps left: 'time'. */
const search = (
  trace: Trace,
  clocks: Int32Array | undefined,
  limits: Limits,
  most: number,
): boolean | Exclude<Judgement, Finding | undefined> => {
  const making = begin(trace, clocks);
  const { frontier, order } = making;
  const seen: Frontiers = frontiers(trace.sessionCount, limits.memoryBytes);
  const choicesBytes = 8;
  const late = (): boolean => limits.now() > limits.deadline;
  const levels: { at: number; readonly choices: readonly number[]; next: number }[] = [];
  let listed = 0;
  settle(making, late);
  for (let steps = 0; ; steps++) {
    if (order.length === trace.size) return true;
    if (steps > most) return 'time';
    // A step looks at every session.
    making.work += trace.sessionCount;
    if (making.work > workBetweenLooks) {
      making.work = 0;
      if (late()) return 'time';
      if (outOfMemory(limits, seen.bytes + listed * choicesBytes)) return 'memory';
    }
    const fresh = seen.add(frontier);
    if (fresh === undefined) return 'memory';
    levels.push({ at: order.length, choices: fresh ? choicesOf(making) : [], next: 0 });
    let level = levels.at(-1)!;
    listed += level.choices.length;
    while (level.next >= level.choices.length) {
      listed -= levels.pop()!.choices.length;
      if (levels.length === 0) return false;
      level = levels.at(-1)!;
      while (order.length > level.at) takeBack(making);
    }
    put(making, level.choices[level.next++]!);
    settle(making, late);
  }
};

const begin = (trace: Trace, clocks: Int32Array | undefined): Making => {
  const making: Making = {
    trace,
    clocks,
    frontier: new Int32Array(trace.sessionCount),
    waiting: new Int32Array(trace.writes.item.length),
    initialWaiting: new Int32Array(trace.objectCount),
    held: new Int32Array(trace.objectCount).fill(fromStart),
    order: [],
    undo: [],
    work: 0,
  };
  for (let i = 0; i < trace.size; i++) count(making, i, 1);
  return making;
};

/** Where the operation writes the object. */
const slotOf = ({ writes }: Trace, writer: number, object: number): number => {
  let slot = writes.start[writer]!;
  while (writes.item[slot] !== object) slot++;
  return slot;
};

const nextOf = ({ trace: { sessions }, frontier }: Making, s: number): number => {
  const at = sessions.start[s]! + frontier[s]!;
  return at < sessions.start[s + 1]! ? sessions.item[at]! : -1;
};

/** Whether the operation can be put next: it finds what it read, and overwrites nothing that is still to be read by another. */
const fits = (making: Making, i: number): boolean => {
  const { trace, clocks, frontier, held, initialWaiting, waiting } = making;
  const { reads, writes, from, session, sessionCount: k } = trace;
  for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (held[reads.item[slot]!] !== from[slot]) return false;
  for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) {
    const object = writes.item[at]!;
    const now = held[object]!;
    const left = (now === fromStart ? initialWaiting[object]! : waiting[slotOf(trace, now, object)]!) - ownReads(trace, i, object);
    if (left > 0) return false;
  }
  if (clocks === undefined) return true;
  making.work += k;
  for (let s = 0; s < k; s++) if (s !== session[i] && clocks[i * k + s]! > frontier[s]!) return false;
  return true;
};

const ownReads = ({ reads }: Trace, i: number, object: number): number => {
  let count = 0;
  for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (reads.item[slot] === object) count++;
  return count;
};

/** Puts everything that needs no choice; some of it if it is late. */
const settle = (making: Making, late: () => boolean): void => {
  const { trace, waiting } = making;
  for (let again = true; again; ) {
    again = false;
    making.work += trace.sessionCount;
    if (making.work > workBetweenLooks && late()) return;
    for (let s = 0; s < trace.sessionCount; s++)
      for (let i = nextOf(making, s); i >= 0 && free(trace, waiting, i) && fits(making, i); i = nextOf(making, s)) {
        put(making, i);
        again = true;
      }
  }
};

/** Reads alone and writes that nobody reads. */
const free = ({ writes, reads }: Trace, waiting: Int32Array, i: number): boolean => {
  if (writes.start[i + 1] === writes.start[i]) return true;
  if (reads.start[i + 1] !== reads.start[i]) return false;
  for (let slot = writes.start[i]!; slot < writes.start[i + 1]!; slot++) if (waiting[slot]! > 0) return false;
  return true;
};

/** In the order of their calls: most histories are nearly in real time. */
const choicesOf = (making: Making): readonly number[] => {
  const choices: number[] = [];
  for (let s = 0; s < making.trace.sessionCount; s++) {
    const i = nextOf(making, s);
    if (i >= 0 && fits(making, i)) choices.push(i);
  }
  return choices.sort((a, b) => a - b);
};

const count = ({ trace, waiting, initialWaiting }: Making, i: number, by: number): void => {
  for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++) {
    const [writer, object] = [trace.from[slot]!, trace.reads.item[slot]!];
    if (writer === fromStart) initialWaiting[object]! += by;
    else waiting[slotOf(trace, writer, object)]! += by;
  }
};

const put = (making: Making, i: number): void => {
  const { trace, frontier, held, order, undo } = making;
  making.work++;
  count(making, i, -1);
  for (let at = trace.writes.start[i]!; at < trace.writes.start[i + 1]!; at++) {
    undo.push(held[trace.writes.item[at]!]!);
    held[trace.writes.item[at]!] = i;
  }
  frontier[trace.session[i]!]!++;
  order.push(i);
};

const takeBack = (making: Making): void => {
  const { trace, frontier, held, order, undo } = making;
  making.work++;
  const i = order.pop()!;
  frontier[trace.session[i]!]!--;
  for (let at = trace.writes.start[i + 1]! - 1; at >= trace.writes.start[i]!; at--) held[trace.writes.item[at]!] = undo.pop()!;
  count(making, i, 1);
};
