/** Every place where nodes can live, each with three nodes of the echo system: what the conformance suite goes round. */
import { external } from '../../../harness/cluster/external/external-cluster.ts';
import { createProcessCluster, processes } from '../../../harness/cluster/process/process-cluster.ts';
import type { ClusterOptions, Provider } from '../../../harness/protocol/cluster.ts';
import type { System } from '../../../harness/protocol/system.ts';
import { within } from '../../../harness/std/deadline.ts';
import { processesIn } from './processes-in.ts';
import { freshFolder, nodeNames } from './with-cluster.ts';

/** What the command line and the config file would say. */
export type Asked = Omit<ClusterOptions, 'nodes' | 'runFolder'>;

/** A place made ready: what a provider that only finds its nodes finds. */
export interface Ground {
  readonly asked: Asked;
  /** What is there although the cluster was closed and should not be, or is not there and should. `run` is the token of its lease. */
  leftovers(runFolder: string, run: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface Place {
  readonly provider: Provider;
  /** Why it cannot be tried on this machine. */
  readonly missing?: string | undefined;
  open(system: System): Promise<Ground>;
}

export const threeNodes = nodeNames(3);

export const processesLeft = (runFolder: string): string[] => processesIn(runFolder).map(pid => `process ${pid}`);

const processPlace: Place = {
  provider: processes,
  open: async system => ({
    asked: { system, options: {}, bugs: [] },
    leftovers: async runFolder => processesLeft(runFolder),
    close: async () => {},
  }),
};

/** Somebody else's servers: those of another cluster, which is not told. */
const externalPlace: Place = {
  provider: external,
  open: async system => {
    const theirs = createProcessCluster({ system, nodes: threeNodes, options: {}, bugs: [], runFolder: freshFolder() });
    await theirs.start(within(30_000));
    const portsOf = (node: string) => Object.fromEntries(Object.keys(system.ports).map(port => [port, theirs.control(node, port)]));
    const endpoints = Object.fromEntries(threeNodes.map(node => [node, portsOf(node)]));
    return {
      asked: { system: { ...system, endpoints }, options: {}, bugs: [] },
      leftovers: async runFolder => [
        ...processesLeft(runFolder),
        ...threeNodes.filter(node => theirs.state(node) !== 'running').map(node => `${node} of somebody else was harmed`),
      ],
      close: async () => void (await theirs.close()),
    };
  },
};

export const localPlaces: readonly Place[] = [processPlace, externalPlace];
