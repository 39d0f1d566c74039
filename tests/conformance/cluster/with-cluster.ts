/** A started echo cluster for a test, closed and looked after whatever the test does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProcessCluster } from '../../../harness/cluster/process/process-cluster.ts';
import type { Cluster, ClusterOptions } from '../../../harness/protocol/cluster.ts';
import type { FaultContext } from '../../../harness/protocol/fault.ts';
import { createEchoSystem } from './echo-system.ts';

export const nodeNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'ordeal-test-'));

export const withCluster = async (
  options: Partial<ClusterOptions> & { nodes: readonly string[] },
  use: (cluster: Cluster, runFolder: string) => Promise<void>,
): Promise<void> => {
  const runFolder = freshFolder();
  const cluster = createProcessCluster({ system: createEchoSystem(), options: {}, bugs: [], runFolder, ...options });
  try {
    await cluster.start(AbortSignal.timeout(30_000));
    await use(cluster, runFolder);
  } finally {
    const left = await cluster.close();
    rmSync(runFolder, { recursive: true, force: true });
    if (left.length > 0) console.error(left.join('\n'));
  }
};

export const contextOf = (cluster: Cluster, roles = { leader: 'n1' as string | undefined, term: 1 }): FaultContext => ({
  cluster,
  system: createEchoSystem(roles),
  roles: async () => ({ ...roles, followers: cluster.nodes.filter(node => node !== roles.leader) }),
  signal: new AbortController().signal,
});

/** Asks until the answer satisfies, at most this long; resolves to the last answer. */
export const eventually = async <T>(ask: () => Promise<T>, satisfied: (answer: T) => boolean, ms = 5000): Promise<T> => {
  for (const deadline = Date.now() + ms; ; await new Promise(resolve => setTimeout(resolve, 20))) {
    const answer = await ask();
    if (satisfied(answer) || Date.now() > deadline) return answer;
  }
};
