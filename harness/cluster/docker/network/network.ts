/**
 * The network of a run: links through the real Toxiproxy in every node's namespace, faults of the wire beside them, and the controller's way to
 * every port. Nodes are left unchanged: what they dial is redirected, and addresses stay what they were.
 */
import type Docker from 'dockerode';
import type { Broken, Flow, Links, WireFault } from '../../../protocol/cluster.ts';
import type { Control, Endpoint, NodeId, System } from '../../../protocol/system.ts';
import { assert } from '../../../std/assert.ts';
import { messageOf } from '../../../std/user-error.ts';
import { linksOver, type ProxiedLink } from '../../toxiproxy/links.ts';
import { type Engine, ifThere } from '../engine.ts';
import { nameOf } from '../run-labels.ts';
import { type Ground, layGround } from './ground.ts';
import { createMembership } from './membership.ts';
import { provoke } from './ping.ts';
import { dialThrough } from './tunnel.ts';
import { createWires, type Wires } from './wires.ts';

export interface RunNetwork {
  readonly links: Links;
  readonly control: Control;
  /** Whether the kernel can delay, double and reorder packets. */
  readonly netem: boolean;
  /** Puts a kernel fault on all packets of these flows, all at once. Throws a UserError `no-netem` where the kernel cannot. */
  breakWires(flows: readonly Flow[], fault: WireFault): Promise<Broken>;
  /**
   * After every (re)start of a node's container: the sidecar goes in, and the redirects, and every toxic and every fault of the wire that is in
   * force now, before it resolves. The node's address may have changed.
   */
  join(node: NodeId, containerId: string, signal: AbortSignal): Promise<void>;
  /** The node's container is about to end, or has ended. Changes are kept until it joins again. */
  leave(node: NodeId): Promise<void>;
  /** Makes links for every port that the node listens on now and that has none yet; resolves to those ports. */
  learn(node: NodeId): Promise<number[]>;
  /** Resolves when the node accepts a TCP connection; unlike a connection to `control`, which is accepted on this machine. */
  reachable(node: NodeId, port: number, signal: AbortSignal): Promise<void>;
  /** Leaves the nodes' namespaces as they were, and removes sidecars and gateway. Never throws. */
  close(): Promise<string[]>;
}

export interface RunNetworkOptions {
  readonly engine: Engine;
  /** The token of the run's lease. */
  readonly run: string;
  readonly system: Pick<System, 'ports' | 'ping'>;
  readonly nodes: readonly NodeId[];
  /** Ids of the Docker networks that nodes are on. */
  readonly networks: readonly string[];
  /** Addresses that are known before the nodes start: then no link needs to be changed when they join. */
  readonly addresses?: ReadonlyMap<NodeId, readonly string[]>;
  readonly onTrouble: (sentence: string) => void;
}

export const createRunNetwork = async (options: RunNetworkOptions): Promise<RunNetwork> => {
  const { system, nodes } = options;
  const ground = await layGround(options);
  const { gateway, addressesOf, baseOf } = ground;
  const wires = createWires({ netem: gateway.netem, knownName: nameOf(options.run, 'gateway'), where: ground, baseOf });
  await wires.enter('clients', ground.clients.post);
  const { join, leave, learn, sidecars } = createMembership(options, ground, wires);
  return {
    links: linksOver(ground.links, pingerOf(system, ground), link => addressOf(link, ground)),
    control: await openControl(system, nodes, ground),
    netem: gateway.netem,
    breakWires: wires.breakWires,
    join,
    leave,
    learn,
    reachable: async (node, port, signal) => {
      const [host] = addressesOf(node);
      if (host === undefined) throw new Error(`${node} has no address`);
      (await dialThrough(gateway.relay, { host, port }, signal)).destroy();
    },
    close: () => closeAll(options, ground, wires, sidecars()),
  };
};

const openControl = async ({ ports }: Pick<System, 'ports'>, nodes: readonly NodeId[], { openTo }: Ground): Promise<Control> => {
  const endpoints = new Map<string, Endpoint>();
  for (const node of nodes)
    for (const [name, { number }] of Object.entries(ports))
      if (number !== undefined) endpoints.set(`${node} ${name}`, await openTo(node, number));
  return (node, port) => {
    const at = endpoints.get(`${node} ${port}`);
    assert(at !== undefined, `${node} has a port ${port} with a number`);
    return at;
  };
};

/** Through the very proxy that `from` uses for this link. */
const pingerOf = (system: Pick<System, 'ping'>, ground: Ground) => {
  const ways = new Map<string, Promise<Endpoint>>();
  const wayTo = ({ from, name, proxy: { address } }: ProxiedLink): Promise<Endpoint> | Endpoint => {
    if (from === 'clients') return ground.clients.published(address.port);
    const way = ways.get(name) ?? ground.openTo(from, address.port);
    ways.set(name, way);
    return way;
  };
  return async (link: ProxiedLink, signal: AbortSignal): Promise<void> => {
    const at = await wayTo(link);
    await (system.ping === undefined ? provoke(at, signal) : system.ping(at, link.port, signal));
  };
};

/** Clients dial their proxy on the Docker host; nodes dial each other as ever. */
const addressOf = ({ from, to, name, proxy }: ProxiedLink, { clients, plan, addressesOf }: Ground): Endpoint => {
  if (from === 'clients') return clients.published(proxy.address.port);
  const [host] = addressesOf(to);
  assert(host !== undefined, `${to} has joined`);
  return { host, port: plan.links.find(link => link.name === name)!.number };
};

const closeAll = async (
  { engine, nodes }: RunNetworkOptions,
  { clients, gateway, around, closeWays }: Ground,
  wires: Wires,
  sidecars: readonly Docker.Container[],
): Promise<string[]> => {
  const troubles: string[] = [];
  const trying = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch(thrown => void troubles.push(`${what}: ${messageOf(thrown)}`));
  };
  await Promise.all(nodes.map(node => trying(`the rules of ${node} were not undone`, () => wires.undo(node))));
  closeWays();
  clients.close();
  gateway.close();
  const ours = [...sidecars, clients.post.container, gateway.post.container];
  await Promise.all(ours.map(container => trying('a sidecar was not removed', () => ifThere(container.remove({ force: true })))));
  const { own } = around;
  if (own !== undefined) await trying('a network was not removed', () => ifThere(engine.docker.getNetwork(own).remove()));
  return troubles;
};
