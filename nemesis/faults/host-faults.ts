/** Faults on a node as a whole, by the hand of the provider: off the network, out of memory, short of CPU, out of disk space. */
import type { Broken, HostFault } from '../../harness/protocol/cluster.ts';
import type { Evidence, Fault, FaultContext } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { assert } from '../../harness/std/assert.ts';
import { answerAgain } from './answers.ts';
import { isClaimed } from './claims.ts';
import { effective, ineffective, listed } from './evidence.ts';
import { type Hit, type NodeFaultSpec, nodeFault } from './node-fault.ts';
import { restartAll } from './stopped.ts';

type HostFaultSpec = Omit<NodeFaultSpec<Broken>, 'needs' | 'breakNode' | 'prove' | 'heal'> & {
  readonly fault: (params: { readonly [name: string]: unknown }) => HostFault;
};

const hostFault = ({ fault, ...spec }: HostFaultSpec): Fault =>
  nodeFault<Broken>({
    ...spec,
    needs: ['hosts'],
    breakNode: (node, params, { cluster }) => {
      assert(cluster.breakHost !== undefined, 'a cluster that claims faults on hosts has them');
      return cluster.breakHost(node, fault(params));
    },
    prove: (hits, _context, signal) => proveBroken(hits, signal),
    heal: (...healing) => (spec.condition === 'stopped' ? removeAndRestart : removeAndAsk)(...healing),
  });

export const disconnect = hostFault({
  kind: 'disconnect',
  summary: 'takes nodes off their network, and puts them back',
  condition: 'disconnected',
  fault: () => ({ type: 'disconnect' }),
});

export const oom = hostFault({
  kind: 'oom',
  summary: 'takes memory away until the kernel ends the node, then a restart on the same data',
  condition: 'stopped',
  fault: () => ({ type: 'memory' }),
});

export const cpu = hostFault({
  kind: 'cpu',
  summary: 'leaves nodes a small share of a core',
  options: { share: { default: 0, summary: 'of one core, 0.05 is 5 %; 0: drawn between 0.01 and 0.2' } },
  draw: (rng, { share }) => ({ share: Number(share) || rng.pick([0.01, 0.02, 0.05, 0.1, 0.2]) }),
  condition: 'starved of CPU',
  fault: ({ share }) => ({ type: 'cpu', share: share as number }),
});

export const disk = hostFault({
  kind: 'disk',
  summary: "fills the nodes' disks to the last byte, then makes room again",
  condition: 'out of disk space',
  fault: () => ({ type: 'disk' }),
});

const proveBroken = async (hits: readonly Hit<Broken>[], signal: AbortSignal): Promise<Evidence> => {
  const proofs = await Promise.all(hits.map(({ left }) => left.prove(signal)));
  const failed = proofs.filter(proof => !proof.effective);
  return failed.length > 0
    ? ineffective(listed(failed.map(({ detail }) => detail)))
    : effective(proofs.map(({ detail }) => detail).join('; '));
};

const removeAll = async (hits: readonly Hit<Broken>[], signal: AbortSignal): Promise<void> => {
  const outcomes = await Promise.allSettled(hits.map(({ left }) => left.remove(signal)));
  const failure = outcomes.find(outcome => outcome.status === 'rejected');
  if (failure) throw failure.reason;
};

const removeAndRestart = async (hits: readonly Hit<Broken>[], context: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  await removeAll(hits, signal);
  return restartAll(hits, context, signal);
};

/** A node that could not bear it and ended is started again, unless another fault ended it. */
const removeAndAsk = async (hits: readonly Hit<Broken>[], context: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
  await removeAll(hits, signal);
  for (const { claim } of hits) claim.release();
  const nodes = hits.map(({ node }) => node);
  const ended = nodes.filter(node => cluster.state(node) === 'stopped' && !isClaimed(cluster, node, 'stopped'));
  await Promise.all(ended.map((node: NodeId) => cluster.restart(node, signal)));
  const { effective: healed, detail } = await answerAgain(context, nodes, 'let go', signal);
  return { effective: healed, detail: ended.length > 0 ? `${listed(ended)} had ended and was started again; ${detail}` : detail };
};
