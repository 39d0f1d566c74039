/** The three causal models as the command line knows them. */
import { readWriteChecker, type WeakModel } from '../read-write/checker.ts';
import { judgeCausal } from './causal.ts';
import { judgeConvergence } from './convergence.ts';
import { judgeMemory } from './memory.ts';

export const causal: WeakModel = {
  model: 'causal',
  summary: 'each read can be explained by some order of what causally precedes it (CC)',
  judge: judgeCausal,
  untraced: 'non-causal',
};

export const causalConvergence: WeakModel = {
  model: 'causal-convergence',
  summary: 'causal, and all sessions agree on one order of conflicting writes (CCv)',
  judge: judgeConvergence,
  untraced: 'non-convergent',
};

export const causalMemory: WeakModel = {
  model: 'causal-memory',
  summary: 'causal, and each session sees its causal past in one growing order of its own (CM)',
  judge: judgeMemory,
  untraced: 'non-causal-memory',
  exactUntraced: false,
};

export const causalCheckers = [causal, causalConvergence, causalMemory].map(readWriteChecker);
