/**
 * PRAM (pipelined RAM, FIFO): each session sees all writes in one order of its own that keeps every session's program order.
 *
 * With every read traced to its write that fails exactly by `CyclicHB` or `WriteHBInitRead`, as of causal memory but from program order
 * alone. Of another session only the writes up to the last one seen can matter, so a history of n operations by k sessions costs
 * O(n·k²·rounds) at most and O(n·k) in practice; see view.ts.
 * Sources: Lipton & Sandberg, "PRAM: a scalable shared memory", 1988; Wei, Huang, Cao & Lu, TPDS 2016.
 */
import type { Judge } from '../read-write/finding.ts';
import { fromStart, partOf, type Trace, translated } from '../read-write/trace.ts';
import { saturate } from '../read-write/view.ts';

const names = { cycle: 'CyclicHB', init: 'WriteHBInitRead', plain: 'CyclicHB' };

export const judgePram: Judge = (trace, limits) => {
  const number = new Int32Array(trace.size).fill(-1);
  for (let s = 0; s < trace.sessionCount; s++) {
    const operations = seenBy(trace, s);
    const own = (operation: number): boolean => trace.session[operation] === s;
    const view = partOf(trace, operations, number, own);
    const found = saturate(view, { obliged: i => own(operations[i]!), names }, limits);
    if (found === 'time' || found === 'memory') return found;
    if ('type' in found) return translated(found, view);
    if (limits.now() > limits.deadline) return 'time';
  }
  return undefined;
};

/** The session's operations and, of every other session that it read from, the writes up to the last one read. Ascending. */
export const seenBy = ({ sessions, session, place, reads, writes, from }: Trace, s: number): Int32Array => {
  const seen: number[] = [];
  const counts = new Map<number, number>();
  for (let at = sessions.start[s]!; at < sessions.start[s + 1]!; at++) {
    const i = sessions.item[at]!;
    seen.push(i);
    for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
      const writer = from[slot]!;
      if (writer === fromStart || session[writer] === s) continue;
      counts.set(session[writer]!, Math.max(counts.get(session[writer]!) ?? 0, place[writer]! + 1));
    }
  }
  for (const [other, count] of counts) {
    for (let at = sessions.start[other]!; at < sessions.start[other]! + count; at++) {
      const i = sessions.item[at]!;
      if (writes.start[i + 1]! > writes.start[i]!) seen.push(i);
    }
  }
  return Int32Array.from(seen).sort();
};
