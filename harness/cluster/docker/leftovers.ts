/** Runs on a Docker host that nobody sees to any more, found by their labels alone. */
import type Docker from 'dockerode';
import { isAlive } from '../watchdog/process-id.ts';
import type { Engine } from './engine.ts';
import { type Controller, controllerLabel, runLabel, thisPlace } from './run-labels.ts';

/** `elsewhere`: its controller is on another machine, in another container, or from before a reboot, so nobody here can tell. */
export type Fate = 'alive' | 'dead' | 'elsewhere';

export interface LabelledRun {
  readonly run: string;
  readonly fate: Fate;
  /** How many containers, networks and volumes. */
  readonly things: number;
  /** Who started it, for messages. */
  readonly controller: string;
}

/** Every run that has something on the Docker host. */
export const labelledRuns = async ({ docker }: Engine): Promise<LabelledRun[]> => {
  const labels = await labelsThere(docker);
  return [...new Set(labels.map(each => each[runLabel]!))].map(run => {
    const all = labels.filter(each => each[runLabel] === run);
    const controller = parseController(all.find(each => controllerLabel in each)?.[controllerLabel]);
    const said = controller === undefined ? 'an unknown controller' : `pid ${controller.pid} on ${controller.place.split(' ')[0]}`;
    return { run, fate: fateOf(controller), things: all.length, controller: said };
  });
};

const labelsThere = async (docker: Docker): Promise<Record<string, string>[]> => {
  const filters = { label: [runLabel] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [...containers, ...networks, ...(volumes ?? [])].map(thing => thing.Labels ?? {});
};

const parseController = (text: string | undefined): Controller | undefined => {
  try {
    const controller = JSON.parse(text ?? '') as Controller;
    return Number.isInteger(controller.pid) && typeof controller.place === 'string' ? controller : undefined;
  } catch {
    return undefined;
  }
};

/** Exported for its test. */
export const fateOf = (controller: Controller | undefined): Fate => {
  if (controller === undefined || controller.place !== thisPlace()) return 'elsewhere';
  return isAlive(controller) ? 'alive' : 'dead';
};
