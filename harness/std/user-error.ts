/** What went wrong, as the exit code tells it: bad flag or config, bad input data, or a machine that lacks something. */
export type Blame = 'usage' | 'data' | 'environment';

/**
 * A mistake that a person can mend. `message` says what was tried and with which value (and unit); `hint` says what to do next.
 * `code` is stable and may be matched by scripts, for instance `port-in-use`.
 */
export class UserError extends Error {
  readonly code: string;
  readonly blame: Blame;
  readonly hint: string | undefined;

  constructor(blame: Blame, code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'UserError';
    this.blame = blame;
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** What was thrown, if it blames the environment; also where a config file brought another copy of this package along. */
export const environmentError = (thrown: unknown): UserError | undefined => {
  if (!(thrown instanceof Error) || thrown.name !== 'UserError') return undefined;
  const { blame, code, message, hint, cause } = thrown as UserError;
  return blame === 'environment' ? new UserError(blame, code, message, { ...(hint === undefined ? {} : { hint }), cause }) : undefined;
};
