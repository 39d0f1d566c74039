/**
 * What kill, stop, pause and the faults on a whole node have in common: nodes are claimed, broken all at once, and put back by whoever
 * still holds the claim; an injection that fails half-way is undone before its error is told.
 */
import type { Evidence, Fault, FaultContext, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { Options, OptionTable } from '../../harness/protocol/options.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Rng } from '../../harness/std/rng.ts';
import { type Claim, type Condition, claim, isClaimed } from './claims.ts';
import { durationOption } from './duration-option.ts';
import { listed, nothingInjected } from './evidence.ts';
import { planTarget, resolveTarget, targetOption } from './targets.ts';

type Params = { readonly [name: string]: Json };

/** A node that was hit, with what its breaking left behind: a sentence, or what the provider can prove and undo. */
export interface Hit<T> {
  readonly node: NodeId;
  readonly claim: Claim;
  readonly left: T;
}

export interface NodeFaultSpec<T> extends Pick<Fault, 'kind' | 'needs' | 'summary'> {
  readonly options?: OptionTable;
  /** Draws what the options leave open. */
  readonly draw?: (rng: Rng, options: Options) => Params;
  /** What a node is in as long as the fault holds it; one that is in it already is left alone. */
  readonly condition: Condition;
  /** Nodes that are stopped are never hit; this says whether paused ones are. */
  readonly hitsPaused?: boolean;
  readonly breakNode: (node: NodeId, params: Params, context: FaultContext) => Promise<T>;
  readonly prove: (hits: readonly Hit<T>[], context: FaultContext, signal: AbortSignal) => Promise<Evidence>;
  /** Undoes what is still held, and shows that it is undone. Called again it must do no harm. */
  readonly heal: (hits: readonly Hit<T>[], context: FaultContext, signal: AbortSignal) => Promise<Evidence>;
}

/** For putting back what a half-done injection had broken. */
const undoMs = 10_000;

export const nodeFault = <T>(spec: NodeFaultSpec<T>): Fault => ({
  kind: spec.kind,
  needs: spec.needs,
  summary: spec.summary,
  options: { target: targetOption, ...spec.options, durationMs: durationOption },
  plan: (rng, shape, options) => ({
    target: planTarget(rng, shape, options.target),
    params: spec.draw?.(rng.fork('params'), options) ?? {},
  }),
  inject: async (plan, context) => {
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const obstacles = nodes.map(node => obstacle(spec, node, context));
    const free = nodes.filter((_, i) => obstacles[i] === undefined);
    return free.length === 0 ? nothingInjected(listed(obstacles.flatMap(why => why ?? []))) : breakAll(spec, free, plan, context);
  },
});

const obstacle = <T>({ condition, hitsPaused }: NodeFaultSpec<T>, node: NodeId, { cluster }: FaultContext): string | undefined => {
  const state = cluster.state(node);
  if (state === 'stopped') return `${node} had ended already`;
  if (state === 'paused' && hitsPaused !== true) return `${node} is paused already`;
  // A pause that a restart has ended may still be claimed.
  return condition !== 'paused' && isClaimed(cluster, node, condition) ? `${node} is ${condition} by another fault` : undefined;
};

/** The claim comes first: nobody else shall start on a node that takes a while to break. */
const breakAll = async <T>(
  spec: NodeFaultSpec<T>,
  nodes: readonly NodeId[],
  plan: ScheduledFault,
  context: FaultContext,
): Promise<Injected> => {
  const hits: Hit<T>[] = [];
  const outcomes = await Promise.allSettled(
    nodes.map(async node => {
      const held = claim(context.cluster, node, spec.condition);
      try {
        hits.push({ node, claim: held, left: await spec.breakNode(node, plan.params, context) });
      } catch (thrown) {
        held.release();
        throw thrown;
      }
    }),
  );
  const failure = outcomes.find(outcome => outcome.status === 'rejected');
  if (failure) {
    await spec.heal(hits, context, within(undoMs)).catch(() => {}); // the first error is the one that counts
    throw failure.reason;
  }
  hits.sort((a, b) => nodes.indexOf(a.node) - nodes.indexOf(b.node));
  return {
    targets: nodes,
    prove: signal => spec.prove(hits, context, signal),
    heal: signal => spec.heal(hits, context, signal),
  };
};
