/**
 * A cluster that somebody else runs: only its endpoints are known. Clients reach it through Toxiproxy proxies on loopback, so client links can
 * be broken; nothing else is ever done to it, and it is left as it was found. Load goes to the endpoints that the user listed, nowhere else.
 */
import { execa } from 'execa';
import type { Capability, Cluster, ClusterOptions, Links, Provider, UnexpectedExit } from '../../protocol/cluster.ts';
import type { Control, Endpoint, NodeId, System } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { sleep, within } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { lookReady } from '../ready.ts';
import { assertToxiproxy, createToxiproxyApi, refuseFarAway } from '../toxiproxy/api.ts';
import { createProxyLinks, type ProxyLinks } from '../toxiproxy/links.ts';
import { startToxiproxyServer, type ToxiproxyServer } from '../toxiproxy/server.ts';
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts';

export const external: Provider = {
  name: 'external',
  summary: 'servers that somebody else runs, by their endpoints; client links are Toxiproxy proxies on loopback',
  capabilities: async ({ system }) => {
    endpointsOf(system);
    if (typeof system.ready === 'object' && 'log' in system.ready)
      throw new UserError(
        'usage',
        'no-log',
        `${system.name} is ready when its log says so, and nobody here sees the logs of external nodes`,
        {
          hint: 'give the system another ready: { tcp }, { http }, { command }, or a function',
        },
      );
    return new Set<Capability>(['client-links']);
  },
  nodes: async ({ system }) => Object.keys(endpointsOf(system)),
  create: options => createExternalCluster(options),
};

type Endpoints = NonNullable<System['endpoints']>;

/** Throws a usage error where none are listed, or one has no client port. */
const endpointsOf = ({ name, endpoints = {}, clientPort }: System): Endpoints => {
  if (Object.keys(endpoints).length === 0)
    throw new UserError('usage', 'no-endpoints', `--on external: where are the nodes of ${name}?`, {
      hint: "say --endpoint n1=HOST:PORT for each, or endpoints: { n1: 'HOST:PORT' } in the config file",
    });
  for (const [node, ports] of Object.entries(endpoints))
    if (ports[clientPort] === undefined)
      throw new UserError(
        'usage',
        'no-endpoints',
        `the endpoints of ${node} do not say where its port ${clientPort} is, which clients connect to`,
      );
  return endpoints;
};

/** Filled in as things come to life, so that whatever there is can be ended at any moment. */
interface Life {
  watchdog?: Watchdog;
  server?: ToxiproxyServer;
  links?: ProxyLinks;
}

/** A node that has not answered by then is asked anew. */
const readyAttemptMs = 2000;

const createExternalCluster = (options: ClusterOptions): Cluster => {
  const { system, nodes } = options;
  const endpoints = endpointsOf(system);
  const listeners: ((exit: UnexpectedExit) => void)[] = [];
  const life: Life = {};
  let started: Promise<void> | undefined;
  let closed: Promise<string[]> | undefined;
  const abortStart = new AbortController();

  const control: Control = (node, port) => {
    const at = endpoints[node]?.[port];
    if (at === undefined)
      throw new UserError('usage', 'no-endpoint', `the endpoints of ${node} do not say where its port ${port} is`, {
        hint: `say --endpoint ${node}/${port}=HOST:PORT`,
      });
    return at;
  };
  const exec = async (node: NodeId, [file = '', ...args]: readonly string[], signal: AbortSignal): Promise<void> => {
    const { host, port } = control(node, system.clientPort);
    const env = { ORDEAL_NODE: node, ORDEAL_HOST: host, ORDEAL_PORT: String(port) };
    await execa(file, args, { cancelSignal: signal, stdin: 'ignore', env });
  };
  const log = (): string => {
    throw new Error('nobody here sees the logs of external nodes');
  };
  const ready = (node: NodeId, signal: AbortSignal): Promise<void> => lookReady(system.ready, { control, exec, log }, node, signal);
  const start = async (signal: AbortSignal): Promise<void> => {
    await startLinks(life, options, control, exit => {
      for (const listener of listeners) listener(exit);
    });
    await Promise.all(
      nodes.map(node => untilReady(ready, node, control(node, system.clientPort), options.readyTimeoutMs ?? 30_000, signal)),
    );
  };
  const notOurs =
    (what: string) =>
    async (node: NodeId): Promise<never> => {
      throw new Error(`${node} cannot be ${what}: somebody else runs it`);
    };
  return {
    nodes,
    get links(): Links {
      assert(life.links !== undefined, 'the cluster was started');
      return life.links;
    },
    control,
    describe: () => ({
      endpoints: Object.fromEntries(
        nodes.map(node => [node, `${control(node, system.clientPort).host}:${control(node, system.clientPort).port}`]),
      ),
    }),
    ready,
    start: signal => {
      assert(started === undefined, 'a cluster starts once');
      started = start(AbortSignal.any([signal, abortStart.signal]));
      return started;
    },
    state: () => 'running',
    kill: notOurs('killed'),
    restart: notOurs('restarted'),
    pause: notOurs('paused'),
    resume: async () => {},
    setClock: notOurs('given another time'),
    readClock: notOurs('asked for its time'),
    onUnexpectedExit: listener => void listeners.push(listener),
    close: () => {
      const close = async (): Promise<string[]> => {
        abortStart.abort(new Error('the cluster was closed while it was starting'));
        await started?.catch(() => {});
        return endLife(life);
      };
      closed ??= close();
      return closed;
    },
  };
};

/** Proxies for client links only: what nodes say to each other is not ours. */
const startLinks = async (life: Life, options: ClusterOptions, control: Control, report: (exit: UnexpectedExit) => void): Promise<void> => {
  const { system, nodes, runFolder } = options;
  const onTrouble = (sentence: string): void => options.onTrouble?.(sentence);
  const watchdog = await startWatchdog(runFolder, onTrouble);
  life.watchdog = watchdog;
  const prefix = `ordeal-${watchdog.token.slice(0, 8)}-`;
  let url = options.toxiproxyUrl?.replace(/\/+$/, '');
  if (url === undefined) {
    const onExit = (exit: Omit<UnexpectedExit, 'node'>): void => report({ ...exit, node: 'toxiproxy', fatal: true });
    life.server = await startToxiproxyServer({ watchdog, folder: runFolder, onExit });
    url = life.server.url;
  } else {
    refuseFarAway(url, 'clients reach its proxies on loopback only');
    watchdog.holdProxies({ url, prefix });
  }
  const api = createToxiproxyApi(url);
  await assertToxiproxy(api);
  const ports = Object.fromEntries(
    Object.entries(system.ports)
      .filter(
        ([port, { reachedBy }]) =>
          port === system.clientPort || (reachedBy.includes('clients') && nodes.every(node => has(system, node, port))),
      )
      .map(([port]) => [port, { reachedBy: ['clients' as const] }]),
  );
  life.links = await createProxyLinks({
    api,
    system: { ...system, ports },
    nodes,
    control: (node, port) => dialable(control(node, port)),
    prefix,
    onTrouble,
  });
};

const has = (system: System, node: NodeId, port: string): boolean => system.endpoints?.[node]?.[port] !== undefined;

/** As Toxiproxy writes it. */
const dialable = ({ host, port }: Endpoint): Endpoint => ({ host: host.includes(':') ? `[${host}]` : host, port });

const untilReady = async (
  ready: (node: NodeId, signal: AbortSignal) => Promise<void>,
  node: NodeId,
  { host, port }: Endpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> => {
  let reason: unknown;
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(50, signal)) {
    signal.throwIfAborted();
    try {
      return await ready(node, within(readyAttemptMs, signal));
    } catch (thrown) {
      if (thrown instanceof UserError) throw thrown;
      reason = thrown;
    }
  }
  throw new UserError(
    'environment',
    'node-never-ready',
    `node ${node} at ${host}:${port} was not ready within ${timeoutMs / 1000} s (${messageOf(reason)})`,
    {
      hint: 'start it, or correct its endpoint; --start-timeout gives it longer',
      cause: reason,
    },
  );
};

/** Never throws; resolves to what could not be ended. */
const endLife = async ({ links, server, watchdog }: Life): Promise<string[]> => {
  // Proxies of our own server end with it.
  const proxies = server === undefined ? ((await links?.close()) ?? []) : [];
  const left = await server?.close().catch(messageOf);
  const watch = (await watchdog?.close().catch(thrown => [messageOf(thrown)])) ?? [];
  return [...proxies, ...(left === undefined ? [] : [left]), ...watch];
};
