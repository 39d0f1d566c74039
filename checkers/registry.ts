/** All checkers, found by consistency model and workload. */
import type { Checker } from '../harness/protocol/checker.ts';
import { UserError } from '../harness/std/user-error.ts';
import { linearizable } from './linearizable/checker.ts';

export const checkers: readonly Checker[] = [linearizable];

/** The checker that judges this model on histories of this workload. Throws a usage error that lists what there is. */
export const checkerFor = (model: string, workload: string): Checker => {
  const found = checkers.find(checker => checker.model === model && checker.workloads.includes(workload));
  if (found !== undefined) return found;
  const offered = checkers.map(checker => `${checker.model} (${checker.workloads.join(', ')})`).join('; ');
  throw new UserError('usage', 'no-checker', `no checker judges model ${model} on workload ${workload}`, { hint: `there are: ${offered}` });
};
