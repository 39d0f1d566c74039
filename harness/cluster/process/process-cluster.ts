/** A cluster of local processes: every node a child process, every link a Toxiproxy proxy on loopback, everything on a watchdog's lease. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Capability, Cluster, ClusterOptions, Links, Provider, UnexpectedExit } from '../../protocol/cluster.ts';
import type { Control, NodeId } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { UserError } from '../../std/user-error.ts';
import { isFree } from '../ports.ts';
import { type ClusterLife, endLife, startLife } from './cluster-life.ts';
import type { NodeProcess } from './node-process.ts';

export const processes: Provider = {
  name: 'process',
  summary: 'local processes; every link is a Toxiproxy proxy on loopback',
  capabilities: async ({ system }) => {
    const reached = Object.values(system.ports).flatMap(port => port.reachedBy);
    return new Set<Capability>([
      'kill',
      'pause',
      'stop',
      ...(reached.includes('clients') ? ['client-links' as const] : []),
      ...(reached.includes('peers') ? ['peer-links' as const] : []),
      ...(system.clock ? ['clock' as const] : []),
    ]);
  },
  create: options => createProcessCluster(options),
};

/** Starts nothing yet. A cluster starts once and closes once. */
export const createProcessCluster = (options: ClusterOptions): Cluster => {
  const listeners: ((exit: UnexpectedExit) => void)[] = [];
  const report = (exit: UnexpectedExit): void => {
    for (const listener of listeners) listener(exit);
  };
  const stopGraceMs = options.stopGraceMs ?? 1000;
  const abortStart = new AbortController();
  let life: ClusterLife | undefined;
  let started: Promise<void> | undefined;
  let closed: Promise<string[]> | undefined;

  const control: Control = (node, port) => {
    const at = life?.listens.get(node)?.[port];
    assert(at !== undefined, `${node} has a port ${port} and the cluster was started`);
    return at;
  };
  const node = (id: NodeId): NodeProcess => {
    const found = life?.nodes.get(id);
    assert(found !== undefined, `${id} is a node of the started cluster`);
    return found;
  };

  /** A port that was lost to another program between the look and the start is worth one more attempt with others. */
  const start = async (signal: AbortSignal): Promise<void> => {
    mkdirSync(join(options.runFolder, 'nodes'), { recursive: true });
    for (let attempt = 1; ; attempt++) {
      life = { listens: new Map(), nodes: new Map(), reserved: [] };
      try {
        await startLife(life, { ...options, control, report }, signal);
        return;
      } catch (thrown) {
        const lost = await lostPort(life, thrown);
        for (const trouble of await endLife(life, stopGraceMs)) options.onTrouble?.(trouble);
        if (lost === undefined || signal.aborted) throw thrown;
        if (attempt === 2) throw portInUse(lost, thrown);
        options.onTrouble?.(`${lost} was taken by another program; starting again with other ports`);
      }
    }
  };

  return {
    nodes: options.nodes,
    get links(): Links {
      assert(life?.links !== undefined, 'the cluster was started');
      return life.links;
    },
    control,
    ready: (id, signal) => node(id).look(signal),
    start: signal => {
      assert(started === undefined, 'a cluster starts once');
      started = start(AbortSignal.any([signal, abortStart.signal]));
      return started;
    },
    state: id => life?.nodes.get(id)?.state ?? 'stopped',
    kill: id => node(id).kill(),
    stop: (id, graceMs) => node(id).stop(graceMs),
    restart: (id, signal) => node(id).start(signal),
    pause: id => node(id).pause(),
    resume: id => node(id).resume(),
    setClock: (id, skew, signal) => node(id).setClock(skew, signal),
    readClock: (id, signal) => node(id).readClock(signal),
    onUnexpectedExit: listener => void listeners.push(listener),
    close: () => {
      const close = async (): Promise<string[]> => {
        abortStart.abort(new Error('the cluster was closed while it was starting'));
        await started?.catch(() => {});
        return life === undefined ? [] : endLife(life, stopGraceMs);
      };
      closed ??= close();
      return closed;
    },
  };
};

/** Names the port of a node that died at start because somebody else listens there now. */
const lostPort = async (life: ClusterLife, thrown: unknown): Promise<string | undefined> => {
  if (!(thrown instanceof UserError && thrown.code === 'node-died')) return undefined;
  const dead = [...life.nodes.values()].filter(each => each.state === 'stopped');
  for (const { id } of dead)
    for (const [name, { port }] of Object.entries(life.listens.get(id) ?? {}))
      if (!(await isFree(port))) return `port ${port} (${name} of ${id})`;
  return undefined;
};

const portInUse = (lost: string, cause: unknown): UserError =>
  new UserError('environment', 'port-in-use', `${lost} is taken by another program, and so were the ports tried before`, {
    hint: 'another program takes ports as fast as they are found free; end it or try again',
    cause,
  });
