/**
 * How much could this history have revealed? A green verdict is worth what a red one would have cost: so known anomalies are injected into the
 * recorded history at random places, and the checker is asked again. What it catches is the share of such faults that this very run, with its
 * clients, keys and reads, would have brought to light.
 */
import type { History, Key } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import type { Checker, CheckOptions, Validity } from '../../harness/protocol/checker.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';
import { hasTimes } from '../lint/finding.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { type Injected, type Injection, withEdits } from './injection.ts';
import { injectionsOf } from './injections.ts';
import { sentencesOf } from './sentences.ts';

/** One kind of anomaly: how often it was injected, and what became of that. */
export interface PowerKind {
  readonly kind: string;
  readonly summary: string;
  readonly injected: number;
  readonly caught: number;
  /** Of those not caught: where no answer would have been another, so that nobody can know. */
  readonly silent: number;
  /** Where the checker ran out of time; they count as not caught. */
  readonly undecided: number;
  /** `caught` of `injected`, and the 95 % interval (Wilson). */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface Power {
  readonly coverage: Coverage;
  readonly model: string;
  readonly seed: number;
  readonly kinds: readonly PowerKind[];
  /** Why nothing was injected, where that is so. */
  readonly notInjected?: string;
  /** What that means and what to do, for people. */
  readonly advice: readonly string[];
  readonly elapsedMs: number;
}

export interface PowerOptions extends CheckOptions {
  /** For all injections together. */
  readonly budgetMs: number;
  /** The checker's verdict on the history as it is. */
  readonly valid: Validity;
  readonly seed?: number;
  /** Milliseconds; only differences count. Default `performance.now`. */
  readonly now?: () => number;
}

/** Of each kind; more would not make the interval much smaller. */
const mostInjections = 200;
const longestCheckMs = 2000;

/**
 * The report. Only a valid history can be measured by injection. Same history, seed and number of injections: same places; how many there are
 * depends on the time they take. Never throws.
 */
export const measurePower = (history: History, checker: Checker, options: PowerOptions): Power => {
  const now = options.now ?? (() => performance.now());
  const began = now();
  const { workload, seed = 0, valid, budgetMs } = options;
  const operations = pairOperations(history);
  const timed = hasTimes(history);
  const coverage = coverageOf(history, operations, workload, timed);
  const injections = injectionsOf(workload).filter(({ allowedBy }) => !allowedBy?.(checker.model));
  const notInjected = reasonNot(valid, injections, checker.model, workload);
  const deadline = began + budgetMs;
  const catches = catcherOf(history, checker, options, () => Math.min(longestCheckMs, Math.max(1, deadline - now())));
  const kinds =
    notInjected === undefined
      ? sample(injections, { history, operations, timed }, checker.model, {
          rng: createRng(seed).fork('power'),
          catches,
          isOver: () => now() >= deadline,
        })
      : [];
  return {
    coverage,
    model: checker.model,
    seed,
    kinds,
    ...(notInjected !== undefined && { notInjected }),
    advice: sentencesOf(coverage, kinds),
    elapsedMs: now() - began,
  };
};

const reasonNot = (valid: Validity, injections: readonly Injection[], model: string, workload: string): string | undefined => {
  if (valid === false) return 'the history is a violation as it is';
  if (valid === 'unknown') return 'the checker could not decide on the history as it is';
  return injections.length === 0 ? `no anomalies are known for workload ${workload} under ${model}` : undefined;
};

interface Sampling {
  readonly rng: Rng;
  readonly catches: (injected: Injected) => Validity;
  isOver(): boolean;
}

/** One of each kind in turn, so that all come to the same number within the time. */
const sample = (
  injections: readonly Injection[],
  recorded: Parameters<Injection['prepare']>[0],
  model: string,
  { rng, catches, isOver }: Sampling,
): readonly PowerKind[] => {
  const counts = injections.flatMap(injection => {
    const inject = injection.prepare(recorded, model);
    return inject === undefined
      ? []
      : [{ injection, inject, rng: rng.fork(injection.kind), injected: 0, caught: 0, silent: 0, undecided: 0 }];
  });
  for (let round = 0; round < mostInjections && !isOver(); round++)
    for (const count of counts) {
      if (isOver()) break;
      const injected = count.inject(count.rng);
      const verdict = injected.size === 0 ? undefined : catches(injected);
      count.injected++;
      if (verdict === undefined) count.silent++;
      else if (verdict === false) count.caught++;
      else if (verdict === 'unknown') count.undecided++;
    }
  return counts.map(({ injection: { kind, summary }, injected, caught, silent, undecided }) => ({
    kind,
    summary,
    injected,
    caught,
    silent,
    undecided,
    ...wilson(caught, injected),
  }));
};

const z = 1.96;

/** Share with its 95 % interval. Source: Wilson, JASA 1927. Without any trial everything is possible. */
export const wilson = (hits: number, trials: number): { readonly share: number; readonly low: number; readonly high: number } => {
  if (trials === 0) return { share: 0, low: 0, high: 1 };
  const share = hits / trials;
  const middle = (share + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const half = (z / (1 + z ** 2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
};

/** Models that hold of a history if they hold of each key's part of it: then only the part that changed is judged again. */
const localModels = new Set([
  ...['linearizable', 'lock', 'fenced-lock', 'total-queue', 'at-least-once-queue', 'fifo-queue', 'counter', 'set', 'set-full', 'monotonic'],
]);
/** Where `key` is not the object that operations are about, or not all of it. */
const notByKey = new Set(['multi-register', 'rw-register', 'list-append', 'long-fork', 'log', 'bank', 'leader-election', 'unique-ids']);

const catcherOf = (history: History, checker: Checker, options: PowerOptions, timeLimitMs: () => number) => {
  const { workload, memoryLimitBytes, staleness } = options;
  const judge = (changed: History): Validity => {
    try {
      return checker.check(changed, { workload, memoryLimitBytes, staleness, timeLimitMs: timeLimitMs(), explain: false }).valid;
    } catch {
      return 'unknown';
    }
  };
  if (!localModels.has(checker.model) || notByKey.has(workload))
    return (injected: Injected): Validity => judge(withEdits(history, injected));
  const parts = new Map<Key | undefined, { events: History; positionOf: Map<number, number> }>();
  const partOf = (key: Key | undefined) => {
    let part = parts.get(key);
    if (part === undefined) {
      const events = history.filter(event => event.process !== 'nemesis' && event.key === key);
      part = { events, positionOf: new Map(events.map((event, position) => [event.index, position])) };
      parts.set(key, part);
    }
    return part;
  };
  return (injected: Injected): Validity => {
    const [first] = injected.values();
    const { events, positionOf } = partOf(first!.key);
    const isWithin = [...injected].every(([index, event]) => event.key === first!.key && positionOf.has(index));
    if (!isWithin) return judge(withEdits(history, injected));
    const copy = [...events];
    for (const [index, event] of injected) copy[positionOf.get(index)!] = event;
    return judge(copy);
  };
};
