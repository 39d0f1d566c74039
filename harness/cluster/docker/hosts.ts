/** Faults on a node as a whole: off its network, short of CPU, out of memory, without room on its disk. */
import type Docker from 'dockerode';
import type { Broken, HostFault } from '../../protocol/cluster.ts';
import type { Evidence } from '../../protocol/fault.ts';
import { sleep, within } from '../../std/deadline.ts';
import { UserError } from '../../std/user-error.ts';
import type { ContainerNode } from './container-node.ts';
import { execIn } from './exec.ts';
import { foundContainer } from './found.ts';
import { cpuAsBefore, cpuShare, limitsOf, memoryAsBefore } from './limits.ts';

/** A folder of a node that can be filled without filling the Docker host. */
export interface Fillable {
  /** In the node. */
  readonly folder: string;
  /** Runs a shell command where that folder is `at`. */
  run(script: string, signal: AbortSignal): Promise<string>;
  readonly at: string;
  /** Lets go of what `run` needed. */
  close(): Promise<void>;
}

export interface HostOptions {
  readonly docker: Docker;
  readonly node: ContainerNode;
  /** Folders of limited size; empty where there is none. */
  readonly fillables: () => Promise<readonly Fillable[]>;
}

/** Resolves when it is in force. Throws where it cannot be. */
export const breakHost = (options: HostOptions, fault: HostFault): Promise<Broken> => {
  if (fault.type === 'disconnect') return disconnect(options);
  if (fault.type === 'cpu') return starveOfCpu(options, fault.share);
  if (fault.type === 'memory') return starveOfMemory(options);
  return fillDisk(options);
};

const callMs = 10_000;

/** Harmless the second time; the first error stays the answer. */
const once = <T>(act: () => Promise<T>): (() => Promise<T>) => {
  let done: Promise<T> | undefined;
  return () => {
    done ??= act();
    return done;
  };
};

const disconnect = async ({ docker, node }: HostOptions): Promise<Broken> => {
  const before = foundContainer(await node.container.inspect());
  const networks = before.networks.map(({ id, name, endpoint }) => ({ name, network: docker.getNetwork(id), endpoint }));
  if (networks.length === 0) throw new Error(`${node.id} is on no network`);
  const connect = once(async () => {
    const there = (await node.container.inspect()).NetworkSettings.Networks;
    const missing = networks.filter(({ name }) => !(name in there));
    // One after the other, in the old order: the first one is the default route.
    for (const { network, endpoint } of missing)
      await network.connect({
        Container: node.container.id,
        EndpointConfig: endpoint,
      } as Docker.NetworkConnectOptions);
    await node.rejoin(within(callMs));
  });
  try {
    await Promise.all(networks.map(({ network }) => network.disconnect({ Container: node.container.id })));
  } catch (thrown) {
    await connect().catch(() => {}); // the first error is the one that counts
    throw thrown;
  }
  return {
    prove: async () => {
      const { NetworkSettings } = await node.container.inspect();
      const left = Object.keys(NetworkSettings.Networks);
      return left.length === 0
        ? { effective: true, detail: `${node.id} is on no network any more (was on ${networks.map(({ name }) => name).join(', ')})` }
        : { effective: false, detail: `${node.id} is still on ${left.join(', ')}` };
    },
    remove: connect,
  };
};

const starveOfCpu = async ({ node }: HostOptions, share: number): Promise<Broken> => {
  const { container } = node;
  const before = limitsOf(await container.inspect());
  const start = await throttling(container);
  await container.update(cpuShare(before, share));
  const prove = async (signal: AbortSignal): Promise<Evidence> => {
    const limit = `${node.id} may use ${Math.round(Math.max(0.01, share) * 100)} % of a core`;
    for (;;) {
      const now = await throttling(container);
      const times = now.times - start.times;
      if (times > 0)
        return {
          effective: true,
          detail: `${limit}: the kernel held it back ${times} times, ${Math.round((now.ns - start.ns) / 1e6)} ms in all`,
        };
      if (signal.aborted) return { effective: false, detail: `${limit}, but never asked for more` };
      await sleep(50, signal);
    }
  };
  return { prove: signal => prove(within(2000, signal)), remove: once(async () => void (await container.update(cpuAsBefore(before)))) };
};

interface Stats {
  readonly cpu_stats?: { readonly throttling_data?: { readonly throttled_periods?: number; readonly throttled_time?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

/** One reading; without `one-shot` the engine waits a second for a second one. */
const statsOf = async (container: Docker.Container): Promise<Stats> =>
  (await container.stats({ stream: false, 'one-shot': true } as { stream: false })) as Stats;

const throttling = async (container: Docker.Container): Promise<{ times: number; ns: number }> => {
  const data = (await statsOf(container)).cpu_stats?.throttling_data;
  return { times: data?.throttled_periods ?? 0, ns: data?.throttled_time ?? 0 };
};

const oomPatienceMs = 8000;

/** Its limit is put back as soon as it has ended: whoever starts it again starts it as it was. */
const starveOfMemory = async ({ node }: HostOptions): Promise<Broken> => {
  const { container } = node;
  const info = await container.inspect();
  const before = { ...memoryAsBefore(limitsOf(info)), RestartPolicy: info.HostConfig.RestartPolicy };
  const putBack = once(async () => void (await container.update(before)));
  await container.update({ RestartPolicy: { Name: 'no' } }); // or it would be started again with too little memory, and end again
  const started = performance.now();
  let exit: Awaited<ReturnType<ContainerNode['starve']>>;
  try {
    exit = await node.starve(signal => squeeze(container, signal), oomPatienceMs);
  } finally {
    await putBack();
  }
  const tookMs = Math.round(performance.now() - started);
  return {
    prove: async () =>
      exit?.outOfMemory
        ? { effective: true, detail: `${node.id}: the kernel ended it for want of memory (OOMKilled) after ${tookMs} ms` }
        : {
            effective: false,
            detail: `${node.id}: ${exit === undefined ? `still lives after ${tookMs} ms with less memory` : 'ended, but not for want of memory'}`,
          },
    remove: putBack,
  };
};

/** The engine takes no smaller limit. */
const leastBytes = 6 * 2 ** 20;

/**
 * Takes the memory away under the node until the signal. A kernel with cgroup v2 ends it at once; with v1 it refuses a limit below what
 * cannot be reclaimed, so the limit is laid close to that, and the next thing that wants memory (a command started beside the node, if it
 * is idle itself) makes the kernel choose the largest process.
 */
const squeeze = async (container: Docker.Container, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const { resident, used } = await memoryOf(container);
    const wanted = [resident * 0.5, resident, (resident + used) / 2, used, used * 1.02].map(bytes =>
      Math.max(leastBytes, Math.ceil(bytes)),
    );
    for (const bytes of wanted) if (await taken(container, bytes)) break;
    await execIn(container, ['/ordeal-needs-memory'], { signal }).catch(() => {}); // there is no such command, but starting it takes memory
  }
};

const taken = (container: Docker.Container, bytes: number): Promise<boolean> =>
  container.update({ Memory: bytes, MemorySwap: bytes }).then(
    () => true,
    () => false,
  );

const memoryOf = async (container: Docker.Container): Promise<{ resident: number; used: number }> => {
  const { usage = 0, stats = {} } = (await statsOf(container)).memory_stats ?? {};
  return { resident: stats.total_rss ?? stats.rss ?? stats.anon ?? usage, used: usage };
};

const fillDisk = async ({ node, fillables }: HostOptions): Promise<Broken> => {
  const folders = await fillables();
  if (folders.length === 0)
    throw new UserError('usage', 'disk-not-limited', `the disk of ${node.id} cannot be filled: no folder of it has a size of its own`, {
      hint: 'filling it would fill the Docker host; put its data on a tmpfs volume with a size (dataBytes of a container, `driver_opts` of a volume)',
    });
  const remove = once(async () => {
    const freed = await Promise.allSettled(folders.map(({ run, at }) => run(`rm -f ${at}/${fillName}`, within(callMs))));
    await Promise.allSettled(folders.map(({ close }) => close()));
    const failure = freed.find(({ status }) => status === 'rejected');
    // The file of a node that has ended went with its tmpfs.
    if (failure?.status === 'rejected' && node.state === 'running') throw failure.reason;
  });
  const fill = (signal: AbortSignal): Promise<number[]> =>
    Promise.all(folders.map(async ({ run, at }) => freeKiB(await run(fillScript(at), signal))));
  try {
    await fill(within(callMs * 3));
  } catch (thrown) {
    await remove().catch(() => {}); // the first error is the one that counts
    throw thrown;
  }
  return {
    prove: async signal => {
      const free = await fill(signal); // what the node freed meanwhile is taken again
      const detail = folders.map(({ folder }, i) => `${folder} has ${free[i]} KiB left`).join(', ');
      return { effective: free.every(each => each === 0), detail: `${node.id}: ${detail}` };
    },
    remove,
  };
};

/** The file that fills a folder. */
export const fillName = '.ordeal-full';

/** Appends until the volume refuses, then tells what is left. */
const fillScript = (at: string): string => `cat /dev/zero >> ${at}/${fillName} 2>/dev/null; df -Pk ${at}`;

/** The fourth column of the last line of `df -Pk`. */
export const freeKiB = (said: string): number => {
  const free = Number(said.trim().split('\n').at(-1)?.trim().split(/\s+/)[3]);
  if (!Number.isFinite(free)) throw new Error(`the volume could not be filled: ${said.trim().slice(-200)}`);
  return free;
};
