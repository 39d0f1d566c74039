/** The seam of the judges: a history in, a verdict out. */
import type { Event, History, Key } from '../history/event.ts';

/** Three-valued truth. Merged: valid < unknown < invalid. */
export type Validity = true | false | 'unknown';

/** A contradiction: operations that no order explains. */
export interface Anomaly {
  /** The name its paper gave it, for instance `stale-read`, `lost-update`, `G1c`. */
  readonly type: string;
  readonly key?: Key;
  /** The operations that together force it, by `operationIndex`, in history order. */
  readonly operations: readonly number[];
  /** Prose that names the contradiction. */
  readonly explanation: string;
}

/** What a checker says of a history. */
export interface Verdict {
  readonly valid: Validity;
  readonly workload: string;
  readonly model: string;
  readonly operations: number;
  readonly keys: number;
  readonly elapsedMs: number;
  readonly anomalies: readonly Anomaly[];
  /** How it was decided, for instance `zones` or `search`. */
  readonly method?: string;
  /** Why it is unknown: what ran out, on which key, and how far the history was verified. */
  readonly unknown?: string;
  /** Things a reader should know although they change no verdict. */
  readonly warnings?: readonly string[];
  /** What the checker measured, with the unit in the name: `stalenessMs`, `convergenceMs`. */
  readonly measured?: Readonly<Record<string, number>>;
  /** Of the models that a history of reads and writes can be judged by: the strongest ones that hold. */
  readonly satisfies?: readonly string[];
  /** The weakest ones that fail, each with its own witness. */
  readonly violates?: readonly ViolatedModel[];
}

/** A consistency model that fails, and how. */
export interface ViolatedModel {
  readonly model: string;
  readonly anomalies: readonly Anomaly[];
}

export interface CheckOptions {
  /** False: only `valid` matters, and anomalies may be left rough, which saves the time to make them small. Default true. */
  readonly explain?: boolean;
  readonly workload: string;
  /** From the history to the verdict, explanation included. */
  readonly timeLimitMs: number;
  /** What the process may grow by. */
  readonly memoryLimitBytes: number;
  /** For `bounded-staleness`: how far behind a read may be. */
  readonly staleness?: { readonly ms?: number | undefined; readonly versions?: number | undefined } | undefined;
}

export interface Checker {
  /** The consistency model or property it judges: `linearizable`. */
  readonly model: string;
  readonly summary: string;
  /** Workloads whose histories it understands. */
  readonly workloads: readonly string[];
  check(history: History, options: CheckOptions): Verdict;
  /** The same with the help of other threads, where that is worthwhile. They are gone when it resolves. */
  checkOnThreads?(history: History, options: CheckOptions): Promise<Verdict>;
  /** Judging while the run goes on, for the workloads listed. */
  readonly online?: { readonly workloads: readonly string[]; watch(options: WatchOptions): Watch };
}

/** A judge beside a run. */
export interface Watch {
  /** The next event of the history. Costs next to nothing. */
  feed(event: Event): void;
  /** Ends it at once. Never rejects. */
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly workload: string;
  readonly memoryLimitBytes: number;
  /** Told once: these operations of what was fed so far are part of a violation of the whole history, whatever comes. */
  readonly onViolation: (violation: SeenViolation) => void;
  /** Judging came to an end before its time. */
  readonly onTrouble: (sentence: string) => void;
}

export interface SeenViolation {
  readonly key: Key | undefined;
  readonly operations: readonly number[];
  /** When the newest answer judged was given: nanoseconds since the run began. */
  readonly timeNs: number;
}

export const mergeValidity = (verdicts: readonly Validity[]): Validity =>
  verdicts.includes(false) ? false : verdicts.includes('unknown') ? 'unknown' : true;
