/**
 * The network of a run: links through the real Toxiproxy in every node's namespace, faults of the wire beside them, and the controller's way to
 * every port. Nodes are left unchanged: what they dial is redirected, and addresses stay what they were.
 */
import type Docker from 'dockerode';
import type { Broken, Flow, Links, Site, WireFault } from '../../../protocol/cluster.ts';
import type { Control, Endpoint, NodeId, System } from '../../../protocol/system.ts';
import { assert } from '../../../std/assert.ts';
import { messageOf } from '../../../std/user-error.ts';
import { inParallel } from '../../in-parallel.ts';
import { createToxiproxyApi, type ToxiproxyApi } from '../../toxiproxy/api.ts';
import { linksOver, type ProxiedLink } from '../../toxiproxy/links.ts';
import { createProxy } from '../../toxiproxy/proxy.ts';
import { dockerError, type Engine, ifThere } from '../engine.ts';
import { ensureSidecarImage } from '../images.ts';
import { nameOf } from '../run-labels.ts';
import { startOwn, withPublishable } from './gateway.ts';
import { listeningPorts } from './listening.ts';
import { provoke } from './ping.ts';
import { type PlannedLink, planLinks } from './plan.ts';
import { addressesIn, createPost, eventually, openPost, type Post, startToxiproxy } from './post.ts';
import { apiPort, type BaseRules, firstProxyPort } from './rules.ts';
import { dialThrough, openTunnel, type Tunnel } from './tunnel.ts';
import { createWires } from './wires.ts';

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

/** Calls under way at once: enough to hide the round trips, few enough not to swamp two cores. */
const concurrency = 16;
const readyMs = 15_000;

export const createRunNetwork = async (options: RunNetworkOptions): Promise<RunNetwork> => {
  const { engine, run, system, nodes, onTrouble } = options;
  const { ref: image } = await ensureSidecarImage(engine, onTrouble);
  const plan = planLinks(nodes, system.ports);
  const networks = await withPublishable(engine, run, options.networks);
  const common = { engine, run, image, networks };
  const clientLinks = plan.links.filter(({ from }) => from === 'clients').length;
  const { gateway, clients } = await startOwn({ ...common, links: clientLinks });
  const { backend, relay } = gateway;

  const addresses = new Map<Site, readonly string[]>([...(options.addresses ?? []), ['clients', clients.addresses]]);
  const addressesOf = (site: Site): readonly string[] => addresses.get(site) ?? [];
  /** Sites whose Toxiproxy answers. */
  const serving = new Set<Site>(['clients']);
  /** Nodes that others may connect to. */
  const alive = new Set<NodeId>();
  const tunnels: Tunnel[] = [];
  const openTo = async (site: Site, port: number): Promise<Endpoint> => {
    const tunnel = await openTunnel(relay, () => {
      const [host] = addressesOf(site);
      return host === undefined ? undefined : { host, port };
    });
    tunnels.push(tunnel);
    return tunnel.address;
  };

  const apis = new Map<Site, ToxiproxyApi>([['clients', clients.api]]);
  for (const node of nodes) {
    const { port } = await openTo(node, apiPort);
    apis.set(node, createToxiproxyApi(`http://127.0.0.1:${port}`));
  }
  const controls = new Map<string, Endpoint>();
  for (const node of nodes)
    for (const [name, { number }] of Object.entries(system.ports))
      if (number !== undefined) controls.set(`${node} ${name}`, await openTo(node, number));

  const links: ProxiedLink[] = [];
  const addLink = async (link: PlannedLink): Promise<void> => {
    const api = apis.get(link.from)!;
    const down = (): boolean => !serving.has(link.from);
    // An address that is not known yet: nothing listens there, which is what a node is that has not started.
    const upstream = (): Endpoint => ({ host: addressesOf(link.to)[0] ?? '127.0.0.1', port: addressesOf(link.to)[0] ? link.number : 9 });
    const listen = `0.0.0.0:${link.listen}`;
    const proxy = await createProxy(api, { name: link.name, upstream, listen, down, onRebuilt: onTrouble });
    links.push({ ...link, api, down, proxy });
  };
  await inParallel(plan.links, concurrency, addLink);

  const plannedFrom = (site: Site): PlannedLink[] => plan.links.filter(({ from }) => from === site);
  const listensOf = (from: Site, to: Site): number[] =>
    plan.links.filter(link => link.from === from && link.to === to).map(({ listen }) => listen);
  const baseOf = (site: Site): BaseRules => ({
    redirects:
      site === 'clients' ? [] : plannedFrom(site).map(({ to, number, listen }) => ({ addresses: addressesOf(to), port: number, listen })),
    guarded: plan.links
      .filter(({ from, to }) => to === site && from !== 'clients')
      .map(({ from, number }) => ({ from: addressesOf(from), port: number })),
    dead: nodes.filter(node => node !== site && !alive.has(node)).flatMap(addressesOf),
    admitted: site === 'clients' ? undefined : gateway.addresses,
    lastProxyPort: site === 'clients' ? apiPort : Math.max(firstProxyPort, ...plannedFrom(site).map(({ listen }) => listen)),
  });
  const wires = createWires({ netem: gateway.netem, knownName: nameOf(run, 'gateway'), where: { addressesOf, listensOf }, baseOf });
  await wires.enter('clients', clients.post);

  const sidecars = new Map<NodeId, { readonly of: string; readonly container: Docker.Container }>();
  const sidecarFor = async (node: NodeId, containerId: string): Promise<Docker.Container> => {
    const before = sidecars.get(node);
    if (before?.of === containerId) return before.container;
    if (before !== undefined) await ifThere(before.container.remove({ force: true }));
    const container = await createPost({ engine, run, image, what: `sidecar-${node}`, node, backend, place: { containerId } });
    sidecars.set(node, { of: containerId, container });
    return container;
  };

  const enter = async (node: NodeId, post: Post): Promise<void> => {
    await post.run('nft list tables ip >/run/ordeal-tables 2>/dev/null || true');
    await wires.enter(node, post);
  };

  const leave = async (node: NodeId): Promise<void> => {
    const was = alive.delete(node);
    serving.delete(node);
    const post = wires.posts.get(node);
    wires.leave(node);
    await Promise.all([post?.stop(), was ? wires.refreshBase() : undefined]);
  };

  const join = async (node: NodeId, containerId: string, signal: AbortSignal): Promise<void> => {
    await leave(node);
    const [found, post] = await Promise.all([
      addressesOfContainer(engine, containerId),
      sidecarFor(node, containerId).then(container => openPost(container, backend)),
    ]);
    const changed = found.join() !== addressesOf(node).join();
    addresses.set(node, found);
    await Promise.all([enter(node, post), startToxiproxy(post.container), changed ? wires.refresh() : undefined]);
    signal.throwIfAborted();
    await eventually(() => apis.get(node)!.version(), readyMs, `the Toxiproxy beside ${node} did not answer`);
    serving.add(node);
    const stale = links.filter(({ from, to }) => from === node || (changed && to === node && serving.has(from)));
    await inParallel(stale, concurrency, ({ proxy }) => proxy.revive());
    alive.add(node);
    await wires.refreshBase();
    signal.throwIfAborted();
  };

  const learn = async (node: NodeId): Promise<number[]> => {
    const post = wires.posts.get(node);
    if (post === undefined) return [];
    const ours = new Set([apiPort, ...plannedFrom(node).map(({ listen }) => listen)]);
    const ports = listeningPorts(await post.run('cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true')).filter(port => !ours.has(port));
    const added = ports.map(port => ({ port, links: plan.learn(node, port) })).filter(({ links: some }) => some.length > 0);
    await inParallel(
      added.flatMap(({ links: some }) => some),
      concurrency,
      addLink,
    );
    if (added.length > 0) await wires.refresh();
    return added.map(({ port }) => port);
  };

  const pingTunnels = new Map<string, Promise<Endpoint>>();
  /** Where the controller reaches the very proxy that `from` uses for this link. */
  const proxyAt = async (link: ProxiedLink): Promise<Endpoint> => {
    if (link.from === 'clients') return clients.published(link.proxy.address.port);
    const known = pingTunnels.get(link.name) ?? openTo(link.from, link.proxy.address.port);
    pingTunnels.set(link.name, known);
    return known;
  };
  const ping = async (link: ProxiedLink, signal: AbortSignal): Promise<void> => {
    const at = await proxyAt(link);
    await (system.ping === undefined ? provoke(at, signal) : system.ping(at, link.port, signal));
  };
  const addressOfLink = (link: ProxiedLink): Endpoint => {
    if (link.from === 'clients') return clients.published(link.proxy.address.port);
    const { number } = plan.links.find(({ name }) => name === link.name)!;
    return { host: addressesOf(link.to)[0]!, port: number };
  };

  return {
    links: linksOver(links, ping, addressOfLink),
    control: (node, port) => {
      const at = controls.get(`${node} ${port}`);
      assert(at !== undefined, `${node} has a port ${port} with a number`);
      return at;
    },
    netem: gateway.netem,
    breakWires: wires.breakWires,
    join,
    leave,
    learn,
    reachable: async (node, port, signal) => {
      const [host] = addressesOf(node);
      if (host === undefined) throw new Error(`${node} has no address`);
      (await dialThrough(relay, { host, port }, signal)).destroy();
    },
    close: async () => {
      const troubles: string[] = [];
      const trying = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        await work().catch(thrown => void troubles.push(`${what}: ${messageOf(thrown)}`));
      };
      await Promise.all(nodes.map(node => trying(`the rules of ${node} were not undone`, () => wires.undo(node))));
      for (const tunnel of tunnels) tunnel.close();
      const ours = [...[...sidecars.values()].map(({ container }) => container), clients.post.container, gateway.post.container];
      await Promise.all(ours.map(container => trying('a sidecar was not removed', () => ifThere(container.remove({ force: true })))));
      const own = networks.filter(id => !options.networks.includes(id) && !options.networks.some(given => id.startsWith(given)));
      await Promise.all(own.map(id => trying('a network was not removed', () => ifThere(engine.docker.getNetwork(id).remove()))));
      return troubles;
    },
  };
};

const addressesOfContainer = async ({ docker }: Engine, containerId: string): Promise<string[]> => {
  try {
    return addressesIn(await docker.getContainer(containerId).inspect());
  } catch (thrown) {
    throw dockerError(thrown, `the container ${containerId} cannot be looked at`);
  }
};
