/** What one attempt to start a cluster brings to life, in order, and how it all ends. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterOptions, UnexpectedExit } from '../../protocol/cluster.ts';
import type { Control, Endpoint, NodeId } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { messageOf } from '../../std/user-error.ts';
import { releasePorts, reservePorts } from '../ports.ts';
import { lookReady } from '../ready.ts';
import { startTogether } from '../start-together.ts';
import { assertToxiproxy, createToxiproxyApi, refuseFarAway } from '../toxiproxy/api.ts';
import { createProxyLinks, type ProxyLinks } from '../toxiproxy/links.ts';
import { startToxiproxyServer, type ToxiproxyServer } from '../toxiproxy/server.ts';
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts';
import { NodeProcess } from './node-process.ts';

/** Filled in as things come to life, so that whatever there is can be ended at any moment. */
export interface ClusterLife {
  listens: ReadonlyMap<NodeId, Readonly<Record<string, Endpoint>>>;
  reserved: readonly number[];
  watchdog?: Watchdog;
  server?: ToxiproxyServer;
  links?: ProxyLinks;
  nodes: ReadonlyMap<NodeId, NodeProcess>;
  ending?: boolean;
  revivals?: number;
}

export interface LifeOptions extends ClusterOptions {
  readonly control: Control;
  readonly report: (exit: UnexpectedExit) => void;
}

/** Watchdog first, then links, then nodes, all of these at once. Throws the first error; what came to life until then stays in `life`. */
export const startLife = async (life: ClusterLife, options: LifeOptions, signal: AbortSignal): Promise<void> => {
  await reserveListens(life, options);
  life.watchdog = await startWatchdog(options.runFolder, sentence => options.onTrouble?.(sentence));
  signal.throwIfAborted();
  life.links = await startLinks(life, life.watchdog, options);
  signal.throwIfAborted();
  life.nodes = createNodes(life.links, life.watchdog, options);
  await startTogether([...life.nodes.values()], signal);
};

/** Never throws; resolves to what could not be ended. Whatever is left is then up to the watchdog. */
export const endLife = async (life: ClusterLife, graceMs: number): Promise<string[]> => {
  life.ending = true;
  const orSay = (ending: Promise<string | undefined> | undefined): Promise<string | undefined> =>
    ending?.catch(messageOf) ?? Promise.resolve(undefined);
  const nodes = await Promise.all([...life.nodes.values()].map(node => orSay(node.close(graceMs))));
  // Proxies of our own server end with it.
  const proxies = life.server === undefined ? ((await life.links?.close()) ?? []) : [];
  const server = await orSay(life.server?.close());
  const watchdog = (await life.watchdog?.close().catch(thrown => [messageOf(thrown)])) ?? [];
  releasePorts(life.reserved);
  return [...nodes, ...proxies, server, ...watchdog].filter(sentence => sentence !== undefined);
};

const reserveListens = async (life: ClusterLife, { nodes, system }: LifeOptions): Promise<void> => {
  const names = Object.keys(system.ports);
  const ports = await reservePorts(nodes.length * names.length);
  life.reserved = ports;
  life.listens = new Map(
    nodes.map((node, i) => [
      node,
      Object.fromEntries(names.map((name, j) => [name, { host: '127.0.0.1', port: ports[i * names.length + j]! }])),
    ]),
  );
};

const startLinks = async (life: ClusterLife, watchdog: Watchdog, options: LifeOptions): Promise<ProxyLinks> => {
  const { system, nodes, control, report } = options;
  const prefix = `ordeal-${watchdog.token.slice(0, 8)}-`;
  let url = options.toxiproxyUrl?.replace(/\/+$/, '');
  if (url === undefined) {
    const folder = options.runFolder;
    const onExit = (exit: Omit<UnexpectedExit, 'node'>): void => {
      report({ ...exit, node: 'toxiproxy', fatal: (life.revivals ?? 0) >= mostRevivals });
      void revive(life, options, port => startToxiproxyServer({ watchdog, folder, onExit, port }));
    };
    life.server = await startToxiproxyServer({ watchdog, folder, onExit });
    url = life.server.url;
  } else {
    refuseFarAway(url, 'clusters of local processes listen on loopback only');
    watchdog.holdProxies({ url, prefix });
  }
  const api = createToxiproxyApi(url);
  await assertToxiproxy(api);
  return createProxyLinks({ api, system, nodes, control, prefix, onTrouble: sentence => options.onTrouble?.(sentence) });
};

/** A server that crashes more often than this would only crash again. */
const mostRevivals = 3;

/** A proxy server that crashed is replaced at the same address: its connections are lost, and so is what they held, but nothing else. */
const revive = async (life: ClusterLife, options: LifeOptions, start: (port: number) => Promise<ToxiproxyServer>): Promise<void> => {
  life.revivals = (life.revivals ?? 0) + 1;
  if (life.ending || life.server === undefined || life.revivals > mostRevivals) return;
  try {
    life.server = await start(life.server.port);
    if (life.ending) return void (await life.server.close());
    await life.links?.revive();
    options.onTrouble?.('Toxiproxy was started again, with every link and every fault on it; the connections over it were closed');
  } catch (thrown) {
    options.onTrouble?.(`Toxiproxy could not be started again: ${messageOf(thrown)}`);
  }
};

const createNodes = (links: ProxyLinks, watchdog: Watchdog, options: LifeOptions): Map<NodeId, NodeProcess> => {
  const { system, nodes, control, bugs, runFolder } = options;
  const { clock } = system;
  assert(system.node !== undefined, `${system.name} can start as a local process`);
  const specOf = system.node;
  const listenOf = (id: NodeId) => Object.fromEntries(Object.keys(system.ports).map(port => [port, control(id, port)]));
  return new Map(
    nodes.map(id => {
      const folder = join(runFolder, 'nodes', id);
      mkdirSync(folder, { recursive: true });
      const node = new NodeProcess({
        id,
        folder,
        watchdog,
        spec: facts =>
          specOf({
            ...facts,
            id,
            nodes,
            bugs,
            options: options.options,
            listen: listenOf(id),
            peer: (to, port) => links.address(id, to, port),
          }),
        ready: (signal, look) => lookReady(system.ready, { control, ...look }, id, signal),
        setClock: clock && ((skew, signal) => clock.set(control, id, skew, signal)),
        readClock: clock && (signal => clock.read(control, id, signal)),
        readyTimeoutMs: options.readyTimeoutMs ?? 30_000,
        onUnexpectedExit: exit => options.report({ ...exit, node: id }),
      });
      return [id, node];
    }),
  );
};
