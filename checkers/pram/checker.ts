/** PRAM as the command line knows it. */
import type { WeakModel } from '../read-write/checker.ts';
import { judgePram } from './pram.ts';

export const pram: WeakModel = {
  model: 'pram',
  summary: 'each session sees all writes in one order of its own, which keeps the order of every session (FIFO)',
  judge: judgePram,
  untraced: 'non-PRAM',
};
