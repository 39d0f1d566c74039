/** Every node is asked, again and again, whom it takes for the leader, and of which term. */
import { stream } from '../harness/generator/basic.ts';
import type { Workload } from '../harness/protocol/workload.ts';

export const leaderElection: Workload = {
  name: 'leader-election',
  summary: 'ask every node for the leader and the term: no term has two',
  options: {},
  models: ['leader-election'],
  readOnly: ['leader'],
  generator: () => stream(() => ({ f: 'leader', value: null })),
};
