/** What a run's network stands on: the gateway and the clients' side, addresses, a proxy for every link, and the ways to all of them. */
import type Docker from 'dockerode';
import type { Site } from '../../../protocol/cluster.ts';
import type { Endpoint, NodeId } from '../../../protocol/system.ts';
import { messageOf } from '../../../std/user-error.ts';
import { inParallel } from '../../in-parallel.ts';
import { createToxiproxyApi, type ToxiproxyApi } from '../../toxiproxy/api.ts';
import type { ProxiedLink } from '../../toxiproxy/links.ts';
import { createProxy } from '../../toxiproxy/proxy.ts';
import { ensureSidecarImage } from '../images.ts';
import { type ClientSide, type Gateway, lookAround, type Surroundings, startOwn } from './gateway.ts';
import type { RunNetworkOptions } from './network.ts';
import { type LinkPlan, type PlannedLink, planLinks } from './plan.ts';
import { renewToxiproxy } from './post.ts';
import { apiPort, type BaseRules, firstProxyPort } from './rules.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';
import type { Whereabouts } from './wire-rules.ts';

/** Calls under way at once: enough to hide the round trips, few enough not to swamp two cores. */
export const concurrency = 16;

/** Longer than a busy server takes, short enough that one that hangs is replaced within the time of a healing. */
const apiMs = 2000;

export interface Ground extends Whereabouts {
  readonly image: string;
  readonly gateway: Gateway;
  readonly clients: ClientSide;
  readonly around: Surroundings;
  readonly plan: LinkPlan;
  readonly links: ProxiedLink[];
  readonly apis: ReadonlyMap<Site, ToxiproxyApi>;
  /** Where each site's Toxiproxy runs. */
  readonly containers: Map<Site, Docker.Container>;
  readonly addresses: Map<Site, readonly string[]>;
  /** Sites whose Toxiproxy answers. */
  readonly serving: Set<Site>;
  /** Nodes that others may connect to. */
  readonly alive: Set<NodeId>;
  addLink(link: PlannedLink): Promise<void>;
  baseOf(site: Site): BaseRules;
  /** A port of this machine that leads to a port of the site, whatever its address is then. */
  openTo(site: Site, port: number): Promise<Endpoint>;
  closeWays(): void;
}

export const layGround = async (options: RunNetworkOptions): Promise<Ground> => {
  const { engine, run, system, nodes, onTrouble } = options;
  const { ref: image } = await ensureSidecarImage(engine, onTrouble);
  const plan = planLinks(nodes, system.ports);
  const around = await lookAround(engine, run, options.networks);
  const clientLinks = plan.links.filter(({ from }) => from === 'clients').length;
  const { gateway, clients } = await startOwn({ engine, run, image, networks: around.networks, links: clientLinks });
  const addresses = new Map<Site, readonly string[]>([...(options.addresses ?? []), ['clients', clients.addresses]]);
  const addressesOf = (site: Site): readonly string[] => addresses.get(site) ?? [];
  const listensOf = (from: Site, to: Site): number[] =>
    plan.links.filter(link => link.from === from && link.to === to).map(({ listen }) => listen);

  const tunnels: Tunnel[] = [];
  const openTo = async (site: Site, port: number): Promise<Endpoint> => {
    const tunnel = await openTunnel(gateway.relay, () => {
      const [host] = addressesOf(site);
      return host === undefined ? undefined : { host, port };
    });
    tunnels.push(tunnel);
    return tunnel.address;
  };
  const apis = new Map<Site, ToxiproxyApi>([['clients', clients.api]]);
  for (const node of nodes) apis.set(node, createToxiproxyApi(`http://127.0.0.1:${(await openTo(node, apiPort)).port}`, apiMs));

  const serving = new Set<Site>(['clients']);
  const links: ProxiedLink[] = [];
  const containers = new Map<Site, Docker.Container>([['clients', clients.post.container]]);
  const renewing = new Map<Site, Promise<void>>();
  /** Once for all proxies that find their server hanging; the others are made anew too, since it has lost them. */
  const renewer = (site: Site) => (): Promise<void> => {
    const renew = async (): Promise<void> => {
      await renewToxiproxy(containers.get(site)!, apis.get(site)!);
      onTrouble(`Toxiproxy beside ${site} hung and was started again; the connections over it were closed`);
      for (const { from, proxy } of links) if (from === site) void proxy.revive().catch(thrown => onTrouble(messageOf(thrown)));
    };
    const under = renewing.get(site) ?? renew().finally(() => renewing.delete(site));
    renewing.set(site, under);
    return under;
  };
  const addLink = async (link: PlannedLink): Promise<void> => {
    const { name, to, number } = link;
    const api = apis.get(link.from)!;
    const down = (): boolean => !serving.has(link.from);
    const upstream = (): Endpoint => upstreamAt(addressesOf(to)[0], number);
    links.push({
      ...link,
      api,
      down,
      proxy: await createProxy(api, {
        name,
        upstream,
        listen: `0.0.0.0:${link.listen}`,
        down,
        renew: renewer(link.from),
        onRebuilt: onTrouble,
      }),
    });
  };
  await inParallel(plan.links, concurrency, addLink);

  const alive = new Set<NodeId>();
  const common = {
    image,
    containers,
    gateway,
    clients,
    around,
    plan,
    links,
    apis,
    addresses,
    addressesOf,
    listensOf,
    serving,
    alive,
    addLink,
    openTo,
  };
  const closeWays = (): void => {
    for (const tunnel of tunnels) tunnel.close();
  };
  return { ...common, closeWays, baseOf: site => baseOf(site, nodes, common) };
};

/** Nothing listens where a node is that has no address yet. */
const upstreamAt = (host: string | undefined, port: number): Endpoint =>
  host === undefined ? { host: '127.0.0.1', port: 9 } : { host, port };

type Known = Pick<Ground, 'plan' | 'addressesOf' | 'alive' | 'gateway' | 'clients' | 'around'>;

const baseOf = (site: Site, nodes: readonly NodeId[], known: Known): BaseRules => {
  const { plan, addressesOf, alive, gateway, clients, around } = known;
  const away = nodes.filter(node => node !== site && !alive.has(node));
  const dead = away.flatMap(addressesOf);
  const node = site !== 'clients';
  const outgoing = node ? plan.links.filter(({ from }) => from === site) : [];
  return {
    redirects: outgoing.map(({ to, number, listen }) => ({ addresses: addressesOf(to), port: number, listen })),
    guarded: plan.links
      .filter(({ from, to }) => to === site && from !== 'clients')
      .map(({ from, number }) => ({ from: addressesOf(from), port: number })),
    strangers:
      node && away.length > 0
        ? { subnets: around.subnets, known: [...around.guests, ...gateway.addresses, ...clients.addresses] }
        : undefined,
    dead,
    admitted: node ? gateway.addresses : undefined,
    lastProxyPort: Math.max(firstProxyPort, ...outgoing.map(({ listen }) => listen)),
  };
};
