/** The linearizability checker as the run and the command line know it: workloads by name, each with its model. */
import type { History } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import type { Checker, CheckOptions, Verdict } from '../../harness/protocol/checker.ts';
import { checkListAppend } from '../list-append/check.ts';
import { accessesOf, multiRegister } from '../models/multi-register.ts';
import { models } from '../models/registry.ts';
import { checkLinearizable } from './check.ts';

export const linearizable: Checker = {
  model: 'linearizable',
  summary: 'every operation takes effect at one moment between its call and its return',
  workloads: [...Object.keys(models), 'list-append'],
  check: (history, options) => {
    if (options.workload === 'list-append') return checkListAppend(history, options);
    const verdict = models[options.workload]!(model => checkLinearizable(history, model, options));
    return options.workload === 'multi-register' && verdict.valid === false ? startingAtZero(history, options, verdict) : verdict;
  },
};

/** Histories of multi-registers do not say what the registers start with. One that never shows null may start at 0, as Knossos' do. */
const startingAtZero = (history: History, options: CheckOptions, verdict: Verdict): Verdict => {
  const answers = pairOperations(history).flatMap(({ invoke: { f, value: input }, completion, type }) =>
    type === 'ok' ? accessesOf({ f, input, output: completion!.value }).filter(({ kind }) => kind === 'read') : [],
  );
  if (answers.some(({ value }) => value === null) || !answers.some(({ value }) => value === 0)) return verdict;
  const other = checkLinearizable(history, multiRegister(0), options);
  if (other.valid !== true) return verdict;
  return { ...other, warnings: ['the registers were taken to start at 0: with null the history is not linearizable'] };
};
