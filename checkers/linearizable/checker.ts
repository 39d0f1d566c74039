/** The linearizability checker as the run and the command line know it: workloads by name, each with its model. */
import type { Checker } from '../../harness/protocol/checker.ts';
import { models } from '../models/registry.ts';
import { checkLinearizable } from './check.ts';

export const linearizable: Checker = {
  model: 'linearizable',
  summary: 'every operation takes effect at one moment between its call and its return',
  workloads: Object.keys(models),
  check: (history, options) => models[options.workload]!(model => checkLinearizable(history, model, options)),
};
