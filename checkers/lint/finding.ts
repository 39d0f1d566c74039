/** What the lint of histories finds, and the list of all that it can find. */
import type { Event } from '../../harness/history/event.ts';
import { type Operation, operationIndex } from '../../harness/history/operation.ts';

/**
 * `error`: the history contradicts itself, and a verdict on it means nothing. `warning`: the verdict may be wrong, or means less than it
 * seems. `note`: good to know.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface LintFinding {
  readonly code: LintCode;
  readonly severity: Severity;
  /** The first few it is about, by `operationIndex`, or of single events by their index; in history order. */
  readonly operations: readonly number[];
  /** How many there are in all; 0 where it is about the history as a whole. */
  readonly count: number;
  /** What is odd, what that means, and what to do. */
  readonly message: string;
}

/** Every code, in the order in which findings are listed. Also the reference page. */
export const lintRules = {
  'two-open-operations': 'a process began an operation before its last one had ended',
  'completion-without-invoke': 'a process ended what it had not begun',
  'completion-differs': 'a completion names another operation or key than its invocation',
  'index-order': 'indices are not the positions of the events',
  'time-backwards': 'an event is earlier than the one before it',
  'process-reused': 'a process went on after an operation of unknown outcome',
  'timeout-as-fail': 'an operation that may change something is recorded as failed, for a reason that leaves its outcome open',
  'failed-write-seen': 'the value of a failed operation was seen later, although nobody else wrote it',
  'answer-differs': 'an operation is recorded as done with another value than the one that was asked for',
  'mixed-types': 'a value was seen that nobody wrote, but its like as a string, or as a number, was written',
  'mixed-keys': 'a key occurs as a string and as a number',
  'repeated-values': 'a value was written more than once where unique values make the checker faster, or are what it needs',
  'no-operations': 'no client did anything',
  'nothing-succeeded': 'no operation succeeded',
  'nothing-read': 'nothing that succeeded shows what was there',
  'nothing-written': 'nothing that may change anything succeeded',
  'same-answer': 'every read was answered the same although different things were written',
  'one-process': 'a single process did everything',
  'no-overlap': 'no two operations were under way at once',
  'no-overlap-on-key': 'operations on the same key were never under way at once',
  'single-use-processes': 'no process did more than one thing',
  'mostly-unknown': 'the outcome of more than half of the operations is unknown',
  'mostly-failed': 'more than nine in ten operations failed',
  'idle-fault': 'while a fault was in force nobody asked for anything',
  'silence-after-faults': 'nothing succeeded after the last fault',
  'no-times': 'events have no times',
  'time-unit': 'times look like milliseconds, not nanoseconds',
} as const;

export type LintCode = keyof typeof lintRules;

const mostNamed = 5;

/** Collects what a finding is about: the first few by name, all by count. */
export interface Tally {
  count: number;
  readonly first: number[];
}

export const createTally = (): Tally => ({ count: 0, first: [] });

export const note = (tally: Tally, index: number): void => {
  tally.count++;
  if (tally.first.length < mostNamed) tally.first.push(index);
};

export const noteOperation = (tally: Tally, operation: Operation): void => {
  tally.count++;
  if (tally.first.length < mostNamed) tally.first.push(operationIndex(operation));
};

/** A finding, if there was anything. */
export const told = (
  code: LintCode,
  severity: Severity,
  { count, first }: Tally,
  message: (count: number) => string,
): readonly LintFinding[] =>
  count === 0 ? [] : [{ code, severity, operations: first.toSorted((a, b) => a - b), count, message: message(count) }];

/** One about the history as a whole. */
export const overall = (code: LintCode, severity: Severity, message: string): LintFinding => ({
  code,
  severity,
  operations: [],
  count: 0,
  message,
});

/** `1 operation`, `2 operations`. */
export const counted = (count: number, thing: string, things = `${thing}s`): string => `${count} ${count === 1 ? thing : things}`;

export const percent = (part: number): string => `${Math.round(part * 100)} %`;

/** A history without times has line numbers for them: an event every few nanoseconds. */
export const hasTimes = (history: readonly Event[]): boolean => {
  const last = history.at(-1);
  return last !== undefined && last.time > 10 * (last.index + 1);
};
