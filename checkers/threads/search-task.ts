/** What a searching thread is given and what it answers. Plain data: it is copied from thread to thread. */
import type { KeyJudgement } from '../linearizable/judge-key.ts';
import type { Subject } from '../linearizable/subject.ts';

export interface SearchTask {
  /** The workload whose model it is, by its name in the registry: functions cannot be copied. */
  readonly model: string;
  readonly subjects: readonly Subject[];
  /** Milliseconds since 1970, a clock that all threads share. */
  readonly deadline: number;
  /** For this thread alone. */
  readonly memoryBytes: number;
  /** Resident memory of the process when the check began, and among how many threads what it grew by is divided. */
  readonly residentBytes: number;
  readonly threads: number;
}

export type SearchAnswer = Omit<KeyJudgement, 'register'>;

/** The clock of `SearchTask.deadline`. */
export const sharedNow = (): number => performance.timeOrigin + performance.now();
