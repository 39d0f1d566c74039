/**
 * Where a history of reads and writes stands among the consistency models: the strongest that hold and the weakest that fail. What implies what
 * is said here and nowhere else; `lattice.test.ts` holds every line against random histories and has a history that keeps the two apart.
 */
import type { History } from '../harness/history/event.ts';
import type { Anomaly, CheckOptions, Validity, Verdict, ViolatedModel } from '../harness/protocol/checker.ts';
import { causal, causalConvergence, causalMemory } from './causal/checker.ts';
import { checkEventual } from './eventual/eventual.ts';
import { limitsFrom } from './limits.ts';
import { linearizable } from './linearizable/checker.ts';
import { models } from './models/registry.ts';
import { pram } from './pram/checker.ts';
import { processor } from './processor/checker.ts';
import { judgeOpened, type WeakModel } from './read-write/checker.ts';
import { openHistory, type ReadWriteHistory, readWriteWorkloads } from './read-write/door.ts';
import type { Limits } from './read-write/finding.ts';
import { judgeSequentialHistory, sequentialModel } from './sequential/check.ts';
import { sessionGuarantees } from './sessions/checker.ts';

/** Each model and those directly below it: a history that satisfies the one satisfies the others. From strong to weak. */
export const implications: Readonly<Record<string, readonly string[]>> = {
  linearizable: ['sequential', 'eventual'],
  sequential: ['causal-memory', 'causal-convergence', 'processor'],
  'causal-convergence': ['causal', 'monotonic-reads'],
  'causal-memory': ['causal', 'pram'],
  processor: ['pram'],
  causal: ['read-your-writes', 'monotonic-writes', 'writes-follow-reads'],
  pram: ['read-your-writes', 'monotonic-reads', 'monotonic-writes'],
  'writes-follow-reads': [],
  'monotonic-writes': [],
  'monotonic-reads': [],
  'read-your-writes': [],
  eventual: [],
};

const order = Object.keys(implications);

/** All models below, itself not included. */
export const impliedBy = (model: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting = [...(implications[model] ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...implications[next]!);
  }
  return found;
};

export type Judged = Pick<Verdict, 'valid' | 'anomalies'>;

/** The strongest models that hold, and the weakest that fail. */
export interface Standing {
  readonly satisfies: readonly string[];
  readonly violates: readonly ViolatedModel[];
}

/** Judges what `known` leaves open, strongest first, so that most answers follow from others. Undecided models are in neither list. */
export const standingOf = (judge: (model: string) => Judged, known: ReadonlyMap<string, Judged>): Standing => {
  const verdicts = new Map<string, Validity>();
  const anomalies = new Map<string, readonly Anomaly[]>();
  const note = (model: string, { valid, anomalies: found }: Judged): void => {
    verdicts.set(model, valid);
    if (valid === false) anomalies.set(model, found);
    if (valid === true) for (const weaker of impliedBy(model)) verdicts.set(weaker, true);
    if (valid === false) for (const stronger of order) if (impliedBy(stronger).has(model)) verdicts.set(stronger, false);
  };
  for (const [model, verdict] of known) if (order.includes(model)) note(model, verdict);
  for (const model of order) if (!verdicts.has(model)) note(model, judge(model));
  const holds = order.filter(model => verdicts.get(model) === true);
  const fails = order.filter(model => verdicts.get(model) === false);
  const weakest = fails.filter(model => !fails.some(other => impliedBy(model).has(other)));
  return {
    satisfies: holds.filter(model => !holds.some(other => impliedBy(other).has(model))),
    violates: weakest.map(model => ({ model, anomalies: (anomalies.get(model) ?? judge(model).anomalies).slice(0, 1) })),
  };
};

const weakModels: ReadonlyMap<string, WeakModel> = new Map(
  [causal, causalConvergence, causalMemory, processor, pram, ...sessionGuarantees].map(model => [model.model, model]),
);

export const hasStanding = (workload: string): boolean => readWriteWorkloads.includes(workload);

/** Nobody asked for final reads: readers that differ need time before that says anything. */
const settleMs = 1000;

/** A model may take this share of the time that is left. */
const shareOfTime = 0.4;

/**
 * The standing of a history, given what is known already, within the time limit. Only for workloads for which `hasStanding`.
 * Nothing is asked that follows: of a linearizable history, nothing at all.
 */
export const standing = (history: History, options: CheckOptions, known: readonly Verdict[]): Standing => {
  const all = limitsFrom({ timeLimitMs: options.timeLimitMs, memoryLimitBytes: options.memoryLimitBytes });
  const { deadline } = all;
  let opened: ReadWriteHistory | undefined;
  const judge = (model: string): Judged => {
    const left = deadline - performance.now();
    if (left <= 0) return { valid: 'unknown', anomalies: [] };
    const timeLimitMs = left * shareOfTime;
    const limited = { ...options, timeLimitMs };
    const limits: Limits = { ...all, deadline: performance.now() + timeLimitMs };
    if (model === 'linearizable') return linearizable.check(history, limited);
    if (model === 'eventual') return checkEventual(history, options.workload, settleMs);
    opened ??= openHistory(history, options.workload);
    const known = opened;
    if (model === sequentialModel.model)
      return models[options.workload]!(object => judgeSequentialHistory(history, known, object, limited, limits));
    return judgeOpened(opened, weakModels.get(model)!, limits);
  };
  return standingOf(judge, new Map(known.map(verdict => [verdict.model, verdict])));
};
