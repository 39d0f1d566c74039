/** From a judge to a checker: door, decision, limits, and a minimal witness with its explanation. */

import { operationIndex } from '../../harness/history/operation.ts';
import type { Anomaly, Checker, CheckOptions, Verdict } from '../../harness/protocol/checker.ts';
import { limitsFrom } from '../limits.ts';
import { minimise } from '../minimise.ts';
import { type Decision, decide, selected } from './decide.ts';
import { openHistory, type ReadWriteHistory, readWriteWorkloads } from './door.ts';
import type { Finding, Judge, Limits } from './finding.ts';
import { explained, explainImpossible, unordered } from './prose.ts';
import { candidatesOf } from './trace.ts';

export interface WeakModel {
  readonly model: string;
  readonly summary: string;
  readonly judge: Judge;
  /** The anomaly's name where reads can be traced in several ways, and all fail. */
  readonly untraced: string;
  /** False: that all ways fail proves nothing (see causal memory in checkers/README.md). Default true. */
  readonly exactUntraced?: boolean;
}

const shrinkMs = 5000;
const attemptMs = 1000;

export const readWriteChecker = (model: WeakModel): Checker => ({
  model: model.model,
  summary: model.summary,
  workloads: readWriteWorkloads,
  check: (history, options) => {
    const began = performance.now();
    const limits = limitsOf(options);
    const opened = openHistory(history, options.workload);
    const judged = judgeOpened(opened, model, limits);
    return { ...verdictOf(opened, model.model, options), ...judged, elapsedMs: performance.now() - began };
  },
});

export const limitsOf = (options: CheckOptions): Limits =>
  limitsFrom({ timeLimitMs: options.timeLimitMs, memoryLimitBytes: options.memoryLimitBytes, explain: options.explain });

/** What every verdict on it says. */
export const verdictOf = (opened: ReadWriteHistory, model: string, { workload }: CheckOptions): Omit<Verdict, 'valid' | 'anomalies'> => ({
  workload,
  model,
  operations: opened.asked,
  keys: opened.objects.length,
  elapsedMs: 0,
  ...(opened.warnings.length > 0 && { warnings: opened.warnings }),
});

type Judged = Pick<Verdict, 'valid' | 'anomalies' | 'unknown' | 'method'>;

/** The verdict's heart; also for judging many models of one opened history. */
export const judgeOpened = (opened: ReadWriteHistory, model: WeakModel, limits: Limits): Judged => {
  const anomalies = impossibleIn(opened);
  if (anomalies.length > 0) return { valid: false, anomalies, method: 'observations' };
  if (opened.untraceable) return { valid: 'unknown', anomalies, unknown: opened.refused! };
  const decision = decide(opened, model.judge, limits);
  if (decision.outcome === 'undecided') return { valid: 'unknown', anomalies, unknown: decision.reason };
  if (decision.outcome === 'holds')
    return opened.refused === undefined
      ? { valid: true, anomalies, method: decision.traced ? 'traces' : 'search over traces' }
      : { valid: 'unknown', anomalies, unknown: opened.refused };
  if (!decision.traced && model.exactUntraced === false)
    return {
      valid: 'unknown',
      anomalies,
      unknown: 'values were written more than once, and no way to trace the reads satisfies the model',
    };
  return { valid: false, anomalies: [witness(opened, model, decision, limits)], method: decision.traced ? 'traces' : 'search over traces' };
};

export const impossibleIn = ({ impossible }: ReadWriteHistory): readonly Anomaly[] =>
  impossible.slice(0, 10).map(one => ({
    type: one.type,
    ...(one.object !== undefined && { key: one.object }),
    operations: one.operations,
    explanation: explainImpossible(one),
  }));

type Violated = Extract<Decision, { outcome: 'violated' }>;

/** A minimal set of operations that violates the model by itself. */
const witness = (opened: ReadWriteHistory, model: WeakModel, { suspects, finding }: Violated, limits: Limits): Anomaly => {
  const until = Math.min(limits.deadline, limits.now() + shrinkMs);
  const { of } = candidatesOf(opened);
  const late = (): boolean => limits.now() > until;
  const attempt = (operations: readonly number[]): Decision =>
    decide(selected(opened, operations), model.judge, { ...limits, deadline: Math.min(until, limits.now() + attemptMs) });
  const sources = (operation: number): readonly number[] => sourcesOf(opened, of, operation);
  const given = finding?.operations ?? suspects;
  const smallest = (): readonly number[] =>
    minimise({
      size: opened.size,
      suspects,
      likely: () => Array.from({ length: opened.size }, (_, i) => opened.size - 1 - i),
      sources,
      fails: operations => attempt(operations).outcome === 'violated',
      expired: late,
    });
  const asFound = finding?.type === 'ThinAirRead' || limits.explain === false;
  const shrunk = asFound ? given : finding !== undefined && late() ? undefined : smallest();
  // Out of time before anything smaller was found: what was found at first is a violation, too, with what its reads read.
  const kept =
    shrunk === undefined || (finding !== undefined && late() && shrunk.length === opened.size) ? dependent(given, sources) : shrunk;
  const small = kept.length === opened.size ? opened : selected(opened, kept);
  const again: Decision = late() ? { outcome: 'undecided', reason: '' } : attempt(kept);
  const found = again.outcome === 'violated' && again.finding !== undefined ? again.finding : undefined;
  const [shown, within] = found !== undefined ? [found, small] : [finding, opened];
  return anomalyOf(small, shown, within, model.untraced);
};

/** With whatever they depend on, ascending. */
const dependent = (operations: readonly number[], sources: (operation: number) => readonly number[]): readonly number[] => {
  const kept = new Set(operations);
  for (const operation of kept) for (const source of sources(operation)) kept.add(source);
  return [...kept].sort((a, b) => a - b);
};

const sourcesOf = ({ reads }: ReadWriteHistory, of: (slot: number) => readonly number[], operation: number): readonly number[] => {
  const sources: number[] = [];
  for (let slot = reads.start[operation]!; slot < reads.start[operation + 1]!; slot++)
    for (const writer of of(slot)) if (writer >= 0) sources.push(writer);
  return sources;
};

const anomalyOf = (small: ReadWriteHistory, finding: Finding | undefined, within: ReadWriteHistory, untraced: string): Anomaly => {
  const everything = Array.from({ length: small.size }, (_, i) => i);
  const operations = small.operations.map(operationIndex).sort((a, b) => a - b);
  if (finding === undefined) return { type: untraced, ...keyOf(small), operations, explanation: unordered(small, everything) };
  return { type: finding.type, ...keyOf(small), operations, explanation: explained(within, finding) };
};

/** The object, if the witness is about one alone. */
const keyOf = ({ versions, objects }: ReadWriteHistory): Pick<Anomaly, 'key'> => {
  const found = new Set(versions.map(({ object }) => object));
  const key = found.size === 1 ? objects[[...found][0]!] : undefined;
  return key === undefined ? {} : { key };
};
