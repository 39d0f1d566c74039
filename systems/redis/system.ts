/** Redis 7 with Sentinel as a system under test: a primary, replicas that follow it asynchronously, and Sentinels that fail over. */
import { join } from 'node:path';
import type { ContainerContext, ContainerSpec } from '../../harness/protocol/container.ts';
import type { Control, NodeId, Roles, System } from '../../harness/protocol/system.ts';
import { projectRoot } from '../../harness/std/paths.ts';
import { redisClient, watchedName } from './client.ts';
import { askOnce } from './connection.ts';
import { redisErrors } from './errors.ts';
import { redisConfig, redisPort, sentinelConfig, sentinelPort, startScript } from './start.ts';

const dataDir = '/data';

export const redis: System = {
  name: 'redis',
  summary: 'Redis 7, a primary and its replicas with Sentinels: fails over, and loses what was not replicated by then',
  version: '7',
  defaultNodes: 3,
  options: {
    wait: {
      default: 0,
      choices: ['0', '1', '2'],
      summary: 'replicas that WAIT must count before a write is ok; fewer: its outcome is unknown',
    },
    downAfterMs: { default: 1000, summary: 'silence after which a Sentinel takes a node for down, ms' },
    failoverTimeoutMs: { default: 3000, summary: 'time a failover may take before another one is tried, ms' },
  },
  bugs: {},
  ports: {
    client: { number: redisPort, reachedBy: ['clients', 'peers', 'controller'] },
    sentinel: { number: sentinelPort, reachedBy: ['clients', 'peers', 'controller'] },
  },
  clientPort: 'client',
  errors: redisErrors,
  workloads: ['register', 'set', 'queue', 'counter', 'monotonic', 'unique-ids', 'bank', 'long-fork', 'lock', 'log', 'broadcast'],
  // Replication is asynchronous and Redis promises no model; asked for as linearizable, so that it is seen what is lost.
  claims: [],
  container,
  ready: async (control, id, signal) => {
    await Promise.all(['client', 'sentinel'].map(port => askOnce(control(id, port), ['PING'], signal)));
  },
  connect: (node, _at, options, reach, context) =>
    redisClient({
      sentinel: reach(node, 'sentinel'),
      reach: named => reach(named, 'client'),
      wait: Number(options.wait),
      workload: context?.workload,
    }),
  roles,
  ping: async (at, _port, signal) => void (await askOnce(at, ['PING'], signal)),
  now: async (_node, at, signal) => {
    const [seconds, micros] = (await askOnce(at, ['TIME'], signal)) as readonly [string, string];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  },
};

function container({ id, nodes, options }: ContainerContext): ContainerSpec {
  const start = {
    id,
    nodes,
    watched: watchedName,
    downAfterMs: Number(options.downAfterMs),
    failoverTimeoutMs: Number(options.failoverTimeoutMs),
  };
  return {
    image: { dockerfile: join(projectRoot, 'docker', 'redis'), official: 'redis:7' },
    entrypoint: ['/bin/bash', '-c'],
    command: [startScript],
    env: { DATA_DIR: dataDir, REDIS_CONF: redisConfig(start), SENTINEL_CONF: sentinelConfig(start) },
    dataDir,
  };
}

/** The primary is whoever the Sentinel of the newest epoch says; the epoch grows with every failover. */
async function roles(control: Control, nodes: readonly NodeId[], signal: AbortSignal): Promise<Roles> {
  const ask = async (node: NodeId) => {
    const fields = (await askOnce(control(node, 'sentinel'), ['SENTINEL', 'MASTER', watchedName], signal)) as readonly string[];
    const field = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
    return { node, primary: field('ip'), epoch: Number(field('config-epoch') ?? 0) };
  };
  const asked = await Promise.allSettled(nodes.map(ask));
  const said = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [newest] = said.sort((a, b) => b.epoch - a.epoch);
  const leader = nodes.find(node => node === newest?.primary);
  return { leader, term: newest?.epoch, followers: said.map(({ node }) => node).filter(node => node !== leader) };
}
