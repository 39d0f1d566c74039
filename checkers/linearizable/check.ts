/** Judges linearizability: of each key by itself, by the cheapest exact method that applies, within time and memory limits. */
import type { History } from '../../harness/history/event.ts';
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';
import { limitsFrom } from '../limits.ts';
import { withoutDrains } from '../models/drains.ts';
import { counterexample } from './counterexample.ts';
import { judgeCheaply, type KeyJudgement, type OpenKey } from './judge-key.ts';
import type { Model } from './model.ts';
import type { Limits } from './search.ts';
import { indexOf, indicesOf, type KeyHistory, splitByKey } from './subject.ts';

export interface LinearizableOptions {
  /** What the verdict calls the workload; the model's name if left out. */
  readonly workload?: string;
  /** For all keys together, explanation included; default 60 s. */
  readonly timeLimitMs?: number;
  /** What the process may grow by; default 2 GiB. */
  readonly memoryLimitBytes?: number;
  /** False: anomalies are left rough and unexplained. Default true. */
  readonly explain?: boolean;
  /** A clock in milliseconds; only differences count. Default `performance.now`. */
  readonly now?: () => number;
}

const longestReport = 10;
const firstSliceMs = 100;

/**
 * A history is linearizable if all answered operations, and any of those whose outcome is unknown, can be put in one order that the
 * model accepts and in which whatever returned before another was called comes first. Keys are judged apart (linearizability is local).
 *
 * Anomalies: at most one for each of the first ten violating keys, with a minimal set of operations. Once a key violates, those that are
 * hard are left alone. `unknown` names a key, how far it was verified, and what ran out. `fail` operations did not happen and constrain
 * nothing. Never throws. Sources: Herlihy & Wing, TOPLAS 1990; see search.ts and zones.ts for the methods.
 */
export const checkLinearizable = <State>(history: History, model: Model<State>, options: LinearizableOptions = {}): Verdict => {
  const trial = openTrial(history, model, options);
  judgeAtFirst(trial, trial.keys.length === 1 ? Number.POSITIVE_INFINITY : firstSliceMs, Number.POSITIVE_INFINITY);
  for (let slice = firstSliceMs * 10; isOpen(trial); slice *= 10) judgeOnce(trial, slice);
  return concluded(trial);
};

/** A check under way. */
export interface Trial<State> {
  readonly model: Model<State>;
  readonly options: LinearizableOptions;
  readonly limits: Limits;
  readonly beganMs: number;
  readonly keys: readonly KeyHistory[];
  readonly operations: number;
  readonly judgements: Map<KeyHistory, KeyJudgement>;
  /** Keys that the cheap methods and a first slice of search leave open, the smallest first. */
  readonly hard: Map<KeyHistory, OpenKey>;
}

export const openTrial = <State>(history: History, model: Model<State>, options: LinearizableOptions): Trial<State> => {
  const { timeLimitMs = 60_000, memoryLimitBytes = 2 ** 31, now = () => performance.now() } = options;
  const beganMs = now();
  const limits = limitsFrom({ timeLimitMs, memoryLimitBytes, now });
  const { history: plain, added } = model.drainedBy === undefined ? { history, added: 0 } : withoutDrains(history, model.drainedBy);
  const { keys, operations } = splitByKey(plain);
  return { model, options, limits, beganMs, keys, operations: operations - added, judgements: new Map(), hard: new Map() };
};

/** Each key by the cheap methods, small ones first, and by a first slice of search as long as all of those have not taken `budgetMs`. */
export const judgeAtFirst = <State>(trial: Trial<State>, sliceMs: number, budgetMs: number): void => {
  const { keys, model, limits, judgements, hard } = trial;
  let spent = 0;
  for (const key of keys.toSorted((a, b) => a.subjects.length - b.subjects.length)) {
    if (limits.now() >= limits.deadline) return;
    const cheaply = judgeCheaply(key.subjects, model);
    if (cheaply.decided !== undefined) {
      judgements.set(key, cheaply.decided);
      continue;
    }
    const time = limits.now();
    const found = spent < budgetMs ? cheaply.search(within(limits, sliceMs)) : outOfTime;
    spent += limits.now() - time;
    judgements.set(key, found);
    if (isOutOfTime(found)) hard.set(key, cheaply);
  }
};

/**
 * Hard keys again, each with a longer slice or its fair share of what is left, so that no hard key hides another's violation. The first
 * violation ends it: it says all that a verdict says.
 */
const judgeOnce = <State>({ hard, judgements, limits }: Trial<State>, sliceMs: number): void => {
  let waiting = hard.size;
  for (const [key, { search }] of hard) {
    const left = limits.deadline - limits.now();
    if (left <= 0) return;
    const found = search(within(limits, Math.max(Math.min(sliceMs, left), left / waiting--)));
    judgements.set(key, found);
    if (!isOutOfTime(found)) hard.delete(key);
    if (found.outcome === 'violation') return;
  }
};

/** Whether there is anything left to decide, and time for it. */
export const isOpen = <State>({ hard, judgements, limits }: Trial<State>): boolean =>
  hard.size > 0 && limits.now() < limits.deadline && ![...judgements.values()].some(({ outcome }) => outcome === 'violation');

const within = (limits: Limits, ms: number): Limits => ({ ...limits, deadline: Math.min(limits.deadline, limits.now() + ms) });

export const isOutOfTime = ({ outcome, reason }: KeyJudgement): boolean => outcome === 'undecided' && reason === 'time';

const outOfTime: KeyJudgement = { outcome: 'undecided', method: 'search', suspects: [], reason: 'time', configurations: 0 };

interface Judged {
  readonly key: KeyHistory;
  readonly judgement: KeyJudgement;
}

/** The verdict on what is known by now. */
export const concluded = <State>({ keys, judgements, model, options, limits, operations, beganMs }: Trial<State>): Verdict => {
  const judged = keys.map((key): Judged => ({ key, judgement: judgements.get(key) ?? outOfTime }));
  const violations = judged.filter(({ judgement }) => judgement.outcome === 'violation');
  const undecided = judged.filter(({ judgement }) => judgement.outcome === 'undecided');
  const anomalies = violations
    .slice(0, longestReport)
    .map(
      ({ key, judgement }): Anomaly => (options.explain === false ? rough(key, judgement) : counterexample(key, model, judgement, limits)),
    );
  const methods = [...new Set(judged.map(({ judgement }) => judgement.method))].sort();
  const isViolated = violations.length > 0;
  const warnings = [
    ...(violations.length > longestReport ? [`${violations.length} keys violate; the first ${longestReport} are shown`] : []),
    ...(isViolated && undecided.length > 0 ? [`${undecided.length} hard keys were not decided, since one violation suffices`] : []),
  ];
  return {
    valid: isViolated ? false : undecided.length > 0 ? 'unknown' : true,
    workload: options.workload ?? model.name,
    model: 'linearizable',
    operations,
    keys: keys.length,
    elapsedMs: limits.now() - beganMs,
    anomalies,
    ...(methods.length > 0 && { method: methods.join(', ') }),
    ...(!isViolated && undecided.length > 0 && { unknown: whyUnknown(undecided) }),
    ...(warnings.length > 0 && { warnings }),
  };
};

/** Where the contradiction lies, for those who ask for no more than the verdict. */
const rough = ({ key, subjects }: KeyHistory, { suspects }: KeyJudgement): Anomaly => ({
  type: 'non-linearizable',
  ...(key !== undefined && { key }),
  operations: indicesOf(suspects.map(place => subjects[place]!)),
  explanation: 'Not looked into.',
});

const whyUnknown = (undecided: readonly Judged[]): string => {
  const more = undecided.length - longestReport;
  const told = undecided.slice(0, longestReport).map(whyUndecided).join('; ');
  return more > 0 ? `${told}; and ${more} more keys` : told;
};

const whyUndecided = ({ key, judgement }: Judged): string => {
  const last = judgement.verifiedUpTo === undefined ? undefined : key.subjects[judgement.verifiedUpTo]!;
  const upTo = last === undefined ? 'nothing verified yet' : `linearizable up to operation ${indexOf(last)}`;
  const name = key.key === undefined ? '' : `key ${key.key}: `;
  return `${name}${upTo}, then the ${judgement.reason} limit was reached after ${judgement.configurations} configurations`;
};
