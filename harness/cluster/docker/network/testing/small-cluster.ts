/**
 * A few containers on a network of their own, with servers of one line each, and a shell in every one to act as the node. Port 7000 echoes, 7001
 * counts bytes and says how many, 7002 appends what it is told to /tmp/got. At its start a node tells every other one so, again and again.
 */
import type Docker from 'dockerode';
import type { NodeId, PortSpec } from '../../../../protocol/system.ts';
import { within } from '../../../../std/deadline.ts';
import type { Engine } from '../../engine.ts';
import { ensureSidecarImage } from '../../images.ts';
import { labelsOf, nameOf, removeRun } from '../../run-labels.ts';
import { createRunNetwork, type RunNetwork } from '../network.ts';
import { openShell, type Shell } from '../shell.ts';

export interface SmallCluster {
  readonly nodes: readonly NodeId[];
  readonly network: RunNetwork;
  readonly containers: ReadonlyMap<NodeId, Docker.Container>;
  address(node: NodeId): string;
  /** Runs in the node, in one shell that stays: file descriptors do too. Throws when it fails. */
  in(node: NodeId, script: string): Promise<string>;
  /** What is in every namespace of the nodes: rules without their counters, and queueing disciplines. */
  state(): Promise<readonly string[]>;
  /** As the provider does it. */
  restart(node: NodeId): Promise<void>;
  close(): Promise<void>;
}

const servers = [
  'socat TCP-LISTEN:7000,fork,reuseaddr EXEC:cat',
  "socat TCP-LISTEN:7001,fork,reuseaddr SYSTEM:'head -c $BYTES | wc -c'",
  'socat -u TCP-LISTEN:7002,fork,reuseaddr OPEN:/tmp/got,append,creat',
];
const greet = 'for i in $(seq 100); do for peer in $PEERS; do echo "$ME starts" 2>/dev/null >/dev/tcp/$peer/7002; done; sleep 0.02; done';
const program = `${servers.map(server => `${server} &`).join(' ')} (${greet}) 2>/dev/null & wait`;

const ports: Readonly<Record<string, PortSpec>> = {
  echo: { number: 7000, reachedBy: ['peers', 'clients'] },
  count: { number: 7001, reachedBy: ['peers'] },
  got: { number: 7002, reachedBy: ['peers'] },
};
export const bulkBytes = 50_000_000;

export const startSmallCluster = async (engine: Engine, size: number): Promise<SmallCluster> => {
  const run = `${Math.random().toString(16).slice(2, 10)}test`;
  const { docker } = engine;
  const nodes = Array.from({ length: size }, (_, i) => `n${i + 1}`);
  const image = (await ensureSidecarImage(engine, () => {})).ref;
  const own = await docker.createNetwork({ Name: nameOf(run, 'nodes'), Labels: labelsOf(run) });
  const containers = new Map<NodeId, Docker.Container>();
  const shells = new Map<NodeId, Shell>();
  const addresses = new Map<NodeId, string>();
  const start = async (node: NodeId): Promise<void> => {
    const others = nodes.filter(other => other !== node);
    const container = await docker.createContainer({
      name: nameOf(run, node),
      Image: image,
      Labels: labelsOf(run, node),
      Env: [`ME=${node}`, `PEERS=${others.map(other => nameOf(run, other)).join(' ')}`, `BYTES=${bulkBytes}`],
      Cmd: ['bash', '-c', program],
      HostConfig: { NetworkMode: own.id },
    });
    await container.start();
    containers.set(node, container);
    addresses.set(node, (await container.inspect()).NetworkSettings.Networks[nameOf(run, 'nodes')]!.IPAddress);
    shells.set(node, await openShell(container));
  };
  const state = (): Promise<string[]> => Promise.all(nodes.map(node => stateOf(engine, image, run, containers.get(node)!.id)));
  const close = async (): Promise<void> => void (await removeRun(engine, run));
  try {
    await Promise.all(nodes.map(start));
    const network = await createRunNetwork({ engine, run, system: { ports }, nodes, networks: [own.id], onTrouble: () => {} });
    return {
      nodes,
      network,
      containers,
      address: node => addresses.get(node)!,
      in: async (node, script) => {
        const { code, output } = await shells.get(node)!.run(script);
        if (code !== 0) throw new Error(`${script}: ${output}`);
        return output.trim();
      },
      state,
      restart: async node => {
        await network.leave(node);
        await containers.get(node)!.restart({ t: 0 });
        await network.join(node, containers.get(node)!.id, within(15_000));
        shells.set(node, await openShell(containers.get(node)!));
      },
      close: async () => {
        await network.close();
        await close();
      },
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
};

/** By a container that comes and goes: nothing of the network under test is asked. */
const stateOf = async ({ docker }: Engine, image: string, run: string, containerId: string): Promise<string> => {
  const container = await docker.createContainer({
    Image: image,
    Labels: labelsOf(run),
    Cmd: ['sleep', '60'],
    HostConfig: { NetworkMode: `container:${containerId}`, CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
  });
  await container.start();
  const shell = await openShell(container);
  const { output } = await shell.run("nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'; tc qdisc show");
  shell.close();
  await container.remove({ force: true });
  return output;
};
