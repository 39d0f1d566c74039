/**
 * Causal memory (CM): causal, and each session sees what precedes its operations in one growing order of its own.
 *
 * With every read traced to its write that fails exactly by `CyclicCO`, `WriteCOInitRead`, `WriteCORead`, `WriteHBInitRead` or `CyclicHB`: a
 * cycle of what causality and a session's own reads force on its view. Each session is judged by what went on while it lasted: O(n·c·rounds)
 * for c sessions at a time; see levels.ts.
 * Sources: Ahamad et al., "Causal memory", Distributed Computing 1995; Bouajjani et al., POPL 2017.
 */
import type { Judge } from '../read-write/finding.ts';
import type { Past } from '../read-write/levels.ts';
import { type CausalOrder, causalOrder } from '../read-write/order.ts';
import { judgeOwnViews } from '../read-write/own-views.ts';
import { judgeOrdered } from './causal.ts';

const names = { cycle: 'CyclicHB', init: 'WriteHBInitRead', plain: 'CyclicCO' };

export const judgeMemory: Judge = (trace, limits) => {
  const order = causalOrder(trace, limits);
  if (typeof order === 'string') return order;
  const weaker = judgeOrdered(trace, order, limits);
  if (weaker !== undefined || 'stuck' in order) return weaker;
  return judgeOwnViews(trace, pastBy(order), names, limits);
};

const pastBy = ({ store, clock }: CausalOrder): Past => ({
  causal: true,
  each: (operation, note) => {
    const count = store.beyond(clock[operation]!, 0);
    for (let at = 0; at < count; at++) note(store.difference.session[at]!, store.difference.more[at]!);
  },
});
