/** What judges find, before anything is minimised: every step is so, and the operations named are a violation by themselves. */
import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { judgeCausal } from '../causal/causal.ts';
import { judgeConvergence } from '../causal/convergence.ts';
import { judgeMemory } from '../causal/memory.ts';
import { judgePram } from '../pram/pram.ts';
import { judgeProcessor } from '../processor/processor.ts';
import { judgeSequential } from '../sequential/traced.ts';
import { judgeWritesFollowReads } from '../sessions/follows.ts';
import { judgeMonotonicReads, judgeMonotonicWrites, judgeReadYourWrites } from '../sessions/patterns.ts';
import { regrouped, weakHistory } from '../testing/weak-histories.ts';
import { openHistory } from './door.ts';
import type { Finding, Judge, Step } from './finding.ts';
import { candidatesOf, fromStart, isTrace, partOf, type Trace, traceOf } from './trace.ts';

const histories = Math.min(Number(process.env.ORDEAL_FUZZ ?? 600), 5000);
const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

const judges: readonly (readonly [string, Judge])[] = [
  ['causal', judgeCausal],
  ['causal-convergence', judgeConvergence],
  ['causal-memory', judgeMemory],
  ['pram', judgePram],
  ['processor', judgeProcessor],
  ['sequential', judgeSequential],
  ['read-your-writes', judgeReadYourWrites],
  ['monotonic-reads', judgeMonotonicReads],
  ['monotonic-writes', judgeMonotonicWrites],
  ['writes-follow-reads', judgeWritesFollowReads],
];

const drawn = (name: string, i: number): Trace | undefined => {
  const rng = createRng(`findings/${name}/${i}`);
  const several = i % 4 === 3;
  const history = weakHistory(rng, {
    operations: 8 + rng.int(30),
    sessions: 2 + rng.int(4),
    objects: 1 + rng.int(3),
    values: 0,
    info: 0,
    lie: rng.pick([0.05, 0.2]),
    cas: rng.pick([0, 0.2]),
    disorder: rng.pick([0, 0.4]),
    several,
  });
  const opened = openHistory(i % 2 === 0 ? regrouped(history) : history, several ? 'multi-register' : 'register');
  const { of } = candidatesOf(opened);
  const trace = traceOf(
    opened,
    Int32Array.from(opened.reads.item, (_, slot) => of(slot)[0] ?? -2),
  );
  return isTrace(trace) ? trace : undefined;
};

const sourceOf = ({ reads, from }: Trace, reader: number, object: number): number | undefined => {
  for (let slot = reads.start[reader]!; slot < reads.start[reader + 1]!; slot++) if (reads.item[slot] === object) return from[slot]!;
  return undefined;
};

const writes = ({ writes: { start, item } }: Trace, writer: number, object: number): boolean =>
  item.subarray(start[writer]!, start[writer + 1]!).includes(object);

const isSo = (trace: Trace, { from, to, why, object, reader }: Step): boolean => {
  if (why === 'session') return trace.session[from] === trace.session[to] && trace.place[from]! < trace.place[to]!;
  if (why === 'read') return sourceOf(trace, to, object!) === from;
  if (why === 'overwritten') return writes(trace, from, object!) && sourceOf(trace, reader!, object!) === to && from !== to;
  return writes(trace, to, object!) && sourceOf(trace, from, object!) !== undefined && from !== to;
};

/** The operations named, with those of their reads that can be traced within them. */
const named = (trace: Trace, { operations }: Finding): Trace => {
  const kept = new Set(operations);
  return partOf(trace, Int32Array.from(operations).sort(), new Int32Array(trace.size).fill(-1), (_, slot) => {
    const source = trace.from[slot]!;
    return source === fromStart || kept.has(source);
  });
};

test.each(judges)('%s', { timeout: 600_000 }, (name, judge) => {
  const counts = { found: 0, steps: 0, part: 0 };
  for (let i = 0; i < histories; i++) {
    const trace = drawn(name, i);
    const found = trace && judge(trace, limits);
    if (trace === undefined || found === undefined) continue;
    if (typeof found === 'string') expect.fail(`${name}/${i}: ${found}`);
    counts.found++;
    counts.steps += found.steps.length;
    for (const step of found.steps) expect(isSo(trace, step), `${i}: ${JSON.stringify(step)}`).toBe(true);
    if (found.read) expect(sourceOf(trace, found.read.operation, found.read.object), `${i}`).toBe(found.read.from);
    const operations = new Set(found.operations);
    for (const { from, to } of found.steps) expect([operations.has(from), operations.has(to)], `${i}`).toEqual([true, true]);
    if (operations.size < trace.size) counts.part++;
    expect(judge(named(trace, found), limits), `${i}: ${JSON.stringify(found)}`).toBeTypeOf('object');
  }
  expect(counts.found).toBeGreaterThan(histories / 20);
  expect(counts.steps).toBeGreaterThan(counts.found / 2);
  expect(counts.part).toBeGreaterThan(counts.found / 4);
});
