/**
 * Models in which every session has a view of its own and nothing is agreed: each session's reads must be explained by one growing order of
 * what it has seen. Decided by levels; where a session's reads cannot be explained, by as few of them as cannot, saturated for a cycle.
 */
import type { Finding, Judgement, Limits } from './finding.ts';
import { type Levels, levelsOf, type Past } from './levels.ts';
import { fromStart, partOf, type Trace, translated } from './trace.ts';
import { saturate, type ViewOptions } from './view.ts';

export const judgeOwnViews = (trace: Trace, past: Past, names: ViewOptions['names'], limits: Limits): Judgement => {
  if (trace.size * 64 > limits.memoryBytes) return 'memory';
  const levels = levelsOf(trace, past, limits);
  for (let s = 0; s < trace.sessionCount; s++) {
    const until = lastRead(trace, s);
    const found = until < 0 ? undefined : levels.judge(s, 0, until);
    if (found === 'time' || limits.now() > limits.deadline) return 'time';
    if (found !== undefined) return cycleIn(trace, past, names, s, narrowed(levels, s, until, found), limits);
  }
  return undefined;
};

/** The place of the session's last read, or -1. */
const lastRead = ({ sessions, reads }: Trace, s: number): number => {
  for (let at = sessions.start[s + 1]! - 1; at >= sessions.start[s]!; at--) {
    const i = sessions.item[at]!;
    if (reads.start[i + 1]! > reads.start[i]!) return at - sessions.start[s]!;
  }
  return -1;
};

interface Narrowed {
  readonly from: number;
  readonly until: number;
  readonly others: readonly number[];
}

/** Reads that cannot be explained together, one after the other and as few as can be. */
const narrowed = (levels: Levels, s: number, last: number, all: readonly number[]): Narrowed => {
  let others = all;
  const fails = (from: number, until: number): boolean => {
    const found = levels.judge(s, from, until);
    if (typeof found !== 'object') return false;
    others = found;
    return true;
  };
  let [low, until] = [0, last];
  while (low < until) {
    const middle = (low + until) >> 1;
    if (fails(0, middle)) until = middle;
    else low = middle + 1;
  }
  let [from, high] = [0, until];
  while (from < high) {
    const middle = (from + high + 1) >> 1;
    if (fails(middle, until)) from = middle;
    else high = middle - 1;
  }
  return { from, until, others };
};

const cycleIn = (trace: Trace, past: Past, names: ViewOptions['names'], s: number, narrow: Narrowed, limits: Limits): Finding => {
  const { from, until, others } = narrow;
  const own = trace.sessions.item.subarray(trace.sessions.start[s]!, trace.sessions.start[s]! + until + 1);
  const operations = Int32Array.from(new Set([...own, ...others])).sort();
  const number = new Int32Array(trace.size).fill(-1);
  const kept = (operation: number, slot: number): boolean =>
    (past.causal || trace.session[operation] === s) && (trace.from[slot] === fromStart || number[trace.from[slot]!]! >= 0);
  const view = partOf(trace, operations, number, kept);
  const obliged = (i: number): boolean => {
    const operation = operations[i]!;
    return trace.session[operation] === s && trace.place[operation]! >= from;
  };
  const found = saturate(view, { obliged, names }, limits);
  if (typeof found === 'object' && 'type' in found) return translated(found, view);
  return { type: names.cycle, steps: [], operations: Array.from(operations) };
};
