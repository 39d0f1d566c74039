/** Processor consistency as the command line knows it. */
import type { WeakModel } from '../read-write/checker.ts';
import { judgeProcessor } from './processor.ts';

export const processor: WeakModel = {
  model: 'processor',
  summary: 'PRAM, and all sessions agree on the order of the writes of each object',
  judge: judgeProcessor,
  untraced: 'non-processor',
};
