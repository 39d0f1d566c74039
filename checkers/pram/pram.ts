/**
 * PRAM (pipelined RAM, FIFO): each session sees all writes in one order of its own that keeps every session's program order.
 *
 * With every read traced to its write that fails exactly by `CyclicHB` or `WriteHBInitRead`, as of causal memory but from program order
 * alone. Of another session only the operations from the first to the last one seen can matter: O(n·c·rounds) for c sessions at a time; see
 * levels.ts.
 * Sources: Lipton & Sandberg, "PRAM: a scalable shared memory", 1988; Wei, Huang, Cao & Lu, TPDS 2016.
 */
import type { Judge } from '../read-write/finding.ts';
import type { Past } from '../read-write/levels.ts';
import { judgeOwnViews } from '../read-write/own-views.ts';

const names = { cycle: 'CyclicHB', init: 'WriteHBInitRead', plain: 'CyclicHB' };

const programOrder: Past = { causal: false, each: () => {} };

export const judgePram: Judge = (trace, limits) => judgeOwnViews(trace, programOrder, names, limits);
