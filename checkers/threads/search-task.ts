/** What a searching thread is given and what it answers. Plain data: it is copied from thread to thread. */
import type { Guards } from '../linearizable/guards.ts';
import type { KeyJudgement } from '../linearizable/judge-key.ts';
import type { Subject } from '../linearizable/subject.ts';

export interface SearchTask {
  readonly what: What;
  /** Milliseconds since 1970, a clock that all threads share. */
  readonly deadline: number;
  /** For this thread alone. */
  readonly memoryBytes: number;
  /** Resident memory of the process when the check began, and among how many threads what it grew by is divided. */
  readonly residentBytes: number;
  readonly threads: number;
}

/** A register-like key as columns, which are copied in no time; any other as operations and the name of its model: functions cannot be copied. */
export type What = { readonly guards: Guards } | { readonly model: string; readonly subjects: readonly Subject[] };

export type SearchAnswer = Omit<KeyJudgement, 'register'>;

/** The clock of `SearchTask.deadline`. */
export const sharedNow = (): number => performance.timeOrigin + performance.now();
