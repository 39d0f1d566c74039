/** What the functions of the library share: limits with defaults, and the refusal of histories of something else. */
import type { History } from '../../harness/history/event.ts';
import type { CheckOptions } from '../../harness/protocol/checker.ts';
import { UserError } from '../../harness/std/user-error.ts';
import { misfitIn } from '../models/vocabulary.ts';

/** How long and how much. What runs out first makes the verdict `unknown`, never wrong. */
export interface Limits {
  /** Default 60,000 ms. */
  readonly timeLimitMs?: number;
  /** For the checker's own tables. Default 2 GiB. */
  readonly memoryLimitBytes?: number;
}

export const settled = (workload: string, { timeLimitMs = 60_000, memoryLimitBytes = 2 ** 31 }: Limits): CheckOptions => ({
  workload,
  timeLimitMs,
  memoryLimitBytes,
});

/**
 * A model lets pass whatever it does not know, so a history of something else would be valid for no reason. Throws a `UserError`,
 * `wrong-operation`. Nothing is refused of an object of one's own, which names no workload.
 */
export const refuseMisfits = (history: History, workload: string | undefined): void => {
  const misfit = workload === undefined ? undefined : misfitIn(history, workload);
  if (misfit === undefined) return;
  const { index, expected, found } = misfit;
  throw new UserError('data', 'wrong-operation', `event ${index} of the history: expected ${expected}, found ${found}`, {
    hint: 'judge it by the model of its own operations, or rename them as docs/architecture.md, "The history", says',
  });
};
