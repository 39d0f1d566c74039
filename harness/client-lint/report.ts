/** What the look at a client gave. */

/** The classic mistakes, and what each does to a verdict. */
export const mistakes = {
  'timeout-as-fail': 'a timeout is reported as fail: the operation may still take effect, and the checker would call that a violation',
  'cut-as-fail': 'a connection that was cut after the request was sent is reported as fail: the server may have done it',
  'nonsense-as-fail': 'an answer that makes no sense is reported as fail: the request was sent, so the server may have done it',
  'swallowed-error': 'ok although nothing was answered: an error was swallowed, and the history claims what never happened',
  'ok-without-value': 'a read is ok without the value that was written before: the answer was not read, or swallowed',
  'hidden-retry': 'one operation was sent more than once: the history shows one, and the server may have done it twice',
  'late-answer': 'it answers after the deadline: the operation is given up by then, and its time in the history is wrong',
  'no-deadline': 'it never answers when the server does not: give every wait a deadline, and say info when it passes',
  'reuse-after-info': 'the answer to an operation that was given up is taken for the answer to the next one: close the connection instead',
  crash: 'it crashes instead of saying info',
  'does-not-work': 'it does not work with the server given by --at',
  'refused-as-info': 'a refused connection is reported as info: nothing was sent, so fail is the stronger truth',
} as const;

export type Mistake = keyof typeof mistakes;

export interface Finding {
  readonly scenario: string;
  readonly mistake: Mistake;
  /** Warnings cost strength, never truth. */
  readonly level: 'mistake' | 'warning';
  /** What was seen. */
  readonly detail: string;
}

export interface ScenarioReport {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
}

export interface LintReport {
  readonly clean: boolean;
  readonly findings: readonly Finding[];
  readonly scenarios: readonly ScenarioReport[];
}
