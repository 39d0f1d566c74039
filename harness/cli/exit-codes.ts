/** The contract of exit codes. Scripts and CI read them. */
import type { Validity } from '../protocol/checker.ts';
import { type Blame, UserError } from '../std/user-error.ts';

export const exitCode = {
  valid: 0,
  violation: 1,
  unknown: 2,
  budget: 3,
  environment: 4,
  usage: 64,
  data: 65,
  interrupted: 130,
} as const;

const byBlame: Readonly<Record<Blame, number>> = { usage: exitCode.usage, data: exitCode.data, environment: exitCode.environment };

export const exitCodeOfVerdict = (valid: Validity): number =>
  valid === true ? exitCode.valid : valid === false ? exitCode.violation : exitCode.unknown;

/** Anything that is not a user's mistake is a fault of the environment, or ours: never mistaken for a verdict. */
export const exitCodeOfError = (error: unknown): number => (error instanceof UserError ? byBlame[error.blame] : exitCode.environment);
