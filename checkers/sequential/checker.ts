/** Sequential consistency as the command line knows it: workloads by name, each with its model. */
import type { Checker } from '../../harness/protocol/checker.ts';
import { models } from '../models/registry.ts';
import { checkSequential, sequentialModel } from './check.ts';

export const sequential: Checker = {
  model: sequentialModel.model,
  summary: sequentialModel.summary,
  workloads: Object.keys(models),
  check: (history, options) => models[options.workload]!(model => checkSequential(history, model, options)),
};
