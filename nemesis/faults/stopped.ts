/** Nodes that do not run: the proof that they do not, and their way back. */
import type { Evidence, FaultContext } from '../../harness/protocol/fault.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { hindrance } from './claims.ts';
import { effective, ineffective, listed } from './evidence.ts';
import type { Hit } from './node-fault.ts';

export const proveStopped = async (hits: readonly Hit<string>[], { cluster }: FaultContext): Promise<Evidence> => {
  const up = hits.filter(({ node }) => cluster.state(node) !== 'stopped').map(({ node }) => node);
  return up.length === 0 ? effective(hits.map(({ left }) => left).join('; ')) : ineffective(`${listed(up)} run although they were ended`);
};

/** How long a node that another fault may keep from serving is waited for. */
const hinderedMs = 3000;

/**
 * Starts what is still held, all at once: a majority may only be ready together. A node that another fault keeps from serving (a full disk,
 * no network) is left to that fault's healing.
 */
export const restartAll = async (hits: readonly Hit<unknown>[], { cluster }: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  const failures: string[] = [];
  const excuses: string[] = [];
  const since = performance.now();
  await Promise.all(
    hits.map(async ({ node, claim }) => {
      if (!claim.held()) return;
      const why = hindrance(cluster, node);
      try {
        await cluster.restart(node, why === undefined ? signal : within(hinderedMs, signal));
        claim.release();
      } catch (thrown) {
        if (why === undefined) return void failures.push(`${node} did not come back: ${messageOf(thrown)}`);
        claim.release();
        excuses.push(`${node}, which does not serve while it is ${why} by another fault`);
      }
    }),
  );
  if (failures.length > 0) return ineffective(failures.join('; '));
  const except = excuses.length > 0 ? `, except ${listed(excuses)}` : '';
  return effective(
    `${listed(hits.map(({ node }) => node))} started again and serve after ${Math.round(performance.now() - since)} ms${except}`,
  );
};
