/** Kill: SIGKILL, and a start with the same data when it is healed. */
import type { Fault, FaultContext, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { type Claim, claim } from './claims.ts';
import { durationOption } from './duration-option.ts';
import { effective, ineffective, listed, nothingInjected } from './evidence.ts';
import { planTarget, resolveTarget, targetOption } from './targets.ts';

/** For putting back what a half-done injection had killed. */
const undoMs = 10_000;

export const kill: Fault = {
  kind: 'kill',
  needs: ['kill'],
  summary: 'SIGKILL, then a restart on the same data',
  options: { target: targetOption, durationMs: durationOption },
  plan: (rng, shape, options) => ({ target: planTarget(rng, shape, options.target), params: {} }),
  inject: async (plan: ScheduledFault, context: FaultContext): Promise<Injected> => {
    const { cluster } = context;
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const alive = nodes.filter(node => cluster.state(node) !== 'stopped');
    if (alive.length === 0) return nothingInjected(`${listed(nodes)} had ended already`);
    const proofs = new Map<NodeId, string>();
    const claims = new Map<NodeId, Claim>();
    const outcomes = await Promise.allSettled(
      alive.map(async node => {
        const proof = await cluster.kill(node);
        proofs.set(node, proof);
        claims.set(node, claim(cluster, node, 'stopped'));
      }),
    );
    const failure = outcomes.find(outcome => outcome.status === 'rejected');
    if (failure) {
      await restartAll(context, claims, within(undoMs)).catch(() => {}); // the first error is the one that counts
      throw failure.reason;
    }
    return {
      targets: alive,
      prove: async () => {
        const up = alive.filter(node => cluster.state(node) !== 'stopped');
        return up.length === 0 ? effective([...proofs.values()].join('; ')) : ineffective(`${listed(up)} run although they were killed`);
      },
      heal: signal => restartAll(context, claims, signal),
    };
  },
};

/** All at once: a majority may only be ready together. */
const restartAll = async ({ cluster }: FaultContext, claims: ReadonlyMap<NodeId, Claim>, signal: AbortSignal) => {
  const failures: string[] = [];
  const since = performance.now();
  await Promise.all(
    [...claims].map(async ([node, held]) => {
      if (!held.held()) return;
      try {
        await cluster.restart(node, signal);
        held.release();
      } catch (thrown) {
        failures.push(`${node} did not come back: ${messageOf(thrown)}`);
      }
    }),
  );
  if (failures.length > 0) return ineffective(failures.join('; '));
  return effective(`${listed([...claims.keys()])} started again and serve after ${Math.round(performance.now() - since)} ms`);
};
