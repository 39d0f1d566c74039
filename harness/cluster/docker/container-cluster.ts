/** A cluster of containers, wherever they come from: their lives, their links, the faults on them, and how it all ends. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Broken, Cluster, ClusterOptions, HostFault, Links, UnexpectedExit } from '../../protocol/cluster.ts';
import type { Control, NodeId, System } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { within } from '../../std/deadline.ts';
import { messageOf } from '../../std/user-error.ts';
import { lookReady, type NodeView } from '../ready.ts';
import { startTogether } from '../start-together.ts';
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts';
import { createClockKeeper } from './clock/clock-keeper.ts';
import { ContainerNode } from './container-node.ts';
import { connectEngine } from './engine.ts';
import { breakHost } from './hosts.ts';
import { copyLogFiles } from './log-files.ts';
import { createRunNetwork, type RunNetwork } from './network/network.ts';
import { createKeptClock, createOwnClock, type NodeClock } from './node-clock.ts';
import type { Member, Raised, Stage, StageContext } from './stage.ts';

/** Filled in as things come to life, so that whatever there is can be ended at any moment. */
interface Life {
  watchdog: Watchdog | undefined;
  context: StageContext | undefined;
  network: RunNetwork | undefined;
  members: ReadonlyMap<NodeId, Member>;
  nodes: ReadonlyMap<NodeId, ContainerNode>;
  /** Faults on whole nodes that are in force, by node and kind. */
  broken: Map<string, Broken>;
}

/** Starts nothing yet. A cluster starts once and closes once. */
export const createContainerCluster = (options: ClusterOptions, stage: Stage): Cluster => {
  const life: Life = {
    watchdog: undefined,
    context: undefined,
    network: undefined,
    members: new Map(),
    nodes: new Map(),
    broken: new Map(),
  };
  const listeners: ((exit: UnexpectedExit) => void)[] = [];
  const say = (sentence: string): void => options.onTrouble?.(sentence);
  const abortStart = new AbortController();
  let prepared: Promise<StageContext> | undefined;
  let started: Promise<void> | undefined;
  let closed: Promise<string[]> | undefined;

  const network = (): RunNetwork => {
    assert(life.network !== undefined, 'the cluster was started');
    return life.network;
  };
  const control: Control = (node, port) => network().control(node, port);
  const node = (id: NodeId): ContainerNode => {
    const found = life.nodes.get(id);
    assert(found !== undefined, `${id} is a node of the started cluster`);
    return found;
  };
  const report = (exit: UnexpectedExit): void => {
    for (const listener of listeners) listener(exit);
  };

  const prepare = async (signal: AbortSignal): Promise<StageContext> => {
    mkdirSync(join(options.runFolder, 'nodes'), { recursive: true });
    const engine = await connectEngine();
    const watchdog = await startWatchdog(options.runFolder, say);
    life.watchdog = watchdog;
    watchdog.holdDocker({ connection: engine.connection });
    const context = { engine, run: watchdog.token, say };
    life.context = context;
    await stage.prepare(context, signal);
    return context;
  };
  const start = async (signal: AbortSignal): Promise<void> => {
    prepared ??= prepare(signal);
    const context = await prepared;
    signal.throwIfAborted();
    const raised = await stage.raise(context, signal);
    await startNetwork(life, context, raised, options);
    const found = [...life.members.values()].flatMap(member => member.found ?? []);
    if (found.length > 0) life.watchdog?.holdDocker({ connection: context.engine.connection, found });
    for (const member of life.members.values()) makeNode(life, context, member, { ...options, control, report });
    await startTogether([...life.nodes.values()], signal);
    if (stage.learns) await learnPorts(life);
  };

  return {
    nodes: options.nodes,
    get links(): Links {
      return network().links;
    },
    control,
    describe: () => {
      assert(life.context !== undefined, 'the cluster was started');
      return { engine: { ...life.context.engine.describe }, ...stage.describe() };
    },
    prepare: async signal => {
      prepared ??= prepare(AbortSignal.any([signal, abortStart.signal]));
      await prepared;
    },
    ready: (id, signal) => node(id).look(signal),
    start: signal => {
      assert(started === undefined, 'a cluster starts once');
      started = start(AbortSignal.any([signal, abortStart.signal]));
      return started;
    },
    state: id => life.nodes.get(id)?.state ?? 'stopped',
    kill: id => node(id).kill(),
    restart: (id, signal) => node(id).start(signal),
    stop: (id, graceMs) => node(id).stop(graceMs),
    pause: id => node(id).pause(),
    resume: id => node(id).resume(),
    setClock: (id, skew, signal) => node(id).setClock(skew, signal),
    readClock: (id, signal) => node(id).readClock(signal),
    breakWires: (flows, fault) => network().breakWires(flows, fault),
    breakHost: (id, fault) => breakOnce(life, node(id), fault),
    onUnexpectedExit: listener => void listeners.push(listener),
    close: () => {
      const close = async (): Promise<string[]> => {
        abortStart.abort(new Error('the cluster was closed while it was starting'));
        await (started ?? prepared)?.catch(() => {});
        return endLife(life, stage, options);
      };
      closed ??= close();
      return closed;
    },
  };
};

/** The network is laid while the containers are being made. When one of the two fails, the other is waited for: it is ended then. */
const startNetwork = async (life: Life, { engine, run }: StageContext, raised: Raised, options: ClusterOptions): Promise<void> => {
  const { system, nodes, onTrouble = () => {} } = options;
  const { networks, addresses } = raised;
  const known = addresses === undefined ? { networks } : { networks, addresses };
  const laid = createRunNetwork({ engine, run, system, nodes, onTrouble, ...known });
  const [network, members] = await Promise.allSettled([laid, raised.members]);
  if (network.status === 'fulfilled') life.network = network.value;
  if (members.status === 'rejected') throw members.reason;
  if (network.status === 'rejected') throw network.reason;
  life.members = new Map(members.value.map(member => [member.node, member]));
};

/** Of nodes that we did not start, ports that nobody told us of are links too. */
const learnPorts = async ({ network, nodes }: Life): Promise<void> => {
  await Promise.all([...nodes.keys()].map(node => network!.learn(node)));
};

interface NodeOptions extends ClusterOptions {
  readonly control: Control;
  readonly report: (exit: UnexpectedExit) => void;
}

const makeNode = (life: Life, context: StageContext, member: Member, options: NodeOptions): void => {
  const { system, runFolder, control, report, onTrouble = () => {} } = options;
  const id = member.node;
  const made = new ContainerNode({
    id,
    container: context.engine.docker.getContainer(member.containerId),
    folder: join(runFolder, 'nodes', id),
    join: (containerId, signal) => life.network!.join(id, containerId, signal),
    leave: () => life.network!.leave(id),
    ready: (signal, look) => looksReady(life.network!, system, { control, ...look }, id, signal),
    clock: clockOf(context, member, options),
    readyTimeoutMs: options.readyTimeoutMs ?? 30_000,
    onUnexpectedExit: exit => report({ ...exit, node: id }),
    onTrouble,
  });
  life.nodes = new Map([...life.nodes, [id, made]]);
};

const clockOf = ({ engine, run }: StageContext, { node, containerId }: Member, options: NodeOptions): NodeClock => {
  const { system, control, onTrouble = () => {} } = options;
  const { clock } = system;
  if (clock === undefined) return createKeptClock(() => createClockKeeper({ engine, run, node, containerId, onTrouble }));
  return createOwnClock(
    (skew, signal) => clock.set(control, node, skew, signal),
    signal => clock.read(control, node, signal),
  );
};

/** The controller's way to a port is a tunnel, which accepts by itself: whether the node does is asked at its other end. */
const looksReady = (network: RunNetwork, { ready, ports }: System, view: NodeView, node: NodeId, signal: AbortSignal): Promise<void> => {
  const number = typeof ready === 'object' && 'tcp' in ready ? ports[ready.tcp]?.number : undefined;
  return number === undefined ? lookReady(ready, view, node, signal) : network.reachable(node, number, signal);
};

/** Two faults of one kind on one node would each take the other's state for the one to put back. */
const breakOnce = async (life: Life, node: ContainerNode, fault: HostFault): Promise<Broken> => {
  const key = `${node.id} ${fault.type}`;
  if (life.broken.has(key)) throw new Error(`${node.id} suffers from ${fault.type} already`);
  const fillables = life.members.get(node.id)!.fillables;
  life.broken.set(key, unbroken);
  try {
    const broken = await breakHost({ docker: life.context!.engine.docker, node, fillables }, fault);
    const remove = async (signal: AbortSignal): Promise<void> => {
      await broken.remove(signal);
      life.broken.delete(key);
    };
    life.broken.set(key, { ...broken, remove });
    return { ...broken, remove };
  } catch (thrown) {
    life.broken.delete(key);
    throw thrown;
  }
};

const unbroken: Broken = { prove: async () => ({ effective: false, detail: 'not yet' }), remove: async () => {} };

const undoMs = 10_000;

/** Never throws; resolves to what could not be ended. Whatever is left is then up to the watchdog. */
const endLife = async (life: Life, stage: Stage, options: ClusterOptions): Promise<string[]> => {
  const { context, watchdog } = life;
  const nodes = [...life.nodes.values()];
  const left: (string | undefined)[] = [];
  if (stage.owned) left.push(...(await endNodes(life, options)));
  else {
    for (const broken of life.broken.values()) await broken.remove(within(undoMs)).catch(thrown => left.push(messageOf(thrown)));
    left.push(...(await Promise.all(nodes.map(node => node.release()))));
  }
  left.push(...((await life.network?.close()) ?? []));
  if (context !== undefined) left.push(...(await stage.strike(context)));
  if (left.every(sentence => sentence === undefined)) watchdog?.holdDocker(undefined);
  left.push(...((await watchdog?.close().catch(thrown => [messageOf(thrown)])) ?? []));
  context?.engine.close();
  return left.filter(sentence => sentence !== undefined);
};

const endNodes = async (life: Life, options: ClusterOptions): Promise<(string | undefined)[]> => {
  const { runFolder, stopGraceMs = 1000 } = options;
  const ended = [...life.nodes.values()].map(async node => {
    const trouble = await node.close(stopGraceMs);
    const missing = await copyLogFiles(node.container, life.members.get(node.id)!.logFiles, join(runFolder, 'nodes', node.id));
    for (const path of missing) options.onTrouble?.(`log of ${node.id}: ${path}`);
    return trouble;
  });
  return Promise.all(ended);
};
