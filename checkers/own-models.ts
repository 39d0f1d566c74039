/** Models of one's own beside ours: the checkers that take any model know them by their workload's name. */
import type { Checker } from '../harness/protocol/checker.ts';
import { checkLinearizable } from './linearizable/check.ts';
import type { Model } from './linearizable/model.ts';
import { checkSequential } from './sequential/check.ts';

/** The checker with these models' workloads added; one that takes no model stays as it is. A name given twice is the own one's. */
export const withOwnModels = (checker: Checker, own: readonly Model[]): Checker => {
  const judge = checker.model === 'linearizable' ? checkLinearizable : checker.model === 'sequential' ? checkSequential : undefined;
  if (judge === undefined || own.length === 0) return checker;
  const models = new Map(own.map(model => [model.workload ?? model.name, model]));
  const { checkOnThreads } = checker;
  const check: Checker['check'] = (history, options) => {
    const model = models.get(options.workload);
    return model === undefined ? checker.check(history, options) : judge(history, model, options);
  };
  return {
    ...checker,
    workloads: [...new Set([...checker.workloads, ...models.keys()])],
    check,
    ...(checkOnThreads && {
      checkOnThreads: async (history, options) =>
        models.has(options.workload) ? check(history, options) : checkOnThreads.call(checker, history, options),
    }),
  };
};
