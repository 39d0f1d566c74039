/** Partition and drop: what nodes send each other is held in silence until it is healed, or lost as on a cable that was cut. */
import type { Fault, FaultContext, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import { durationOption } from './duration-option.ts';
import { nothingInjected } from './evidence.ts';
import { type FlowFault, injectOnFlows } from './flow-fault.ts';
import { injectLeaderChurn, type PutCut } from './leader-churn.ts';
import { partitionFlows, partitionVariants, planPartition } from './partition-plan.ts';
import { cut, silence } from './silence.ts';
import { resolveTarget } from './targets.ts';
import { putToxic } from './toxic-fault.ts';
import { putWire } from './wire-fault.ts';

interface Cutter extends Pick<Fault, 'kind' | 'needs' | 'summary'> {
  readonly put: (context: FaultContext) => PutCut;
}

const cutting = ({ put, ...fault }: Cutter): Fault => ({
  ...fault,
  options: {
    variant: {
      default: 'any',
      summary: 'how the cluster is split',
      choices: ['any', ...Object.keys(partitionVariants)],
    },
    durationMs: durationOption,
  },
  plan: planPartition,
  inject: (plan, context) => injectCut(plan, context, put(context)),
});

const injectCut = async (plan: ScheduledFault, context: FaultContext, put: PutCut): Promise<Injected> => {
  const { cluster } = context;
  if (cluster.nodes.length < 2) return nothingInjected('there is only one node, nobody to cut it off from');
  if (plan.params.variant === 'leader-churn') return injectLeaderChurn(plan, context, put);
  const { nodes, reason } = await resolveTarget(plan, context);
  if (nodes.length === 0) return nothingInjected(reason);
  const fault: FlowFault = cut(partitionFlows(plan, nodes, cluster.nodes));
  return injectOnFlows(context, fault, () => put(fault.flows));
};

export const partition: Fault = cutting({
  kind: 'partition',
  needs: ['peer-links'],
  summary: 'cuts links between nodes; established connections fall silent too, and what they held arrives after it',
  put:
    ({ cluster }) =>
    flows =>
      putToxic(cluster.links, flows, silence),
});

export const drop: Fault = cutting({
  kind: 'drop',
  needs: ['wires'],
  summary: 'drops every packet between nodes, TCP or not, as on a cable that was cut',
  put: context => flows => putWire(context, flows, { type: 'drop' }),
});
