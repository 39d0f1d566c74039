/** Levels against saturation, on histories too long for brute force. Both claim to be exact where one session's reads are to be explained. */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { judgeCausal } from '../causal/causal.ts';
import { judgeMemory } from '../causal/memory.ts';
import { judgePram } from '../pram/pram.ts';
import { replicatedHistory } from '../testing/replicated-history.ts';
import { regrouped, weakHistory } from '../testing/weak-histories.ts';
import { decide } from './decide.ts';
import { openHistory } from './door.ts';
import type { Judge } from './finding.ts';
import { partOf, type Trace } from './trace.ts';
import { saturate } from './view.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 1500);
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };
const names = { cycle: 'CyclicHB', init: 'WriteHBInitRead', plain: 'CyclicHB' };

/** What precedes the session's last operation, by its definition. */
const pastOf = (trace: Trace, s: number, causal: boolean): Int32Array => {
  const found = new Set<number>();
  const waiting = Array.from(trace.sessions.item.subarray(trace.sessions.start[s]!, trace.sessions.start[s + 1]!));
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    if (found.has(i)) continue;
    found.add(i);
    if (trace.place[i]! > 0) waiting.push(trace.sessions.item[trace.sessions.start[trace.session[i]!]! + trace.place[i]! - 1]!);
    if (causal || trace.session[i] === s)
      for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++)
        if (trace.from[slot]! >= 0) waiting.push(trace.from[slot]!);
  }
  return Int32Array.from(found).sort();
};

const bySaturation =
  (causal: boolean): Judge =>
  trace => {
    for (let s = 0; s < trace.sessionCount; s++) {
      const operations = pastOf(trace, s, causal);
      const view = partOf(trace, operations, new Int32Array(trace.size), i => causal || trace.session[i] === s);
      const found = saturate(view, { obliged: i => trace.session[operations[i]!] === s, names }, limits);
      if (typeof found === 'string' || 'type' in found) return found as never;
    }
    return undefined;
  };

/** Stores that keep causal order, and every third time sessions that go their own ways. */
const drawn = (name: string, i: number): { history: History; workload: string } => {
  const rng = createRng(`own-views/${name}/${i}`);
  if (i % 3 > 0) {
    const store = rng.pick(['arrival', 'lww', 'wavering', 'wavering'] as const);
    const size = { operations: 10 + rng.int(70), clients: 2 + rng.int(4), keys: 1 + rng.int(3), info: rng.pick([0, 0.1]), reads: 0.6 };
    return { history: replicatedHistory({ ...size, store, seed: `${name}/${i}` }), workload: 'register' };
  }
  const several = i % 4 === 3;
  const history = weakHistory(rng, {
    operations: 10 + rng.int(70),
    sessions: 2 + rng.int(5),
    objects: 1 + rng.int(3),
    values: 0,
    info: rng.pick([0, 0, 0.1]),
    lie: rng.pick([0, 0, 0.02, 0.05]),
    cas: rng.pick([0, 0, 0.1]),
    disorder: rng.pick([0, 0, 0.1]),
    several,
  });
  return { history: i % 2 === 0 ? regrouped(history) : history, workload: several ? 'multi-register' : 'register' };
};

test.each([
  ['causal-memory', judgeMemory, true],
  ['pram', judgePram, false],
] as const)('%s: levels agree with saturation', { timeout: 3_600_000 }, (name, judge, causal) => {
  const counts = { holds: 0, violated: 0 };
  for (let i = 0; i < histories; i++) {
    const { history, workload } = drawn(name, i);
    const opened = openHistory(history, workload);
    const weaker = causal ? decide(opened, judgeCausal, limits).outcome : 'holds';
    if (weaker !== 'holds') continue;
    const { outcome } = decide(opened, judge, limits);
    expect(outcome, `${i}`).toBe(decide(opened, bySaturation(causal), limits).outcome);
    if (outcome !== 'undecided') counts[outcome]++;
  }
  expect(Math.min(counts.holds, counts.violated)).toBeGreaterThan(histories / 20);
});
