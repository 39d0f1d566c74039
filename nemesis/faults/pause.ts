/** Pause: SIGSTOP, and SIGCONT when it is healed. The process keeps its connections and its memory and does not know that time passed. */
import type { Evidence, Fault, FaultContext, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { type Claim, claim } from './claims.ts';
import { durationOption } from './duration-option.ts';
import { effective, ineffective, listed, nothingInjected, untilNoComplaint } from './evidence.ts';
import { planTarget, resolveTarget, targetOption } from './targets.ts';

/** A node that runs answers its controller much faster than this. */
const answerMs = 300;

export const pauseNodes: Fault = {
  kind: 'pause',
  needs: ['pause'],
  summary: 'SIGSTOP, then SIGCONT',
  options: { target: targetOption, durationMs: durationOption },
  plan: (rng, shape, options) => ({ target: planTarget(rng, shape, options.target), params: {} }),
  inject: async (plan: ScheduledFault, context: FaultContext): Promise<Injected> => {
    const { cluster } = context;
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const running = nodes.filter(node => cluster.state(node) === 'running');
    if (running.length === 0) return nothingInjected(`${listed(nodes.map(node => `${node} is ${cluster.state(node)}`))} already`);
    const proofs: string[] = [];
    const claims = new Map<NodeId, Claim>();
    const outcomes = await Promise.allSettled(
      running.map(async node => {
        proofs.push(await cluster.pause(node));
        claims.set(node, claim(cluster, node, 'paused'));
      }),
    );
    const failure = outcomes.find(outcome => outcome.status === 'rejected');
    if (failure) {
      await resumeAll(context, claims).catch(() => {}); // the first error is the one that counts
      throw failure.reason;
    }
    return {
      targets: running,
      prove: signal => provePaused(context, running, proofs, signal),
      heal: async signal => {
        await resumeAll(context, claims);
        return proveResumed(context, running, signal);
      },
    };
  },
};

const provePaused = async (
  context: FaultContext,
  nodes: readonly NodeId[],
  proofs: readonly string[],
  signal: AbortSignal,
): Promise<Evidence> => {
  const { cluster } = context;
  const answered = await Promise.all(nodes.map(node => answers(context, node, within(answerMs, signal))));
  const awake = nodes.filter((node, i) => cluster.state(node) === 'running' || answered[i]);
  if (awake.length > 0) return ineffective(`${listed(awake)} answered although paused`);
  return effective(`${proofs.join('; ')}; no answer for ${answerMs} ms`);
};

/** A node that was killed meanwhile, or paused again by somebody else, is not ours to wake. */
const resumeAll = async ({ cluster }: FaultContext, claims: ReadonlyMap<NodeId, Claim>): Promise<void> => {
  const outcomes = await Promise.allSettled(
    [...claims].map(async ([node, held]) => {
      if (!held.held()) return;
      held.release();
      if (cluster.state(node) === 'paused') await cluster.resume(node);
    }),
  );
  const failure = outcomes.find(outcome => outcome.status === 'rejected');
  if (failure) throw new Error(`could not resume: ${messageOf(failure.reason)}`);
};

const proveResumed = async (context: FaultContext, nodes: readonly NodeId[], signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
  const complain = async (): Promise<string | undefined> => {
    const running = nodes.filter(node => cluster.state(node) === 'running');
    const answered = await Promise.all(running.map(node => answers(context, node, within(1000, signal))));
    const mute = running.filter((_, i) => !answered[i]);
    return mute.length > 0 ? `${listed(mute)} did not answer after SIGCONT` : undefined;
  };
  const complaint = await untilNoComplaint(complain, signal);
  if (complaint !== undefined) return ineffective(complaint);
  const others = nodes.filter(node => cluster.state(node) !== 'running').map(node => `${node} is ${cluster.state(node)} by another fault`);
  return effective([`${listed(nodes)} resumed and answer`, ...others].join('; '));
};

const answers = ({ cluster }: FaultContext, node: NodeId, signal: AbortSignal): Promise<boolean> =>
  cluster.ready(node, signal).then(
    () => true,
    () => false,
  );
