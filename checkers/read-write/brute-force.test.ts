import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { createRng } from '../../harness/std/rng.ts';
import { judgeCausal } from '../causal/causal.ts';
import { judgeConvergence } from '../causal/convergence.ts';
import { judgeMemory } from '../causal/memory.ts';
import { judgePram } from '../pram/pram.ts';
import { judgeProcessor } from '../processor/processor.ts';
import { judgeSequential } from '../sequential/traced.ts';
import { judgeWritesFollowReads } from '../sessions/follows.ts';
import { judgeMonotonicReads, judgeMonotonicWrites, judgeReadYourWrites } from '../sessions/patterns.ts';
import { weakDefinitions } from '../testing/weak-brute-force.ts';
import { regrouped, type WeakSize, weakHistory } from '../testing/weak-histories.ts';
import { decide } from './decide.ts';
import { openHistory } from './door.ts';
import type { Judge } from './finding.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 2_000);
const seed = process.env.ORDEAL_FUZZ_SEED ?? '1';
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

const judges: Readonly<Record<string, Judge>> = {
  causal: judgeCausal,
  'causal-convergence': judgeConvergence,
  'causal-memory': judgeMemory,
  pram: judgePram,
  processor: judgeProcessor,
  sequential: judgeSequential,
  'read-your-writes': judgeReadYourWrites,
  'monotonic-reads': judgeMonotonicReads,
  'monotonic-writes': judgeMonotonicWrites,
  'writes-follow-reads': judgeWritesFollowReads,
};

test.each(Object.entries(judges))('%s: agrees with brute force', { timeout: 3_600_000 }, (name, judge) => {
  const byBruteForce = weakDefinitions[name]!;
  const counts = { holds: 0, violated: 0 };
  const parts = { unknown: 0, cas: 0, transactions: 0, objects: 0, initial: 0, repeated: 0 };
  for (let i = 0; i < histories; i++) {
    const { history, workload } = drawn(name, i);
    note(history, workload, parts);
    const expected = byBruteForce(history);
    counts[expected ? 'holds' : 'violated']++;
    const { outcome } = decide(openHistory(history, workload), judge, limits);
    if (outcome !== (expected ? 'holds' : 'violated'))
      expect.fail(`${name}: ${outcome}, by definition ${expected}, ${seed}/${i}:\n${printed(history)}`);
  }
  if (process.env.ORDEAL_FUZZ) console.log(JSON.stringify({ model: name, histories, ...counts, ...parts }));
  expect(Math.min(counts.holds, counts.violated)).toBeGreaterThan(histories / 20);
  for (const [part, count] of Object.entries(parts)) expect(count, part).toBeGreaterThan(histories / 30);
});

/** What histories are made of: a generator that leaves something out would prove nothing about it. */
const note = (history: History, workload: string, parts: Record<string, number>): void => {
  const count = (part: string, is: boolean): void => {
    if (is) parts[part]!++;
  };
  const [asked, answers] = [history.filter(({ type }) => type === 'invoke'), history.filter(({ type }) => type === 'ok')];
  const values = asked.filter(({ f }) => f === 'write').map(({ key, value }) => JSON.stringify([key, value]));
  count(
    'unknown',
    history.some(({ type }) => type === 'info'),
  );
  count(
    'cas',
    asked.some(({ f }) => f === 'cas'),
  );
  count('transactions', workload === 'multi-register');
  count('objects', workload === 'multi-register' || new Set(asked.map(({ key }) => key)).size > 1);
  count(
    'initial',
    answers.some(({ f, value }) => f === 'read' && JSON.stringify(value).includes('null')),
  );
  count('repeated', new Set(values).size < values.length);
};

/** Models whose definition can be tried on longer histories. */
const cheap = new Set(['read-your-writes', 'monotonic-writes', 'writes-follow-reads']);

/** Models that few short histories violate. */
const rare = new Set(['monotonic-writes', 'writes-follow-reads']);

const drawn = (name: string, i: number): { history: History; workload: string } => {
  const rng = createRng(`${seed}/${name}/${i}`);
  const several = i % 4 === 3;
  const values = rng.pick([0, 0, 0, 0, 0, 2]);
  const size: WeakSize = {
    operations: (rare.has(name) ? 7 : 4) + rng.int(values > 0 ? 3 : cheap.has(name) ? 7 : 4),
    sessions: 2 + rng.int(2),
    objects: 1 + rng.int(several ? 2 : 3),
    values,
    info: rng.pick([0, 0, 0.15]),
    lie: rng.pick([0.1, 0.4, 0.8]),
    cas: rng.pick([0, 0, 0.2]),
    disorder: rng.pick([0, 0.5]),
    several,
    reads: rng.pick([0.5, 0.65]),
  };
  const history = weakHistory(rng, size);
  return { history: i % 3 === 0 ? regrouped(history) : history, workload: several ? 'multi-register' : 'register' };
};

const printed = (history: History): string =>
  history.map(({ process, type, f, key, value }) => JSON.stringify({ process, type, f, key, value })).join('\n');
