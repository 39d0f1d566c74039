/** Judges linearizability: of each key by itself, by the cheapest exact method that applies, within time and memory limits. */
import type { History } from '../../harness/history/event.ts';
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';
import { counterexample } from './counterexample.ts';
import { judgeKey, type KeyJudgement } from './judge-key.ts';
import type { Model } from './model.ts';
import { indexOf, type KeyHistory, splitByKey } from './subject.ts';

export interface LinearizableOptions {
  /** What the verdict calls the workload; the model's name if left out. */
  readonly workload?: string;
  /** For all keys together; default 60 s. */
  readonly timeLimitMs?: number;
  /** For the search's own tables; default 2 GiB. */
  readonly memoryLimitBytes?: number;
  /** A clock in milliseconds; only differences count. Default `performance.now`. */
  readonly now?: () => number;
}

const longestReport = 10;
const firstSliceMs = 100;

/**
 * A history is linearizable if all answered operations, and any of those whose outcome is unknown, can be put in one order that the
 * model accepts and in which whatever returned before another was called comes first. Keys are judged apart (linearizability is local).
 *
 * Anomalies: at most one for each of the first ten violating keys, with a minimal set of operations. `unknown` names a key, how far it
 * was verified, and what ran out. `fail` operations did not happen and constrain nothing. Never throws.
 * Sources: Herlihy & Wing, TOPLAS 1990; see search.ts and zones.ts for the methods.
 */
export const checkLinearizable = <State>(history: History, model: Model<State>, options: LinearizableOptions = {}): Verdict => {
  const now = options.now ?? (() => performance.now());
  const began = now();
  const deadline = began + (options.timeLimitMs ?? 60_000);
  const memoryBytes = options.memoryLimitBytes ?? 2 ** 31;
  const { keys, operations } = splitByKey(history);
  const judged = judgeAll(keys, model, { now, deadline, memoryBytes });
  const violations = judged.filter(({ judgement }) => judgement.outcome === 'violation');
  const undecided = judged.filter(({ judgement }) => judgement.outcome === 'undecided');
  const anomalies = violations
    .slice(0, longestReport)
    .map(({ key, judgement }): Anomaly => counterexample(key, model, judgement, { now, deadline, memoryBytes }));
  const methods = [...new Set(judged.map(({ judgement }) => judgement.method))].sort();
  return {
    valid: violations.length > 0 ? false : undecided.length > 0 ? 'unknown' : true,
    workload: options.workload ?? model.name,
    model: 'linearizable',
    operations,
    keys: keys.length,
    elapsedMs: now() - began,
    anomalies,
    ...(methods.length > 0 && { method: methods.join(', ') }),
    ...(undecided.length > 0 && { unknown: undecided.slice(0, longestReport).map(whyUndecided).join('; ') }),
    ...(violations.length > longestReport && { warnings: [`${violations.length} keys violate; the first ${longestReport} are shown`] }),
  };
};

interface Judged {
  readonly key: KeyHistory;
  readonly judgement: KeyJudgement;
}

interface Limits {
  readonly now: () => number;
  readonly deadline: number;
  readonly memoryBytes: number;
}

const outOfTime: KeyJudgement = { outcome: 'undecided', method: 'search', suspects: [], reason: 'time', configurations: 0 };

/**
 * Small keys first, each with a short slice of time; then those that ran out of it again with a fair share of what is left, so that no
 * hard key hides another's violation. Answers in the order of the history.
 */
const judgeAll = <State>(keys: readonly KeyHistory[], model: Model<State>, limits: Limits): readonly Judged[] => {
  const { now, deadline } = limits;
  const found = new Map<KeyHistory, KeyJudgement>();
  let waiting = keys.toSorted((a, b) => a.subjects.length - b.subjects.length);
  for (let slice = keys.length === 1 ? Number.POSITIVE_INFINITY : firstSliceMs; waiting.length > 0; slice *= 10) {
    const again: KeyHistory[] = [];
    for (const [at, key] of waiting.entries()) {
      const time = now();
      const left = deadline - time;
      const share = Math.max(Math.min(slice, left), left / (waiting.length - at));
      if (left <= 0 && found.has(key)) continue;
      const judgement = left <= 0 ? outOfTime : judgeKey(key.subjects, model, { ...limits, deadline: time + share });
      found.set(key, judgement);
      if (judgement.outcome === 'undecided' && judgement.reason === 'time') again.push(key);
    }
    if (now() >= deadline) break;
    waiting = again;
  }
  return keys.map(key => ({ key, judgement: found.get(key)! }));
};

const whyUndecided = ({ key, judgement }: Judged): string => {
  const last = judgement.verifiedUpTo === undefined ? undefined : key.subjects[judgement.verifiedUpTo]!;
  const upTo = last === undefined ? 'nothing verified yet' : `linearizable up to operation ${indexOf(last)}`;
  const name = key.key === undefined ? '' : `key ${key.key}: `;
  return `${name}${upTo}, then the ${judgement.reason} limit was reached after ${judgement.configurations} configurations`;
};
