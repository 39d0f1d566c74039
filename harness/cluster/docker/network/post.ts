/**
 * Our containers: the sidecar in a node's namespace, and those of the run itself (gateway, clients' side). Each is idle by itself; what it
 * does runs in it by exec: a root shell with NET_ADMIN and nothing else, and Toxiproxy under its own uid with no capability at all.
 */
import type Docker from 'dockerode';
import type { NodeId } from '../../../protocol/system.ts';
import { within } from '../../../std/deadline.ts';
import { UserError } from '../../../std/user-error.ts';
import type { ToxiproxyApi } from '../../toxiproxy/api.ts';
import { dockerError, type Engine, ifThere } from '../engine.ts';
import { labelsOf, nameOf, undoneBy } from '../run-labels.ts';
import { apiPort, toxiproxyUid } from './rules.ts';
import { openShell, type Shell } from './shell.ts';

/** The kind of packet filter that works here: nft wants NET_ADMIN alone, the older one NET_RAW too. */
export type Backend = 'nft' | 'legacy';

export interface Post {
  readonly container: Docker.Container;
  /** Rejects with the output when the script fails. */
  run(script: string): Promise<string>;
  /** The same in a second shell, for what takes its time: rules need not wait for it. */
  ask(script: string): Promise<string>;
  /** `iptables-restore --noflush`: all of it or nothing. */
  restore(rules: string): Promise<void>;
  /** `iptables-save -c` of the filter table. */
  counters(): Promise<string>;
  /** Ends it, and with it everything that runs in it; the namespace's rules stay. */
  stop(): Promise<void>;
}

export interface PostSpec {
  readonly engine: Engine;
  readonly run: string;
  readonly image: string;
  /** The last part of its name. */
  readonly what: string;
  readonly node?: NodeId;
  readonly backend: Backend;
  /** A node's container whose namespace it shares, or networks of its own with ports published on the Docker host's loopback. */
  readonly place: { readonly containerId: string } | { readonly networks: readonly string[]; readonly publish: readonly number[] };
}

const renewMs = 3000;

export const createPost = async (spec: PostSpec): Promise<Docker.Container> => {
  const { engine, place, run } = spec;
  const own = 'networks' in place;
  const ports = own ? place.publish.map(port => `${port}/tcp`) : [];
  const body: Docker.ContainerCreateOptions = {
    name: nameOf(run, spec.what),
    Image: spec.image,
    Cmd: ['sleep', 'infinity'],
    User: '0',
    Labels: { ...labelsOf(run, spec.node), ...(own ? {} : undoneBy('ordeal-undo')) },
    ExposedPorts: Object.fromEntries(ports.map(port => [port, {}])),
    HostConfig: {
      NetworkMode: own ? place.networks[0]! : `container:${place.containerId}`,
      CapDrop: ['ALL'],
      CapAdd: spec.backend === 'nft' ? ['NET_ADMIN'] : ['NET_ADMIN', 'NET_RAW'],
      SecurityOpt: ['no-new-privileges'],
      PortBindings: Object.fromEntries(ports.map(port => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
    },
  };
  try {
    const container = await engine.docker.createContainer(body);
    for (const network of own ? place.networks.slice(1) : []) await engine.docker.getNetwork(network).connect({ Container: container.id });
    return container;
  } catch (thrown) {
    throw dockerError(thrown, `the container ${body.name} cannot be created`);
  }
};

/** Starts it and opens its shell. */
export const openPost = async (container: Docker.Container, backend: Backend): Promise<Post> => {
  try {
    await container.start();
  } catch (thrown) {
    throw dockerError(thrown, 'a sidecar cannot be started');
  }
  const shell = await openShell(container);
  let second: Promise<Shell> | undefined;
  const run = (script: string): Promise<string> => orThrow(shell, script);
  const ask = async (script: string): Promise<string> => {
    second ??= openShell(container);
    return orThrow(await second, script);
  };
  return {
    container,
    run,
    ask,
    restore: async rules => void (await run(`iptables-${backend}-restore --noflush <<'END'\n${rules}END`)),
    counters: () => run(`iptables-${backend}-save -c -t filter`),
    stop: async () => {
      shell.close();
      void second?.then(
        other => other.close(),
        () => {},
      );
      await ifThere(container.kill());
    },
  };
};

const orThrow = async (shell: Shell, script: string): Promise<string> => {
  const { code, output } = await shell.run(script);
  if (code !== 0) throw new Error(`a sidecar's command ended with ${code}: ${output.trim().slice(0, 500)}`);
  return output;
};

/** A program that goes on by itself, without rights. */
export const runDetached = async (container: Docker.Container, command: readonly string[], user = `${toxiproxyUid}`): Promise<void> => {
  const exec = await container.exec({ Cmd: [...command], User: user });
  const answer = await exec.start({ Detach: true });
  answer.resume(); // an answer that nobody reads, though it is empty, keeps its connection open and this process alive
};

export const startToxiproxy = (container: Docker.Container): Promise<void> =>
  runDetached(container, ['toxiproxy-server', '-host', '0.0.0.0', '-port', `${apiPort}`, '-proxy-metrics']);

/** For one that hangs: it is killed by its own uid, since root in here may not, and another takes its place. */
export const renewToxiproxy = async (container: Docker.Container, api: ToxiproxyApi): Promise<void> => {
  await runDetached(container, ['sh', '-c', 'kill -9 -1']);
  const gone = (): Promise<void> =>
    api.version().then(
      () => Promise.reject(new Error('it still answers')),
      () => {},
    );
  await eventually(gone, renewMs, 'a Toxiproxy that hung did not end');
  await startToxiproxy(container);
  await eventually(() => api.version(), renewMs, 'a Toxiproxy that was started again did not answer');
};

/** Resolves when `attempt` does; throws the last of its errors when the deadline has come. */
export const eventually = async (attempt: () => Promise<unknown>, deadlineMs: number, what: string): Promise<void> => {
  const deadline = within(deadlineMs);
  for (;;) {
    try {
      await attempt();
      return;
    } catch (cause) {
      if (deadline.aborted) throw new UserError('environment', 'sidecar', `${what} within ${deadlineMs} ms`, { cause });
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

/** The addresses of a container in its networks, the ones in `networks` first. IPv4 only. */
export const addressesIn = (inspected: Docker.ContainerInspectInfo): string[] =>
  Object.values(inspected.NetworkSettings.Networks).flatMap(({ IPAddress: address }) => (address ? [address] : []));

/** Where the Docker host's loopback leads to this port of the container. */
export const publishedPort = (inspected: Docker.ContainerInspectInfo, port: number): number =>
  Number(inspected.NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
