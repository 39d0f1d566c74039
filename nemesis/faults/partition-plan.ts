/** Plans partitions: a variant, and for it nodes and groups, all drawn from the seed. Pure. */
import type { Flow } from '../../harness/protocol/cluster.ts';
import type { ClusterShape, FaultPlan, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { Options } from '../../harness/protocol/options.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { pickWeighted, type Rng } from '../../harness/std/rng.ts';
import { UserError } from '../../harness/std/user-error.ts';
import { allPairs, around, bridge, majoritiesRing, oneWay } from './partition-flows.ts';
import { drawNodes } from './targets.ts';

interface VariantSpec {
  readonly weight: number;
  readonly summary: string;
  readonly minNodes: number;
  readonly needsRoles?: boolean;
}

export const partitionVariants = {
  'isolate-one': { weight: 2, minNodes: 2, summary: 'one node from all others' },
  'isolate-leader': { weight: 4, minNodes: 2, needsRoles: true, summary: 'the leader of the moment from all others' },
  halves: { weight: 2, minNodes: 2, summary: 'two groups of equal size (give or take one)' },
  'majority-minority': { weight: 2, minNodes: 3, summary: 'a minority from the rest' },
  'majorities-ring': { weight: 2, minNodes: 3, summary: 'every node hears a majority, no two the same one' },
  bridge: { weight: 1, minNodes: 3, summary: 'two groups that see each other only through one node' },
  'one-way': { weight: 2, minNodes: 2, summary: 'a node that can send but not receive, or the reverse' },
  'random-links': { weight: 2, minNodes: 2, summary: 'random links, each in one direction' },
  'leader-churn': {
    weight: 2,
    minNodes: 3,
    needsRoles: true,
    summary: 'each newly elected leader, with at most one follower, as soon as it is elected',
  },
} as const satisfies Record<string, VariantSpec>;

export type PartitionVariant = keyof typeof partitionVariants;

const names = Object.keys(partitionVariants) as PartitionVariant[];
const specOf = (name: PartitionVariant): VariantSpec => partitionVariants[name];

const possible = (name: PartitionVariant, { nodes, hasRoles }: ClusterShape): boolean =>
  nodes.length >= specOf(name).minNodes && (hasRoles || specOf(name).needsRoles !== true);

/** Throws a usage error when the variant that was asked for cannot be on this cluster. */
export const planPartition = (rng: Rng, shape: ClusterShape, options: Options): FaultPlan => {
  const wanted = options.variant;
  const variant = wanted === undefined || wanted === 'any' ? drawVariant(rng, shape) : (wanted as PartitionVariant);
  if (wanted === variant && !possible(variant, shape)) throw impossible(variant, shape);
  return planVariant(variant, rng, shape);
};

/** A single node cannot be cut off from anybody; the plan says isolate-one, and its injection that it had no effect. */
const drawVariant = (rng: Rng, shape: ClusterShape): PartitionVariant => {
  const candidates = names.filter(name => possible(name, shape));
  return candidates.length === 0
    ? 'isolate-one'
    : pickWeighted(
        rng,
        candidates.map(name => [name, specOf(name).weight] as const),
      );
};

const impossible = (variant: PartitionVariant, { nodes, hasRoles }: ClusterShape): UserError => {
  const { minNodes, needsRoles } = specOf(variant);
  const lacks = needsRoles && !hasRoles ? 'a system that tells who leads' : `${minNodes} nodes, and there are ${nodes.length}`;
  return new UserError('usage', 'impossible-partition', `partition.variant=${variant} needs ${lacks}`, {
    hint: `possible here: ${names.filter(name => possible(name, { nodes, hasRoles })).join(', ') || 'none'}`,
  });
};

const planVariant = (variant: PartitionVariant, rng: Rng, { nodes, hasRoles }: ClusterShape): FaultPlan => {
  const one = (): NodeId[] => drawNodes(rng, nodes, 'one');
  switch (variant) {
    case 'isolate-one':
      return { target: { nodes: one() }, params: { variant } };
    case 'isolate-leader':
      return { target: { role: 'leader' }, params: { variant } };
    case 'halves':
      return { target: { nodes: half(rng, nodes) }, params: { variant } };
    case 'majority-minority':
      return { target: { nodes: drawNodes(rng, nodes, 'minority') }, params: { variant } };
    case 'majorities-ring':
      return { target: { role: 'all' }, params: { variant, circle: rng.shuffle(nodes) } };
    case 'bridge': {
      const [middle, ...others] = rng.shuffle(nodes);
      return { target: { nodes: [middle!] }, params: { variant, left: half(rng, others) } };
    }
    case 'one-way': {
      const target = hasRoles && rng.chance(0.5) ? ({ role: 'leader' } as const) : { nodes: one() };
      return { target, params: { variant, direction: rng.pick(['in', 'out']) } };
    }
    case 'random-links':
      return { target: { role: 'all' }, params: { variant, cut: randomPairs(rng, nodes, 0.2 + 0.4 * rng.float()) } };
    case 'leader-churn':
      return { target: { role: 'leader' }, params: { variant, seed: rng.int(1_000_000) } };
  }
};

const half = (rng: Rng, nodes: readonly NodeId[]): NodeId[] => {
  const drawn = new Set(rng.shuffle(nodes).slice(0, Math.floor(nodes.length / 2)));
  return nodes.filter(node => drawn.has(node));
};

/** At least one, so that a partition always cuts something. */
export const randomPairs = (rng: Rng, nodes: readonly NodeId[], probability: number): string[][] => {
  const pairs = allPairs(nodes).map(({ from, to }) => [from, to]);
  const drawn = pairs.filter(() => rng.chance(probability));
  return drawn.length > 0 || pairs.length === 0 ? drawn : [rng.pick(pairs)];
};

/** What a planned partition cuts, once its target is known. `leader-churn` cuts as it goes and has no flows of its own. */
export const partitionFlows = ({ params }: Pick<ScheduledFault, 'params'>, hit: readonly NodeId[], nodes: readonly NodeId[]): Flow[] => {
  switch (params.variant as PartitionVariant) {
    case 'isolate-one':
    case 'isolate-leader':
    case 'halves':
    case 'majority-minority':
      return around(hit, nodes);
    case 'majorities-ring':
      return majoritiesRing(params.circle as string[]);
    case 'bridge':
      return bridge(hit[0]!, params.left as string[], nodes);
    case 'one-way':
      return hit.flatMap(node => oneWay(node, params.direction as 'in' | 'out', nodes));
    case 'random-links':
      return (params.cut as string[][]).map(([from, to]) => ({ from: from!, to: to! }));
    case 'leader-churn':
      return [];
  }
};
