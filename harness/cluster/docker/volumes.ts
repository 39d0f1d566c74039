/**
 * Volumes of limited size, and who keeps them: a tmpfs lives only while some container has it mounted, so a small container of ours holds
 * those of all nodes, and is where they are filled from (an image may have no shell).
 */
import type Docker from 'dockerode';
import type { NodeId } from '../../protocol/system.ts';
import { execIn } from './exec.ts';
import { type Fillable, fillName } from './hosts.ts';
import { ensureBaseImage } from './images.ts';
import { labelsOf, nameOf, undoneBy } from './run-labels.ts';
import type { StageContext } from './stage.ts';

export interface VolumeSpec {
  readonly node: NodeId;
  readonly name: string;
  /** Without it the volume is as large as the Docker host's disk. */
  readonly bytes: number | undefined;
}

export const createVolume = async ({ engine, run }: StageContext, { node, name, bytes }: VolumeSpec): Promise<void> => {
  const limited = bytes === undefined ? {} : { DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `size=${bytes}` } };
  await engine.docker.createVolume({ Name: name, Labels: labelsOf(run, node), ...limited });
};

/** Resolves when the volumes are mounted, each in `/volumes/<its name>`. */
export const startKeeper = async (
  { engine, run, say }: StageContext,
  volumes: readonly string[],
  what = 'keeper',
): Promise<Docker.Container> => {
  const image = await ensureBaseImage(engine, say);
  const keeper = await engine.docker.createContainer({
    name: nameOf(run, what),
    Image: image.id,
    Entrypoint: ['sleep', 'infinity'],
    Labels: { ...labelsOf(run), ...undoneBy('sh', '-c', `rm -f /volumes/*/${fillName}`) },
    HostConfig: {
      NetworkMode: 'none',
      Mounts: volumes.map(name => ({ Type: 'volume', Source: name, Target: `/volumes/${name}`, VolumeOptions: noCopy })),
    },
  });
  await keeper.start();
  return keeper;
};

/** What the node's image has in that folder belongs there, not what the keeper's has. */
const noCopy = { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } };

export const fillableVolume = (keeper: Docker.Container, volume: string, folder: string, close = async () => {}): Fillable => ({
  folder,
  at: `/volumes/${volume}`,
  run: async (script, signal) => (await execIn(keeper, ['sh', '-c', script], { signal })).output,
  close,
});
