/** etcd as a system under test: Debian's 3.4 or 3.6 from its Go module, in containers. */
import { join } from 'node:path';
import type { ContainerContext, ContainerSpec, ImageSource } from '../../harness/protocol/container.ts';
import type { Control, Endpoint, NodeId, Roles, System } from '../../harness/protocol/system.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { projectRoot } from '../../harness/std/paths.ts';
import { buildEtcd } from './build.ts';
import { etcdClient } from './client.ts';
import { etcdErrors } from './errors.ts';
import { askOnce } from './gateway.ts';

const clientPort = 2379;
const peerPort = 2380;
const dataDir = '/var/lib/ordeal';

export const etcd: System = {
  name: 'etcd',
  summary: 'etcd over its JSON gateway: a replicated key-value store by Raft, with transactions',
  version: '3',
  defaultNodes: 5,
  options: {
    version: { default: '3.6', choices: ['3.4', '3.6'], summary: '3.4 as Debian packages it, or 3.6.6 built from its Go module' },
    reads: {
      default: 'linearizable',
      choices: ['linearizable', 'serializable'],
      summary: 'serializable: the node that is asked answers from what it has, however far behind it is',
    },
    leaseSeconds: { default: 5, summary: 'a lock comes free so long after its holder was last heard of, whole seconds' },
    heartbeatMs: { default: 50, summary: 'time between heartbeats, ms' },
    electionTimeoutMs: { default: 500, summary: 'election timeout, ms; at least five heartbeats' },
  },
  bugs: {},
  ports: {
    client: { number: clientPort, reachedBy: ['clients', 'controller'] },
    peer: { number: peerPort, reachedBy: ['peers'] },
  },
  clientPort: 'client',
  errors: etcdErrors,
  workloads: [
    'register',
    'list-append',
    'set',
    'queue',
    'counter',
    'monotonic',
    'unique-ids',
    'bank',
    'long-fork',
    'lock',
    'log',
    'broadcast',
  ],
  claims: ['linearizable', 'sequential'],
  container,
  // It answers once it has joined the others, and not before.
  ready: async (control, id, signal) => void (await askOnce(control(id, 'client'), 'GET', '/version', signal)),
  connect: (_node, at, options, _reach, context) =>
    etcdClient(at, {
      serializable: options.reads === 'serializable',
      leaseSeconds: Number(options.leaseSeconds),
      workload: context?.workload,
    }),
  roles,
  // Both ports answer it, each on a connection of its own.
  ping: async (at, _port, signal) => void (await askOnce(at, 'GET', '/version', signal)),
  now: (_node, at, signal) => wallClock(at, signal),
};

const image = (version: string): ImageSource =>
  version === '3.4'
    ? { dockerfile: join(projectRoot, 'docker', 'etcd') }
    : { dockerfile: join(projectRoot, 'docker', 'etcd-3.6'), files: { etcd: buildEtcd }, official: 'quay.io/coreos/etcd:v3.6.6' };

function container({ id, nodes, options }: ContainerContext): ContainerSpec {
  const version = String(options.version);
  const flags: [string, unknown][] = [
    ['name', id],
    ['data-dir', `${dataDir}/${id}.etcd`],
    ['listen-client-urls', `http://0.0.0.0:${clientPort}`],
    ['advertise-client-urls', `http://${id}:${clientPort}`],
    ['listen-peer-urls', `http://0.0.0.0:${peerPort}`],
    ['initial-advertise-peer-urls', `http://${id}:${peerPort}`],
    ['initial-cluster', nodes.map(node => `${node}=http://${node}:${peerPort}`).join(',')],
    ['initial-cluster-state', 'new'],
    ['heartbeat-interval', options.heartbeatMs],
    ['election-timeout', options.electionTimeoutMs],
    ['logger', 'zap'],
  ];
  return {
    image: image(version),
    entrypoint: [version === '3.4' ? '/usr/bin/etcd' : '/usr/local/bin/etcd'],
    command: flags.map(([name, value]) => `--${name}=${value}`),
    dataDir,
  };
}

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
  readonly raftTerm?: string;
}

/** The leader is whoever says that it leads in the newest term; an older claim is that of a deposed leader that does not know yet. */
async function roles(control: Control, nodes: readonly NodeId[], signal: AbortSignal): Promise<Roles> {
  const ask = async (node: NodeId) => {
    const { text } = await askOnce(control(node, 'client'), 'POST', '/v3/maintenance/status', signal);
    const { header, leader, raftTerm } = JSON.parse(text) as Status;
    return { node, term: Number(raftTerm ?? 0), leads: leader !== undefined && leader !== '0' && leader === header.member_id };
  };
  const asked = await Promise.allSettled(nodes.map(ask));
  const statuses = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [first] = statuses.filter(({ leads }) => leads).sort((a, b) => b.term - a.term);
  const followers = statuses.filter(({ node }) => node !== first?.node).map(({ node }) => node);
  return { leader: first?.node, term: first?.term, followers };
}

const betweenLooksMs = 5;

/** etcd dates its answers, to the second: the moment at which the date changes is that second. Takes up to a second. */
async function wallClock(at: Endpoint, signal: AbortSignal): Promise<number> {
  const dated = async () => Date.parse((await askOnce(at, 'GET', '/version', signal)).headers.date ?? '');
  const first = await dated();
  for (let now = first; ; now = await dated()) {
    if (Number.isNaN(now)) throw new Error('the answer has no date');
    if (now !== first) return now;
    await sleep(betweenLooksMs, signal);
    signal.throwIfAborted();
  }
}
