/** `--model all`: linearizability, and with all the time that is left where the history stands among the weaker models. */
import type { Checker } from '../harness/protocol/checker.ts';
import { standing } from './lattice.ts';
import { linearizable } from './linearizable/checker.ts';
import { readWriteWorkloads } from './read-write/door.ts';

/** Share of the time for linearizability itself. */
const firstShare = 0.5;

export const everything: Checker = {
  model: 'all',
  summary: 'linearizable or not, and besides: the strongest models that hold, the weakest that fail',
  workloads: readWriteWorkloads,
  check: (history, options) => {
    const began = performance.now();
    const verdict = linearizable.check(history, { ...options, timeLimitMs: options.timeLimitMs * firstShare });
    const left = { ...options, timeLimitMs: Math.max(0, options.timeLimitMs - (performance.now() - began)) };
    const found = standing(history, left, [verdict]);
    return { ...verdict, model: 'all', ...found, elapsedMs: performance.now() - began };
  },
};
