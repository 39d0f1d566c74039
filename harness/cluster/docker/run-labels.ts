/** Everything of a run on a Docker host carries its labels: by them, and by nothing else, it is found and removed. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { identify, type ProcessId } from '../watchdog/process-id.ts';
import { daemonWords, type Engine, ifThere } from './engine.ts';

export const runLabel = 'ordeal.run';
const nodeLabel = 'ordeal.node';
export const controllerLabel = 'ordeal.controller';
/**
 * A command (a JSON array) that undoes what a container of ours changed outside of itself: rules in a namespace that it shares, clocks of
 * processes that it sees. When the controller has died, it is run in the container, as root, before the container is removed.
 */
export const undoLabel = 'ordeal.undo';

/** Who started a run. Pids mean something only on the machine, since the boot, and in the namespace that they come from: `place` is all three. */
export interface Controller extends ProcessId {
  readonly place: string;
}

/** The labels of everything that belongs to a run, and to a node of it. `run` is the token of its lease. */
export const labelsOf = (run: string, node?: string): Record<string, string> => ({
  [runLabel]: run,
  [controllerLabel]: JSON.stringify(thisController()),
  ...(node !== undefined && { [nodeLabel]: node }),
});

/** To be added to the labels of a container that must undo something before it goes. */
export const undoneBy = (...command: readonly string[]): Record<string, string> => ({ [undoLabel]: JSON.stringify(command) });

/** `ordeal-<8 of the token>-<what>`: the name of a container, a network or a volume. */
export const nameOf = (run: string, what: string): string => `ordeal-${run.slice(0, 8)}-${what}`;

const thisController = (): Controller => ({ ...identify(process.pid)!, place: thisPlace() });

/** Where there is no /proc it is the host's name alone. */
export const thisPlace = (): string => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
};

const filtersOf = (run: string): { label: string[] } => ({ label: [`${runLabel}=${run}`] });

/**
 * Removes everything that carries the run's label: containers (paused ones too) with their anonymous volumes, then networks, then volumes.
 * Networks are cut from foreign containers first. Resolves to one sentence per thing removed, or not (`could not …`). Never throws.
 */
export const removeRun = async ({ docker }: Engine, run: string): Promise<string[]> => {
  const filters = filtersOf(run);
  try {
    const containers = await docker.listContainers({ all: true, filters });
    const first = await Promise.all(containers.map(container => removeContainer(docker, container)));
    const networks = await docker.listNetworks({ filters });
    const second = await Promise.all(networks.map(network => removeNetwork(docker, network)));
    const { Volumes: volumes } = await docker.listVolumes({ filters });
    const third = await Promise.all(
      (volumes ?? []).map(({ Name: name }) => removed(`volume ${name}`, () => docker.getVolume(name).remove())),
    );
    return [...first, ...second, ...third];
  } catch (thrown) {
    return [`could not list what the run ${run} has on the Docker host: ${daemonWords(thrown)}`];
  }
};

const removeContainer = (docker: Docker, { Id: id, Names: names }: Docker.ContainerInfo): Promise<string> =>
  removed(`container ${names[0]?.replace('/', '') ?? id}`, () => docker.getContainer(id).remove({ force: true, v: true }));

const removeNetwork = (docker: Docker, { Id: id, Name: name }: Docker.NetworkInspectInfo): Promise<string> =>
  removed(`network ${name}`, async () => {
    const { Containers: guests = {} } = (await docker.getNetwork(id).inspect()) as Docker.NetworkInspectInfo;
    const cut = (guest: string) => ifThere(docker.getNetwork(id).disconnect({ Container: guest, Force: true }));
    await Promise.all(Object.keys(guests ?? {}).map(cut));
    await docker.getNetwork(id).remove();
  });

const removed = async (what: string, remove: () => Promise<unknown>): Promise<string> => {
  try {
    await ifThere(remove());
    return `removed ${what}`;
  } catch (thrown) {
    return `could not remove ${what}: ${daemonWords(thrown)}`;
  }
};
