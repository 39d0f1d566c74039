/** Which links a link fault is put on: all of them, those of one node, or a random few. */
import type { Flow, Links } from '../../harness/protocol/cluster.ts';
import type { ClusterShape, FaultPlan, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { OptionSpec, OptionValue } from '../../harness/protocol/options.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { pickWeighted, type Rng } from '../../harness/std/rng.ts';
import { randomPairs } from './partition-plan.ts';
import { drawNodes } from './targets.ts';

export type Scope = 'one-node' | 'leader' | 'some-links' | 'all';

export const scopeOption: OptionSpec = {
  default: 'any',
  summary: 'which links: those of one node (of the leader), some between nodes, or all',
  choices: ['any', 'one-node', 'leader', 'some-links', 'all'],
};

/** Pure. `params` belong into the plan's. */
export const planScope = (rng: Rng, { nodes, hasRoles }: ClusterShape, wanted: OptionValue | undefined): FaultPlan => {
  const scope =
    wanted === undefined || wanted === 'any'
      ? pickWeighted<Scope>(rng, [
          ['one-node', 2],
          ...(hasRoles ? ([['leader', 2]] as const) : []),
          ...(nodes.length > 1 ? ([['some-links', 2]] as const) : []),
          ['all', 1],
        ])
      : (wanted as Scope);
  if (scope === 'leader') return { target: { role: 'leader' }, params: { scope } };
  if (scope === 'one-node') return { target: { nodes: drawNodes(rng, nodes, 'one') }, params: { scope } };
  if (scope === 'all') return { target: { role: 'all' }, params: { scope } };
  return { target: { role: 'all' }, params: { scope, links: randomPairs(rng, nodes, 0.4) } };
};

/** The flows of a planned scope, among those that the cluster's links carry. */
export const scopeFlows = ({ params }: Pick<ScheduledFault, 'params'>, hit: readonly NodeId[], links: Links): Flow[] => {
  if (params.scope === 'all') return [...links.flows];
  if (params.scope !== 'some-links') return links.flows.filter(({ from, to }) => hit.includes(from) || hit.includes(to));
  return (params.links as string[][]).map(([from, to]) => ({ from: from!, to: to! }));
};
