/** Nodes come and go: their sidecars with them, and what the others must know of it. */
import type Docker from 'dockerode';
import type { NodeId } from '../../../protocol/system.ts';
import { inParallel } from '../../in-parallel.ts';
import { dockerError, type Engine, ifThere } from '../engine.ts';
import { concurrency, type Ground } from './ground.ts';
import { listeningPorts } from './listening.ts';
import type { RunNetwork, RunNetworkOptions } from './network.ts';
import { addressesIn, createPost, eventually, openPost, startToxiproxy } from './post.ts';
import { apiPort } from './rules.ts';
import type { Wires } from './wires.ts';

export type Membership = Pick<RunNetwork, 'join' | 'leave' | 'learn'> & { sidecars(): Docker.Container[] };

const readyMs = 15_000;

export const createMembership = (options: RunNetworkOptions, ground: Ground, wires: Wires): Membership => {
  const { engine, run } = options;
  const { links, plan, serving, alive, apis, addresses, addressesOf } = ground;
  const sidecars = new Map<NodeId, { readonly of: string; readonly container: Docker.Container }>();

  /** One per container of a node, started again with it. */
  const sidecarFor = async (node: NodeId, containerId: string): Promise<Docker.Container> => {
    const before = sidecars.get(node);
    if (before?.of === containerId) return before.container;
    if (before !== undefined) await ifThere(before.container.remove({ force: true }));
    const { image, gateway } = ground;
    const spec = { engine, run, image, what: `sidecar-${node}`, node, backend: gateway.backend, place: { containerId } };
    const container = await createPost(spec);
    sidecars.set(node, { of: containerId, container });
    ground.containers.set(node, container);
    return container;
  };

  const leave = async (node: NodeId): Promise<void> => {
    const was = alive.delete(node);
    serving.delete(node);
    const post = wires.posts.get(node);
    wires.leave(node);
    await Promise.all([post?.stop(), was ? wires.refreshBase() : undefined]);
  };

  const join = async (node: NodeId, containerId: string, signal: AbortSignal): Promise<void> => {
    await leave(node);
    const opened = sidecarFor(node, containerId).then(container => openPost(container, ground.gateway.backend));
    const [found, post] = await Promise.all([addressesOfContainer(engine, containerId), opened]);
    const moved = found.join() !== addressesOf(node).join();
    addresses.set(node, found);
    const enter = async (): Promise<void> => {
      await post.run('nft list tables ip >/run/ordeal-tables 2>/dev/null || true'); // for ordeal-undo
      await wires.enter(node, post);
    };
    await Promise.all([enter(), startToxiproxy(post.container), moved ? wires.refresh() : undefined]);
    signal.throwIfAborted();
    await eventually(() => apis.get(node)!.version(), readyMs, `the Toxiproxy beside ${node} did not answer`);
    serving.add(node);
    const stale = links.filter(({ from, to }) => from === node || (moved && to === node && serving.has(from)));
    await inParallel(stale, concurrency, ({ proxy }) => proxy.revive());
    alive.add(node);
    await wires.refreshBase();
    signal.throwIfAborted();
  };

  const learn = async (node: NodeId): Promise<number[]> => {
    const post = wires.posts.get(node);
    if (post === undefined) return [];
    const ours = new Set([apiPort, ...plan.links.filter(({ from }) => from === node).map(({ listen }) => listen)]);
    const ports = listeningPorts(await post.run('cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true'));
    const added = ports.filter(port => !ours.has(port)).map(port => ({ port, made: plan.learn(node, port) }));
    const made = added.flatMap(({ made: some }) => some);
    await inParallel(made, concurrency, ground.addLink);
    if (made.length > 0) await wires.refresh();
    return added.filter(({ made: some }) => some.length > 0).map(({ port }) => port);
  };

  return { join, leave, learn, sidecars: () => [...sidecars.values()].map(({ container }) => container) };
};

const addressesOfContainer = async ({ docker }: Engine, containerId: string): Promise<string[]> => {
  try {
    return addressesIn(await docker.getContainer(containerId).inspect());
  } catch (thrown) {
    throw dockerError(thrown, `the container ${containerId} cannot be looked at`);
  }
};
