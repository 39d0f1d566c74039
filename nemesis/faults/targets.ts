/** Whom a fault hits: drawn from the seed when it is planned, roles looked up when the moment comes. */
import type { ClusterShape, FaultContext, ScheduledFault, Target } from '../../harness/protocol/fault.ts';
import type { OptionSpec, OptionValue } from '../../harness/protocol/options.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { createRng, pickWeighted, type Rng } from '../../harness/std/rng.ts';

export const targetNames = ['one', 'leader', 'followers', 'minority', 'majority', 'all'] as const;
export type TargetName = (typeof targetNames)[number];

export const targetOption: OptionSpec = { default: 'any', summary: 'which nodes it hits', choices: ['any', ...targetNames] };

/** Named nodes wherever the seed can name them; a role only where it must be looked up. */
export const planTarget = (rng: Rng, shape: ClusterShape, wanted: OptionValue | undefined): Target => {
  const name = wanted === undefined || wanted === 'any' ? drawTargetName(rng, shape) : (wanted as TargetName);
  if (name === 'leader' || name === 'followers') return { role: name };
  return { nodes: drawNodes(rng, shape.nodes, name) };
};

const drawTargetName = (rng: Rng, { nodes, hasRoles }: ClusterShape): TargetName =>
  pickWeighted<TargetName>(rng, [
    ['one', 3],
    ...(hasRoles ? ([['leader', 3]] as const) : []),
    ...(nodes.length >= 3 ? ([['minority', 2]] as const) : []),
    ...(nodes.length >= 3 ? ([['majority', 1]] as const) : []),
    ['all', 1],
  ]);

/** Sorted as the cluster has them, so that a schedule reads well. A minority of less than three nodes is one node. */
export const drawNodes = (rng: Rng, nodes: readonly NodeId[], name: 'one' | 'minority' | 'majority' | 'all'): NodeId[] => {
  const largestMinority = Math.max(1, Math.floor((nodes.length - 1) / 2));
  const sizes = {
    one: 1,
    minority: 1 + rng.int(largestMinority),
    majority: Math.floor(nodes.length / 2) + 1,
    all: nodes.length,
  };
  const drawn = new Set(rng.shuffle(nodes).slice(0, sizes[name]));
  return nodes.filter(node => drawn.has(node));
};

/** How long a fault waits for a leader before it gives up: a few election time-outs. */
const leaderMs = 1500;

/** The nodes that a planned fault hits now. Empty, with the reason, when nobody plays the part. */
export const resolveTarget = async (
  { id, target }: Pick<ScheduledFault, 'id' | 'target'>,
  context: FaultContext,
): Promise<{ nodes: readonly NodeId[]; reason: string }> => {
  const { cluster } = context;
  if ('nodes' in target) return { nodes: target.nodes, reason: 'no node is named' };
  if (target.role === 'leader') return leaderOf(context);
  if (target.role === 'followers') return { nodes: (await context.roles()).followers, reason: 'no follower is known' };
  return { nodes: drawNodes(createRng(id), cluster.nodes, target.role), reason: 'the cluster has no nodes' };
};

const leaderOf = async (context: FaultContext): Promise<{ nodes: readonly NodeId[]; reason: string }> => {
  if (context.system.roles === undefined) return { nodes: [], reason: 'this system has no leader' };
  for (const deadline = Date.now() + leaderMs; ; await sleep(25, context.signal)) {
    const { leader } = await context.roles();
    if (leader !== undefined) return { nodes: [leader], reason: '' };
    if (Date.now() >= deadline || context.signal.aborted) return { nodes: [], reason: `nobody led for ${leaderMs} ms` };
  }
};
