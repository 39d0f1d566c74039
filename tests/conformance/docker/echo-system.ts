/** The smallest system in containers: nodes that answer lines, count their starts, and can be told to misbehave. */

import { connect } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from '../../../harness/protocol/cluster.ts';
import type { ContainerSpec } from '../../../harness/protocol/container.ts';
import type { Endpoint, NodeId, Ready, System } from '../../../harness/protocol/system.ts';
import { within } from '../../../harness/std/deadline.ts';
import { projectRoot } from '../../../harness/std/paths.ts';

export const echoImage = { dockerfile: join(projectRoot, 'tests/conformance/docker/echo') };

export interface EchoOptions {
  readonly ready?: Ready;
  /** Over what every node's container says anyway. */
  readonly spec?: (id: NodeId) => Partial<ContainerSpec>;
  readonly services?: readonly NodeId[];
}

export const createEcho = ({ ready = { tcp: 'line' }, spec = () => ({}), services }: EchoOptions = {}): System => ({
  name: 'echo',
  summary: 'answers lines',
  version: '1',
  defaultNodes: 3,
  options: {},
  bugs: {},
  ports: { line: { number: 7000, reachedBy: ['clients', 'peers', 'controller'] } },
  clientPort: 'line',
  errors: {},
  workloads: ['register'],
  claims: [],
  ...(services === undefined ? {} : { services }),
  container: ({ id }) => ({ image: echoImage, dataDir: '/data', logFiles: ['/events.log'], ...spec(id) }),
  ready,
  connect: () => Promise.reject(new Error('the echo system has no clients')),
  ping: async (at, _port, signal) => void (await ask(at, 'ping', signal)),
});

/** Sends one line over a new connection and resolves to the line that comes back; rejects when the signal aborts first. */
export const ask = (at: Endpoint, line: string, signal: AbortSignal = within(5000)): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(at.port, at.host);
    const settle = (error?: Error, answer?: string): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (answer === undefined) reject(error);
      else resolve(answer);
    };
    const onAbort = (): void => settle(new Error('no answer in time'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    let heard = '';
    socket.setEncoding('utf8').on('data', text => {
      heard += text;
      if (heard.endsWith('\n')) settle(undefined, heard.trimEnd());
    });
    socket.on('error', settle).on('close', () => settle(new Error('the connection was closed without an answer')));
    socket.write(`${line}\n`);
  });

/** Asks a node past every link. */
export const tell = (cluster: Cluster, node: NodeId, line: string, signal?: AbortSignal): Promise<string> =>
  ask(cluster.control(node, 'line'), line, signal);
