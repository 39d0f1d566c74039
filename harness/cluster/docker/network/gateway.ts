/**
 * The two containers that a run has besides its nodes: the gateway, whose relay is the controller's way to every address of the run's
 * networks, and the clients' side, whose Toxiproxy has the clients' links. They alone publish ports, on the Docker host's loopback. They are
 * two so that what is done to the wires of the clients never touches the controller.
 */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { Endpoint } from '../../../protocol/system.ts';
import { createToxiproxyApi, type ToxiproxyApi } from '../../toxiproxy/api.ts';
import type { Engine } from '../engine.ts';
import { labelsOf, nameOf } from '../run-labels.ts';
import { dialInside } from './exec-stream.ts';
import {
  addressesIn,
  type Backend,
  createPost,
  eventually,
  openPost,
  type Post,
  publishedPort,
  runDetached,
  startToxiproxy,
} from './post.ts';
import { apiPort, firstProxyPort } from './rules.ts';
import { dialThrough, openDoor, type Relay } from './tunnel.ts';

export interface Gateway {
  readonly relay: Relay;
  readonly addresses: readonly string[];
  readonly backend: Backend;
  readonly netem: boolean;
  readonly post: Post;
  /** Closes the ways into it. */
  close(): void;
}

export interface ClientSide {
  readonly post: Post;
  readonly api: ToxiproxyApi;
  readonly addresses: readonly string[];
  /** Where clients dial the proxy that listens on this port in the container. */
  published(port: number): Endpoint;
  close(): void;
}

interface Common {
  readonly engine: Engine;
  readonly run: string;
  readonly image: string;
  /** The first one is not internal. */
  readonly networks: readonly string[];
}

const relayPort = 1080;
const readyMs = 15_000;

/** Both at once, in the hope that nft works; where it does not, the clients' side is started again. */
export const startOwn = async (common: Common & { readonly links: number }): Promise<{ gateway: Gateway; clients: ClientSide }> => {
  const [gateway, clients] = await allOrFirstError([startGateway(common), startClientSide({ ...common, backend: 'nft' })]);
  if (gateway.backend === 'nft') return { gateway, clients };
  await clients.post.container.remove({ force: true });
  return { gateway, clients: await startClientSide({ ...common, backend: gateway.backend }) };
};

/** Waits for both even when one fails, so that what the other one makes can be found by its labels afterwards. */
const allOrFirstError = async <A, B>(both: [Promise<A>, Promise<B>]): Promise<[A, B]> => {
  await Promise.allSettled(both);
  return Promise.all(both);
};

/** It also finds out, for the whole run, which packet filter works and whether the kernel has netem. */
const startGateway = async (common: Common): Promise<Gateway> => {
  const password = randomBytes(16).toString('hex');
  const start = async (backend: Backend): Promise<Post> => {
    const container = await createPost({ ...common, what: 'gateway', backend, place: { networks: common.networks, publish: [relayPort] } });
    return openPost(container, backend);
  };
  const first = await start('nft');
  const works = await first
    .run('iptables-nft -t nat -S && iptables-nft -t mangle -S && iptables-nft -t filter -S')
    .then(Boolean, () => false);
  if (!works) await first.container.remove({ force: true });
  const backend = works ? 'nft' : 'legacy';
  const post = works ? first : await start('legacy');
  await runDetached(post.container, ['microsocks', '-i', '0.0.0.0', '-p', `${relayPort}`, '-u', 'ordeal', '-P', password]);
  const [inspected, netem] = await Promise.all([post.container.inspect(), hasNetem(post)]);
  const ways = await waysInto(common.engine, post, inspected, [relayPort]);
  const relay = { ...ways.to(relayPort), user: 'ordeal', password };
  // A port that nobody listens on: the relay's own refusal shows that it works.
  const answers = async (): Promise<void> => {
    const refused = await dialThrough(relay, { host: '127.0.0.1', port: 9 }).then(
      () => true,
      thrown => /connection refused/.test(`${thrown}`),
    );
    if (!refused) throw new Error('the relay does not answer');
  };
  await eventually(answers, readyMs, "the gateway's relay did not answer");
  return { relay, addresses: addressesIn(inspected), backend, netem, post, close: ways.close };
};

interface Ways {
  to(port: number): Endpoint;
  close(): void;
}

/**
 * Where this machine reaches ports of a container of ours: on its own loopback where the daemon publishes there, otherwise by doors of its own,
 * with an exec of socat behind each connection (50 ms to open), which goes wherever the daemon is.
 */
const waysInto = async (
  { connection }: Engine,
  post: Post,
  inspected: Docker.ContainerInspectInfo,
  ports: readonly number[],
): Promise<Ways> => {
  if (publishesHere(connection)) return { to: port => ({ host: '127.0.0.1', port: publishedPort(inspected, port) }), close: () => {} };
  const doors = new Map(
    await Promise.all(ports.map(async port => [port, await openDoor(() => dialInside(post.container, port))] as const)),
  );
  return {
    to: port => doors.get(port)!.address,
    close: () => {
      for (const door of doors.values()) door.close();
    },
  };
};

const publishesHere = (connection: Engine['connection']): boolean =>
  connection.kind === 'socket' || (connection.kind === 'tcp' && ['127.0.0.1', 'localhost', '::1'].includes(connection.host));

/** Tried on the loopback of the gateway, which carries nothing. */
const hasNetem = (post: Post): Promise<boolean> =>
  post.run('tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root').then(
    () => true,
    () => false,
  );

const startClientSide = async (common: Common & { readonly links: number; readonly backend: Backend }): Promise<ClientSide> => {
  const ports = [apiPort, ...Array.from({ length: common.links }, (_, i) => firstProxyPort + i)];
  const place = { networks: common.networks, publish: ports };
  const post = await openPost(await createPost({ ...common, what: 'clients', place }), common.backend);
  await startToxiproxy(post.container);
  const inspected = await post.container.inspect();
  const { to: published, close } = await waysInto(common.engine, post, inspected, ports);
  const api = createToxiproxyApi(`http://127.0.0.1:${published(apiPort).port}`);
  await eventually(() => api.version(), readyMs, "the clients' Toxiproxy did not answer");
  return { post, api, addresses: addressesIn(inspected), published, close };
};

export interface Surroundings {
  /** The run's networks, one that can publish ports first: one of its own where they are all internal. */
  readonly networks: readonly string[];
  /** The one of its own, if any. */
  readonly own: string | undefined;
  readonly subnets: readonly string[];
  /** Addresses of whoever is on these networks now, and of their bridges. */
  readonly guests: readonly string[];
}

export const lookAround = async ({ docker }: Engine, run: string, networks: readonly string[]): Promise<Surroundings> => {
  const inspected = (await Promise.all(networks.map(id => docker.getNetwork(id).inspect()))) as Docker.NetworkInspectInfo[];
  const configs = inspected.flatMap(({ IPAM: ipam }) => ipam?.Config ?? []).filter(({ Subnet: subnet }) => subnet?.includes('.'));
  const bridges = configs.flatMap(({ Gateway: bridge }) => bridge ?? []);
  const containers = inspected.flatMap(({ Containers: all }) => Object.values(all ?? {}));
  const guests = [...bridges, ...containers.flatMap(({ IPv4Address: address }) => address?.split('/')[0] || [])];
  const subnets = configs.flatMap(({ Subnet: subnet }) => subnet ?? []);
  const ids = inspected.map(({ Id: id }) => id);
  const open = inspected.find(({ Internal: internal }) => !internal)?.Id;
  if (open !== undefined) return { networks: [open, ...ids.filter(id => id !== open)], own: undefined, subnets, guests };
  const { id: own } = await docker.createNetwork({ Name: nameOf(run, 'gateway'), Labels: labelsOf(run) });
  return { networks: [own, ...ids], own, subnets, guests };
};
