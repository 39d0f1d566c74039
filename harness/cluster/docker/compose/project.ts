/** A compose project on a Docker host, by the labels that every compose command puts on what it makes. */
import type Docker from 'dockerode';
import type { NodeId } from '../../../protocol/system.ts';
import type { Json } from '../../../std/json.ts';
import { UserError } from '../../../std/user-error.ts';
import { type Engine, ifThere } from '../engine.ts';
import { execIn } from '../exec.ts';
import type { Fillable } from '../hosts.ts';
import { inspect } from '../images.ts';
import type { Member, StageContext } from '../stage.ts';
import { fillableVolume, startKeeper } from '../volumes.ts';
import { nodesOfService } from './compose-file.ts';
import type { Service } from './services.ts';

export interface ProjectContainer {
  readonly service: string;
  /** From 1 on, among the replicas of its service. */
  readonly number: number;
  readonly info: Docker.ContainerInspectInfo;
}

export interface ProjectService extends Service {
  readonly containers: readonly ProjectContainer[];
}

/** Its services with their containers, whatever state they are in, sorted by name. */
export const readProject = async ({ docker }: Engine, project: string): Promise<readonly ProjectService[]> => {
  const found = await docker.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${project}`] } });
  const containers = await Promise.all(
    found
      .filter(({ Labels }) => Labels['com.docker.compose.oneoff'] !== 'True')
      .map(async ({ Id, Labels }) => {
        const info = await ifThere(docker.getContainer(Id).inspect());
        const number = Number(Labels['com.docker.compose.container-number'] ?? 1);
        return info && { service: Labels['com.docker.compose.service'] ?? '', number, info };
      }),
  );
  const there = containers.filter(container => container !== undefined).sort((a, b) => a.number - b.number);
  const names = [...new Set(there.map(({ service }) => service))].sort();
  return names.map(name => {
    const mine = there.filter(({ service }) => service === name);
    return { name, containers: mine, ports: [...new Set(mine.flatMap(({ info }) => portsOf(info)))] };
  });
};

/** What the image exposes and what the container publishes. */
const portsOf = ({ Config, NetworkSettings }: Docker.ContainerInspectInfo): number[] =>
  [...Object.keys(Config.ExposedPorts ?? {}), ...Object.keys(NetworkSettings.Ports ?? {})].map(port => Number.parseInt(port, 10));

/** Node by node; a service with several containers is several nodes. */
export const containersByNode = (services: readonly ProjectService[]): ReadonlyMap<NodeId, ProjectContainer> =>
  new Map(
    services.flatMap(({ name, containers }) => {
      const nodes = nodesOfService(name, containers.length);
      return containers.map((container, i) => [nodes[i]!, container] as const);
    }),
  );

/** Docker networks that the containers are on. Throws where one has none of its own. */
export const networksOf = (containers: ReadonlyMap<NodeId, ProjectContainer>): string[] => {
  const ids = [...containers].flatMap(([node, { info }]) => {
    const networks = Object.entries(info.NetworkSettings.Networks);
    const mode = info.HostConfig.NetworkMode ?? '';
    if (networks.length > 0 && mode !== 'host' && mode !== 'none') return networks.map(([, { NetworkID }]) => NetworkID);
    throw new UserError(
      'usage',
      'no-own-network',
      `${node} has no network of its own (network_mode: ${mode}), so its links cannot be cut`,
      {
        hint: 'give it a bridge network in its compose file',
      },
    );
  });
  return [...new Set(ids)];
};

export const memberOf = (context: StageContext, node: NodeId, { info }: ProjectContainer): Member => ({
  node,
  containerId: info.Id,
  logFiles: [],
  fillables: () => fillablesOf(context, node, info),
});

/** For run.json: what image each node really runs. */
export const describeImages = async (engine: Engine, containers: ReadonlyMap<NodeId, ProjectContainer>): Promise<Json> => {
  const images = [...new Map([...containers.values()].map(({ info }) => [info.Image, info.Config.Image]))];
  return Promise.all(images.map(async ([id, ref]) => ({ ref, id, digest: (await inspect(engine, id))?.digest ?? null })));
};

/** Volumes and tmpfs mounts that have a size: everything else is as large as the Docker host's disk. */
const fillablesOf = async (context: StageContext, node: NodeId, info: Docker.ContainerInspectInfo): Promise<readonly Fillable[]> => {
  const { docker } = context.engine;
  const named = info.Mounts.filter(({ Type, Name }) => Type === 'volume' && Name !== undefined);
  const volumes = await Promise.all(
    named.map(async ({ Name, Destination }) => ({ name: Name!, folder: Destination, limited: await isLimited(docker, Name!) })),
  );
  const limited = volumes.filter(volume => volume.limited);
  if (limited.length === 0) return tmpfsOf(context, info);
  const keeper = await startKeeper(
    context,
    limited.map(({ name }) => name),
    `keeper-${node}`,
  );
  const close = async (): Promise<void> => void (await ifThere(keeper.remove({ force: true })));
  return [...limited.map(({ name, folder }) => fillableVolume(keeper, name, folder, close)), ...tmpfsOf(context, info)];
};

const isLimited = async (docker: Docker, name: string): Promise<boolean> => {
  const { Options } = (await docker.getVolume(name).inspect()) as { Options?: Readonly<Record<string, string>> | null };
  return Options?.type === 'tmpfs' && /\bsize=/.test(Options.o ?? '');
};

/** Only the node's own processes see such a mount: they are filled from within, where the image has a shell. */
const tmpfsOf = ({ engine }: StageContext, info: Docker.ContainerInspectInfo): Fillable[] => {
  const { Tmpfs = {}, Mounts = [] } = info.HostConfig as { Tmpfs?: Record<string, string> | null; Mounts?: MountSpec[] | null };
  const short = Object.entries(Tmpfs ?? {}).filter(([, options]) => /\bsize=/.test(options));
  const long = (Mounts ?? []).filter(({ Type, TmpfsOptions }) => Type === 'tmpfs' && (TmpfsOptions?.SizeBytes ?? 0) > 0);
  const container = engine.docker.getContainer(info.Id);
  return [...short.map(([folder]) => folder), ...long.map(({ Target }) => Target)].map(folder => ({
    folder,
    at: folder,
    run: async (script, signal) => (await execIn(container, ['sh', '-c', script], { signal, user: '0' })).output,
    close: async () => {},
  }));
};

interface MountSpec {
  readonly Type: string;
  readonly Target: string;
  readonly TmpfsOptions?: { readonly SizeBytes?: number };
}
