/** The reference Raft as a system under test: a replicated key-value store of our own, with switchable bugs. */
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { judgeRaftLogs } from '../../checkers/raft-safety/raft-safety.ts';
import type { Control, Endpoint, NodeContext, NodeId, NodeSpec, Roles, System } from '../../harness/protocol/system.ts';
import { builtPath } from '../../harness/std/paths.ts';
import { raftClient } from './client.ts';
import { ports, raftContainer } from './container.ts';
import { raftErrors } from './errors.ts';
import { serverFlags } from './flags.ts';
import { bugs } from './server/bugs.ts';

export const raft: System = {
  name: 'raft',
  summary: 'our reference Raft: a key-value store of five processes, linearizable, with switchable bugs',
  version: '1',
  defaultNodes: 5,
  options: {
    electionTimeoutMs: { default: '150-300', summary: 'range of the randomised election timeout, ms' },
    heartbeatMs: { default: 50, summary: 'time between heartbeats, ms' },
    snapshotEvery: { default: 1000, summary: 'entries between snapshots' },
    keepEntries: { default: 200, summary: 'entries that stay in the log behind a snapshot' },
    forward: { default: true, summary: 'followers forward requests to the leader' },
    requestTimeoutMs: { default: 900, summary: 'a node answers a request by then, ms' },
    forwardRetryMs: { default: 500, summary: 'a forwarded request without an answer is sent again after this, ms' },
  },
  bugs: Object.fromEntries(
    Object.entries(bugs).map(([name, { broken, anomaly, nemesis }]) => [name, { summary: `${broken} ${anomaly}`, provokedBy: nemesis }]),
  ),
  ports: {
    client: { number: ports.client, reachedBy: ['clients'] },
    peer: { number: ports.peer, reachedBy: ['peers'] },
    admin: { number: ports.admin, reachedBy: ['controller'] },
  },
  clientPort: 'client',
  errors: raftErrors,
  workloads: ['register', 'leader-election'],
  claims: ['linearizable', 'sequential'],
  node,
  container: raftContainer,
  ready: async (control, id, signal) => {
    await get(control(id, 'admin'), '/healthz', signal);
  },
  connect: (_node, at) => raftClient(at),
  roles,
  ping,
  clock: {
    async set(control, id, { offsetMs, rate }, signal) {
      await request(control(id, 'admin'), '/clock', { method: 'POST', body: JSON.stringify({ offsetMs, rate }), signal });
    },
    read: (control, id, signal) => get(control(id, 'admin'), '/clock', signal),
  },
  judgeLogs: judgeRaftLogs,
};

function node({ id, nodes, options, bugs, listen, peer, dataDir, logDir, clock }: NodeContext): NodeSpec {
  const flags = serverFlags({
    id,
    nodes,
    options,
    bugs,
    host: listen.client!.host,
    ports: { client: listen.client!.port, peer: listen.peer!.port, admin: listen.admin!.port },
    peer: other => peer(other, 'peer'),
    data: dataDir,
    eventLog: join(logDir, 'events.jsonl'),
    clock,
  });
  return { command: process.execPath, args: [builtPath('systems/raft/server/main'), ...flags] };
}

interface Status {
  readonly id: NodeId;
  readonly role: string;
  readonly term: number;
}

/** The leader is whoever claims it in the newest term; an older claim is that of a deposed leader that does not know yet. */
async function roles(control: Control, nodes: readonly NodeId[], signal: AbortSignal): Promise<Roles> {
  const asked = await Promise.allSettled(nodes.map(id => get<Status>(control(id, 'admin'), '/status', signal)));
  const statuses = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [leader] = statuses.filter(({ role }) => role === 'leader').sort((a, b) => b.term - a.term);
  const followers = statuses.filter(({ id }) => id !== leader?.id).map(({ id }) => id);
  return { leader: leader?.id, term: leader?.term, followers };
}

async function request(at: Endpoint, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`http://${at.host}:${at.port}${path}`, init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}

async function get<T>(at: Endpoint, path: string, signal: AbortSignal): Promise<T> {
  return (await (await request(at, path, { signal })).json()) as T;
}

/** One line out, one line back, on a connection of its own; the peers' and the clients' door both answer. */
function ping(at: Endpoint, port: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: at.host, port: at.port, noDelay: true });
    const settle = (error?: Error) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const onAbort = () => settle(new Error('no answer in time'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    let received = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(port === 'peer' ? '{"type":"ping"}\n' : '{"id":0,"op":"ping"}\n'));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.includes('pong')) settle();
    });
    socket.on('error', settle);
    socket.on('close', () => settle(new Error('the connection was closed')));
  });
}
