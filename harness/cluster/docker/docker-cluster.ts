/** `--on docker`: every node a container that we start, on a network of the run's own, reached and cut as `network/` says. */

import type { ClusterOptions, Provider } from '../../protocol/cluster.ts';
import type { ContainerSpec, ImageSource } from '../../protocol/container.ts';
import type { NodeId, System } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { UserError } from '../../std/user-error.ts';
import { capabilitiesOf } from './capabilities.ts';
import { createContainerCluster } from './container-cluster.ts';
import { dockerError } from './engine.ts';
import { ensureBaseImage, ensureImage, ensureSidecarImage, type Image } from './images.ts';
import { ensureClock } from './node-clock.ts';
import { labelsOf, nameOf, removeRun } from './run-labels.ts';
import type { Member, Stage, StageContext } from './stage.ts';
import { createOwnNetwork, type OwnNetwork } from './subnet.ts';
import { createVolume, fillableVolume, startKeeper } from './volumes.ts';

export const docker: Provider = {
  name: 'docker',
  summary: 'containers on a network of their own; every directed link is a proxy of the real Toxiproxy beside its node',
  capabilities: async options => {
    containerOf(options.system);
    return capabilitiesOf(options);
  },
  create: options => createContainerCluster(options, createDockerStage(options)),
};

const containerOf = (system: System): NonNullable<System['container']> => {
  if (system.container !== undefined) return system.container;
  throw new UserError('usage', 'no-container', `${system.name} does not say how it starts as a container`, {
    hint: 'choose another place with --on, or give the system a `container`',
  });
};

type StageOptions = Pick<ClusterOptions, 'system' | 'nodes' | 'options' | 'bugs'>;

interface Planned {
  readonly node: NodeId;
  readonly spec: ContainerSpec;
}

const createDockerStage = ({ system, nodes, options, bugs }: StageOptions): Stage => {
  const container = containerOf(system);
  const planned: readonly Planned[] = nodes.map(id => ({ node: id, spec: container({ id, nodes, options, bugs }) }));
  let images: ReadonlyMap<string, Image> = new Map();
  const imageOf = ({ image }: ContainerSpec): Image => {
    const found = images.get(keyOf(image));
    assert(found !== undefined, 'the images were prepared');
    return found;
  };
  const limited = planned.filter(({ spec }) => spec.dataDir !== undefined && spec.dataBytes !== undefined);

  return {
    owned: true,
    learns: false,
    prepare: async ({ engine, say }) => {
      const sources = new Map(planned.map(({ spec }) => [keyOf(spec.image), spec.image]));
      const [made] = await Promise.all([
        Promise.all([...sources].map(async ([key, source]) => [key, await ensureImage(engine, source, say)] as const)),
        ensureSidecarImage(engine, say),
        ensureClock(engine, system, say),
        limited.length > 0 ? ensureBaseImage(engine, say) : undefined,
      ]);
      images = new Map(made);
    },
    raise: async context => {
      const { engine, run } = context;
      const volumes = makeVolumes(context, planned);
      const network = createOwnNetwork(engine.docker, nameOf(run, 'net'), labelsOf(run));
      const [laid] = await Promise.all([network, volumes]).catch(thrown =>
        Promise.reject(dockerError(thrown, 'the network of the run cannot be made')),
      );
      const members = inOrder(planned, (each, i) => createMember(context, each, imageOf(each.spec), { network: laid, i, keeper: volumes }));
      return { networks: [laid.id], members, addresses: new Map(nodes.map((node, i) => [node, [laid.addressOf(i)]])) };
    },
    strike: async ({ engine, run }) => (await removeRun(engine, run)).filter(sentence => !sentence.startsWith('removed')),
    describe: () => ({ images: [...images.values()].map(image => ({ ...image })) }),
  };
};

/** The same image for all nodes is made once. */
const keyOf = (image: ImageSource): string => JSON.stringify(image);

const inOrder = <T, R>(items: readonly T[], act: (item: T, i: number) => Promise<R>): Promise<R[]> => Promise.all(items.map(act));

const volumeOf = (run: string, node: NodeId): string => nameOf(run, `data-${node}`);

type Keeper = Awaited<ReturnType<typeof startKeeper>> | undefined;

/** The keeper first, then the nodes: what an image has in its data folder is copied into a volume that is mounted. */
const makeVolumes = async (context: StageContext, planned: readonly Planned[]): Promise<Keeper> => {
  const wanted = planned.filter(({ spec }) => spec.dataDir !== undefined);
  const specs = wanted.map(({ node, spec }) => ({ node, name: volumeOf(context.run, node), bytes: spec.dataBytes }));
  await Promise.all(specs.map(spec => createVolume(context, spec)));
  const limited = specs.filter(({ bytes }) => bytes !== undefined);
  return limited.length > 0
    ? startKeeper(
        context,
        limited.map(({ name }) => name),
      )
    : undefined;
};

interface Place {
  readonly network: OwnNetwork;
  /** Which node it is, from 0. */
  readonly i: number;
  readonly keeper: Promise<Keeper>;
}

const createMember = async (context: StageContext, { node, spec }: Planned, image: Image, place: Place): Promise<Member> => {
  const { engine, run } = context;
  const keeper = await place.keeper;
  try {
    const container = await engine.docker.createContainer(createOptions(run, node, spec, image, place));
    const volume = volumeOf(run, node);
    const canFill = keeper !== undefined && spec.dataDir !== undefined && spec.dataBytes !== undefined;
    return {
      node,
      containerId: container.id,
      logFiles: spec.logFiles ?? [],
      fillables: async () => (canFill ? [fillableVolume(keeper, volume, spec.dataDir)] : []),
    };
  } catch (thrown) {
    throw dockerError(thrown, `the container of ${node} cannot be made`);
  }
};

/** Its host name and its alias in the network are the node's own, so that configurations may name the others. */
const createOptions = (run: string, node: NodeId, spec: ContainerSpec, image: Image, { network, i }: Place) => ({
  name: nameOf(run, node),
  Hostname: node,
  Image: image.id,
  ...(spec.entrypoint ? { Entrypoint: [...spec.entrypoint] } : {}),
  ...(spec.command ? { Cmd: [...spec.command] } : {}),
  Env: Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`),
  Labels: labelsOf(run, node),
  HostConfig: {
    NetworkMode: network.name,
    ...(spec.memoryBytes ? { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes } : {}),
    ...(spec.cpus ? { CpuPeriod: 100_000, CpuQuota: Math.round(spec.cpus * 100_000) } : {}),
    ...(spec.dataDir ? { Mounts: [{ Type: 'volume' as const, Source: volumeOf(run, node), Target: spec.dataDir }] } : {}),
  },
  NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: [node], IPAMConfig: { IPv4Address: network.addressOf(i) } } } },
});
