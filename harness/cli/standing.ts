/** Where a history of reads and writes stands among the consistency models, told with its verdict. */
import { hasStanding, standing } from '../../checkers/lattice.ts';
import type { History } from '../history/event.ts';
import type { Checker, CheckOptions, Verdict } from '../protocol/checker.ts';
import { memoryLeft } from '../run/judge.ts';
import { messageOf } from '../std/user-error.ts';

type Limits = Pick<CheckOptions, 'timeLimitMs' | 'memoryLimitBytes' | 'staleness'>;

/**
 * Where a history stands among the models is told with every verdict, as long as that takes no time to speak of and there is some left:
 * reading the history once more takes a while, too. `--model all` takes the whole limit.
 */
const longestStandingMs = 2000;
const openingMsPerOperation = 0.002;

export const withStanding = (verdict: Verdict, history: History, limits: Limits): Verdict => {
  if (verdict.model === 'all' || !hasStanding(verdict.workload) || verdict.operations === 0) return verdict;
  const timeLimitMs = Math.min(limits.timeLimitMs, longestStandingMs);
  if (verdict.valid !== true && timeLimitMs < verdict.operations * openingMsPerOperation) return verdict;
  const options = { ...limits, workload: verdict.workload, timeLimitMs, memoryLimitBytes: memoryLeft(limits.memoryLimitBytes) };
  try {
    return { ...verdict, ...standing(history, options, [verdict]) };
  } catch (error) {
    return {
      ...verdict,
      warnings: [...(verdict.warnings ?? []), `the weaker models could not be judged, which is a bug: ${messageOf(error)}`],
    };
  }
};

/** The same checker, which says of a violated history what holds instead. A run that kept its promise is asked nothing more. */
export const tellingStanding = (checker: Checker): Checker => {
  const { checkOnThreads } = checker;
  const after = (verdict: Verdict, history: History, options: CheckOptions, began: number): Verdict => {
    const timeLimitMs = options.timeLimitMs - (performance.now() - began);
    // Who wants no explanation wants the verdict alone, perhaps of a thousand histories.
    return verdict.valid === false && timeLimitMs > 0 && options.explain !== false
      ? withStanding(verdict, history, { ...options, timeLimitMs })
      : verdict;
  };
  return {
    ...checker,
    check: (history, options) => {
      const began = performance.now();
      return after(checker.check(history, options), history, options, began);
    },
    ...(checkOnThreads && {
      checkOnThreads: async (history: History, options: CheckOptions) => {
        const began = performance.now();
        return after(await checkOnThreads(history, options), history, options, began);
      },
    }),
  };
};
