/** Partition: packets between nodes are held, in silence, as on a cable that was cut; bytes on their way arrive after it is healed. */
import type { Fault } from '../../harness/protocol/fault.ts';
import { durationOption } from './duration-option.ts';
import { nothingInjected } from './evidence.ts';
import { injectLeaderChurn } from './leader-churn.ts';
import { partitionFlows, partitionVariants, planPartition } from './partition-plan.ts';
import { cut } from './silence.ts';
import { resolveTarget } from './targets.ts';
import { injectToxic } from './toxic-fault.ts';

export const partition: Fault = {
  kind: 'partition',
  needs: ['peer-links'],
  summary: 'cuts links between nodes; established connections fall silent too',
  options: {
    variant: {
      default: 'any',
      summary: 'how the cluster is split',
      choices: ['any', ...Object.keys(partitionVariants)],
    },
    durationMs: durationOption,
  },
  plan: planPartition,
  inject: async (plan, context) => {
    const { cluster } = context;
    if (cluster.nodes.length < 2) return nothingInjected('there is only one node, nobody to cut it off from');
    if (plan.params.variant === 'leader-churn') return injectLeaderChurn(plan, context);
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    return injectToxic(context, cut(partitionFlows(plan, nodes, cluster.nodes)));
  },
};
