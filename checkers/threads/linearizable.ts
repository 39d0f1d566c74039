/**
 * Linearizability with the help of other threads: the cheap methods decide what they can on the thread that asks, and keys that are hard to
 * search are searched side by side. Which anomalies are told does not depend on who was faster (docs/adr tells why it is done so).
 */
import { availableParallelism } from 'node:os';
import type { History } from '../../harness/history/event.ts';
import type { Checker, CheckOptions, Verdict } from '../../harness/protocol/checker.ts';
import { concluded, isOpen, isOutOfTime, judgeAtFirst, openTrial, type Trial } from '../linearizable/check.ts';
import { linearizable } from '../linearizable/checker.ts';
import { type KeyJudgement, type OpenKey, registerOf } from '../linearizable/judge-key.ts';
import type { KeyHistory, Subject } from '../linearizable/subject.ts';
import { models } from '../models/registry.ts';
import { openSearchPool, type SearchPool, workerFile } from './pool.ts';
import { type SearchTask, sharedNow, type What } from './search-task.ts';
import { watchLinearizability } from './watch.ts';

export interface ThreadOptions extends CheckOptions {
  /** Default: as many as the machine runs at once. */
  readonly threads?: number;
  /** How long keys are searched on the thread that asks before others are asked to; default 500 ms. */
  readonly firstBudgetMs?: number;
  /**
   * Once a key violates, those before it in the history have this long to be the first that does, or as long as all has taken so far if that
   * is more; default 1 s. The longer, the less depends on who is faster.
   */
  readonly graceMs?: number;
}

/** The first slice of search of each key, and of all keys, on the thread that asks: threads are not worth less. */
const firstSliceMs = 100;
const usualBudgetMs = 500;
/** The first slice of a thread. */
const threadSliceMs = 2_000;
const usualGraceMs = 1_000;
/** How long a thread may take to see that its time is over. */
const lateMs = 150;

/**
 * As the `linearizable` checker, but for who does it. `workload` names the model, which must be one of the registry: functions cannot be sent
 * to another thread. Never throws; all threads are gone when it resolves.
 */
export const checkOnThreads = async (history: History, options: ThreadOptions): Promise<Verdict> => {
  const { workload, threads = availableParallelism(), firstBudgetMs = usualBudgetMs, graceMs = usualGraceMs } = options;
  const file = workerFile('search-worker');
  // One object has one thread's work; the multi-register's own rule about what it starts with is the checker's.
  if (models[workload] === undefined || workload === 'multi-register' || file === undefined || threads < 2)
    return linearizable.check(history, options);
  return models[workload]!(model => decide(openTrial(history, model, options), { workload, file, most: threads, firstBudgetMs, graceMs }));
};

/** The same checker, for whoever can wait for a promise. */
export const linearizableOnThreads: Checker = {
  ...linearizable,
  checkOnThreads,
  online: { workloads: Object.keys(models), watch: watchLinearizability },
};

interface Means {
  readonly workload: string;
  readonly file: string;
  readonly most: number;
  readonly firstBudgetMs: number;
  readonly graceMs: number;
}

const decide = async <State>(trial: Trial<State>, { workload, file, most, firstBudgetMs, graceMs }: Means): Promise<Verdict> => {
  const resident = process.memoryUsage.rss();
  const alone = trial.keys.length === 1;
  judgeAtFirst(trial, alone ? Number.POSITIVE_INFINITY : firstSliceMs, alone ? Number.POSITIVE_INFINITY : firstBudgetMs);
  if (!isOpen(trial)) return concluded(trial);
  const threads = Math.min(most, trial.hard.size);
  const pool = openSearchPool(file, threads, trial.limits.memoryBytes / threads);
  try {
    for (let slice = threadSliceMs; isOpen(trial); slice *= 10)
      await searchOnce(trial, pool, slice, { workload, threads, resident, graceMs });
  } finally {
    await pool.close();
  }
  return concluded(trial);
};

interface Crew {
  readonly workload: string;
  readonly threads: number;
  readonly resident: number;
  readonly graceMs: number;
}

/** Every hard key for one slice, or its fair share of the time. */
const searchOnce = async <State>(trial: Trial<State>, pool: SearchPool, sliceMs: number, crew: Crew): Promise<void> => {
  const { keys, hard, limits, judgements, beganMs } = trial;
  const placeOf = new Map(keys.map((key, place) => [key, place]));
  const queue = [...hard.keys()];
  const running = new Map<number, AbortController>();
  const timers: NodeJS.Timeout[] = [];
  let first = keys.length;
  const stop = (from: number): void => {
    first = Math.min(first, from);
    for (const [place, controller] of running) if (place > first) controller.abort();
  };
  const note = (key: KeyHistory, found: KeyJudgement): void => {
    judgements.set(key, found);
    if (!isOutOfTime(found)) hard.delete(key);
    if (found.outcome !== 'violation') return;
    stop(placeOf.get(key)!);
    const grace = Math.max(crew.graceMs, limits.now() - beganMs);
    timers.push(setTimeout(() => stop(-1), grace));
  };
  const lane = async (): Promise<void> => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      const place = placeOf.get(key)!;
      const left = limits.deadline - limits.now();
      if (place > first || left <= 0) continue;
      const share = Math.max(Math.min(sliceMs, left), (left * crew.threads) / (queue.length + crew.threads));
      const controller = new AbortController();
      running.set(place, controller);
      const answer = await pool.search(taskOf(key, Math.min(share, left), trial, crew), controller.signal);
      running.delete(place);
      if (answer === undefined && controller.signal.aborted) continue;
      const { guards } = hard.get(key)!;
      note(
        key,
        answer === undefined ? brokeDown : { ...answer, ...(answer.outcome === 'violation' && guards && { register: registerOf(guards) }) },
      );
    }
  };
  timers.push(setTimeout(() => stop(-1), Math.max(0, limits.deadline - limits.now()) + lateMs));
  await Promise.all(Array.from({ length: crew.threads }, lane));
  for (const timer of timers) clearTimeout(timer);
  forgetLater(trial, placeOf);
};

/** Of violations that threads found only the first in the history's order is told: who else was in time is chance. */
const forgetLater = <State>({ judgements, keys }: Trial<State>, placeOf: ReadonlyMap<KeyHistory, number>): void => {
  const violating = keys.filter(key => judgements.get(key)?.outcome === 'violation');
  for (const key of violating.slice(1)) if (placeOf.has(key)) judgements.delete(key);
};

const brokeDown: KeyJudgement = { outcome: 'undecided', method: 'search', suspects: [], reason: 'memory', configurations: 0 };

const taskOf = <State>(key: KeyHistory, ms: number, { limits, hard }: Trial<State>, crew: Crew): SearchTask => ({
  what: whatOf(key, hard.get(key)!, crew.workload),
  deadline: sharedNow() + ms,
  memoryBytes: limits.memoryBytes / crew.threads,
  residentBytes: crew.resident,
  threads: crew.threads,
});

/** Which values a register held does not matter to the search, only how many there were. */
const whatOf = ({ subjects }: KeyHistory, { guards }: OpenKey, model: string): What =>
  guards === undefined ? { model, subjects: subjects.map(plain) } : { guards: { ...guards, values: guards.values.map(() => null) } };

/** Subjects may make their events when asked: only data can be copied. */
const plain = ({ invoke, completion, called, returned, client }: Subject): Subject => ({ invoke, completion, called, returned, client });
