/** Pause: SIGSTOP, and SIGCONT when it is healed. The process keeps its connections and its memory and does not know that time passed. */
import type { Evidence, Fault, FaultContext } from '../../harness/protocol/fault.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { answerAgain, answers } from './answers.ts';
import { effective, ineffective, listed } from './evidence.ts';
import { type Hit, nodeFault } from './node-fault.ts';

/** A node that runs answers its controller much faster than this. */
const silentMs = 300;

export const pauseNodes: Fault = nodeFault<string>({
  kind: 'pause',
  needs: ['pause'],
  summary: 'SIGSTOP, then SIGCONT',
  condition: 'paused',
  breakNode: (node, _params, { cluster }) => cluster.pause(node),
  prove: (hits, context, signal) => provePaused(hits, context, signal),
  heal: async (hits, context, signal) => {
    await resumeAll(hits, context);
    return answerAgain(
      context,
      hits.map(({ node }) => node),
      'resumed',
      signal,
    );
  },
});

const provePaused = async (hits: readonly Hit<string>[], context: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
  const nodes = hits.map(({ node }) => node);
  const answered = await Promise.all(nodes.map(node => answers(context, node, within(silentMs, signal))));
  const awake = nodes.filter((node, i) => cluster.state(node) === 'running' || answered[i]);
  if (awake.length > 0) return ineffective(`${listed(awake)} answered although paused`);
  return effective(`${hits.map(({ left }) => left).join('; ')}; no answer for ${silentMs} ms`);
};

/** A node that was killed meanwhile, or paused again by somebody else, is not ours to wake. */
const resumeAll = async (hits: readonly Hit<string>[], { cluster }: FaultContext): Promise<void> => {
  const outcomes = await Promise.allSettled(
    hits.map(async ({ node, claim }) => {
      if (!claim.held()) return;
      claim.release();
      if (cluster.state(node) === 'paused') await cluster.resume(node);
    }),
  );
  const failure = outcomes.find(outcome => outcome.status === 'rejected');
  if (failure) throw new Error(`could not resume: ${messageOf(failure.reason)}`);
};
