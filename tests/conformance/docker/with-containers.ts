/** Clusters of containers for tests: started, used, closed, and looked after on the Docker host whatever happens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { docker } from '../../../harness/cluster/docker/docker-cluster.ts';
import type { Engine } from '../../../harness/cluster/docker/engine.ts';
import type { Cluster, ClusterOptions, Provider, UnexpectedExit } from '../../../harness/protocol/cluster.ts';
import type { NodeId } from '../../../harness/protocol/system.ts';
import { within } from '../../../harness/std/deadline.ts';
import { createEcho, type EchoOptions } from './echo-system.ts';

export interface Stage {
  readonly folder: string;
  readonly exits: UnexpectedExit[];
}

export interface WithOptions extends EchoOptions, Partial<Omit<ClusterOptions, 'system'>> {
  readonly provider?: Provider;
  /** It is not started: the test does that. */
  readonly unstarted?: boolean;
}

/** Everything of the run is gone when it resolves. */
export const withContainers = async (engine: Engine, options: WithOptions, use: (cluster: Cluster, stage: Stage) => Promise<void>) => {
  const { provider = docker, nodes: wanted, ready, spec, services, unstarted, ...rest } = options;
  const system = createEcho({ ...(ready && { ready }), ...(spec && { spec }), ...(services && { services }) });
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-containers-'));
  const place = { system, options: {}, bugs: [], ...rest };
  const before = await thingsOn(engine);
  const nodes = wanted ?? (await provider.nodes?.(place)) ?? ['n1', 'n2', 'n3'];
  const cluster = provider.create({ ...place, nodes, runFolder: folder });
  const exits: UnexpectedExit[] = [];
  cluster.onUnexpectedExit(exit => exits.push(exit));
  try {
    await cluster.prepare?.(within(300_000));
    if (!unstarted) await cluster.start(within(40_000));
    await use(cluster, { folder, exits });
  } finally {
    const left = await cluster.close();
    rmSync(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  }
  expect((await thingsOn(engine)).filter(thing => !before.includes(thing))).toEqual([]);
};

/** Names of all that carries a label of a run whose controller is this process. */
const thingsOn = async ({ docker: api }: Engine): Promise<string[]> => {
  const filters = { label: ['ordeal.run'] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    api.listContainers({ all: true, filters }),
    api.listNetworks({ filters }),
    api.listVolumes({ filters }),
  ]);
  const all = [
    ...containers.map(({ Names, Labels }) => ({ name: Names[0]!, Labels })),
    ...networks.map(({ Name, Labels }) => ({ name: Name, Labels })),
    ...(volumes ?? []).map(({ Name, Labels }) => ({ name: Name, Labels })),
  ];
  return all.filter(({ Labels }) => Labels?.['ordeal.controller']?.includes(`"pid":${process.pid},`)).map(({ name }) => name);
};

export const nodeNames = (count: number): NodeId[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);
