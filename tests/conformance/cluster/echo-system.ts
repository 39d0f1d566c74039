/** The smallest system that a cluster can be tried with: nodes that echo bytes, tell the time and say whether they live. */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../../harness/protocol/cluster.ts';
import type { ImageSource } from '../../../harness/protocol/container.ts';
import type { ClockReading, Endpoint, NodeId, System } from '../../../harness/protocol/system.ts';
import type { Json } from '../../../harness/std/json.ts';

const program = fileURLToPath(new URL('./echo-node.mjs', import.meta.url));

export const echoPorts = { peer: 7000, control: 7001 } as const;

export const echoImage: ImageSource = {
  dockerfile: fileURLToPath(new URL('./echo-image', import.meta.url)),
  files: { 'echo-node.mjs': program },
};

/** What a node in a container is told. */
export const echoConfig = (id: NodeId, more: { readonly [name: string]: Json } = {}): string => {
  const listen = { peer: { host: '0.0.0.0', port: echoPorts.peer }, control: { host: '0.0.0.0', port: echoPorts.control } };
  return JSON.stringify({ id, listen, dataDir: '/data', clock: { offsetMs: 0, rate: 1 }, ...more });
};

/** `leader`: roles as the test wants them; it may change at any time. */
export const createEchoSystem = (roles: { leader: NodeId | undefined; term: number } = { leader: 'n1', term: 1 }): System => ({
  name: 'echo',
  summary: 'echoes bytes',
  version: '1',
  defaultNodes: 3,
  options: {
    dieAtStart: { default: '', summary: 'the node that ends at once' },
    smallDisk: { default: 'n3', summary: 'the node whose disk can be filled, where it is a container' },
    neverReady: { default: '', summary: 'the node that never answers' },
  },
  bugs: {},
  ports: {
    peer: { number: echoPorts.peer, reachedBy: ['peers', 'clients'] },
    control: { number: echoPorts.control, reachedBy: ['controller'] },
  },
  clientPort: 'peer',
  errors: {},
  workloads: ['register'],
  claims: [],
  node: ({ id, listen, dataDir, incarnation, clock, options }) => ({
    command: process.execPath,
    args: [
      program,
      JSON.stringify({
        id,
        listen,
        dataDir,
        incarnation,
        clock,
        dieAtStart: options.dieAtStart === id,
        neverReady: options.neverReady === id,
      }),
    ],
  }),
  container: ({ id, options }) => ({
    image: echoImage,
    command: [echoConfig(id, { dieAtStart: options.dieAtStart === id, neverReady: options.neverReady === id })],
    dataDir: '/data',
    // A disk that can be filled is lost with its container.
    ...(id === options.smallDisk ? { dataBytes: 8 * 2 ** 20 } : {}),
  }),
  ready: async (control, node, signal) => {
    await ask(control(node, 'control'), { do: 'ping' }, signal);
  },
  connect: () => Promise.reject(new Error('the echo system has no clients')),
  roles: async (_control, nodes) => ({ ...roles, followers: nodes.filter(node => node !== roles.leader) }),
  ping: async (at, _port, signal) => {
    await echo(at, 'ping\n', signal);
  },
  clock: {
    set: async (control, node, skew, signal) => {
      await ask(control(node, 'control'), { do: 'skew', ...skew }, signal);
    },
    read: async (control, node, signal) => (await ask(control(node, 'control'), { do: 'clock' }, signal)) as unknown as ClockReading,
  },
});

/** Sends one line over a new connection and resolves to the line that comes back; rejects when the signal aborts first. */
export const echo = (at: Endpoint, line: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(at.port, at.host);
    const fail = (reason: unknown): void => {
      socket.destroy();
      reject(reason);
    };
    const onAbort = (): void => fail(new Error('no answer in time'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the connection closed without an answer')));
    let heard = '';
    socket.setEncoding('utf8').on('data', text => {
      heard += text;
      if (!heard.endsWith('\n')) return;
      signal.removeEventListener('abort', onAbort);
      resolve(heard);
      socket.destroy();
    });
    socket.write(line);
  });

const ask = async (
  at: Endpoint,
  request: { readonly [name: string]: Json },
  signal: AbortSignal,
): Promise<{ readonly [name: string]: Json }> =>
  JSON.parse(await echo(at, `${JSON.stringify(request)}\n`, signal)) as { readonly [name: string]: Json };

/** Asks a node's control port, past every link. */
export const tell = (
  cluster: Cluster,
  node: NodeId,
  request: { readonly [name: string]: Json },
): Promise<{ readonly [name: string]: Json }> => ask(cluster.control(node, 'control'), request, AbortSignal.timeout(2000));

/** Makes `from` open its long-lived connection to `to`, over their link. */
export const dial = async (cluster: Cluster, from: NodeId, to: NodeId): Promise<void> => {
  await tell(cluster, from, { do: 'dial', to, ...cluster.links.address(from, to, 'peer') });
};
