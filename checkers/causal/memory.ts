/**
 * Causal memory (CM): causal, and each session sees what precedes its operations in one growing order of its own.
 *
 * With every read traced to its write that fails exactly by `CyclicCO`, `WriteCOInitRead`, `WriteCORead`, `WriteHBInitRead` or `CyclicHB`: a
 * cycle of what causality and a session's own reads force on its view. O(n·k²·rounds) time, O(n·k) memory for k sessions; see view.ts.
 * Sources: Ahamad et al., "Causal memory", Distributed Computing 1995; Bouajjani et al., POPL 2017.
 */
import type { Judge } from '../read-write/finding.ts';
import { type CausalOrder, causalOrder, countBefore } from '../read-write/order.ts';
import { partOf, type Trace, translated } from '../read-write/trace.ts';
import { saturate } from '../read-write/view.ts';
import { judgeOrdered } from './causal.ts';

const names = { cycle: 'CyclicHB', init: 'WriteHBInitRead', plain: 'CyclicCO' };

export const judgeMemory: Judge = (trace, limits) => {
  const order = causalOrder(trace, limits);
  if (typeof order === 'string') return order;
  const weaker = judgeOrdered(trace, order, limits);
  if (weaker !== undefined || 'stuck' in order) return weaker;
  const number = new Int32Array(trace.size).fill(-1);
  for (let s = 0; s < trace.sessionCount; s++) {
    const operations = pastOf(trace, order, s);
    if (operations === undefined) continue;
    const view = partOf(trace, operations, number, () => true);
    const found = saturate(view, { obliged: i => trace.session[operations[i]!] === s, names }, limits);
    if (found === 'time' || found === 'memory') return found;
    if ('type' in found) return translated(found, view);
    if (limits.now() > limits.deadline) return 'time';
  }
  return undefined;
};

/** The causal past of the session's last read, ascending. */
const pastOf = (trace: Trace, order: CausalOrder, s: number): Int32Array | undefined => {
  const { sessions, sessionCount: k, reads } = trace;
  let last = -1;
  for (let at = sessions.start[s]!; at < sessions.start[s + 1]!; at++) {
    const i = sessions.item[at]!;
    if (reads.start[i + 1]! > reads.start[i]!) last = i;
  }
  if (last < 0) return undefined;
  const past: number[] = [];
  for (let other = 0; other < k; other++) {
    const from = sessions.start[other]!;
    for (let at = from; at < from + countBefore(trace, order, last, other) + (other === s ? 1 : 0); at++) past.push(sessions.item[at]!);
  }
  return Int32Array.from(past).sort();
};
