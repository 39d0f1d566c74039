/** A container of somebody else's that ran when we joined it: how it was, and how it is put back when nobody is left who broke it. */
import type Docker from 'dockerode';
import { daemonWords } from './engine.ts';
import { cpuAsBefore, type Limits, limitsOf, memoryAsBefore } from './limits.ts';

/** Plain data, for the lease. */
export interface FoundContainer {
  readonly id: string;
  readonly name: string;
  readonly limits: Limits;
  /** In the order in which it joined them: the first one is its default route. */
  readonly networks: readonly { readonly id: string; readonly name: string; readonly endpoint: Readonly<Record<string, unknown>> }[];
}

export const foundContainer = (info: Docker.ContainerInspectInfo): FoundContainer => ({
  id: info.Id,
  name: info.Name.replace('/', ''),
  limits: limitsOf(info),
  networks: Object.entries(info.NetworkSettings.Networks).map(([name, endpoint]) => ({
    id: endpoint.NetworkID,
    name,
    endpoint: endpointAgain(endpoint, info.Id),
  })),
});

type Endpoint = Docker.ContainerInspectInfo['NetworkSettings']['Networks'][string];

/** An address can only be asked for in a network whose subnet was chosen by hand, and then it was asked for before. */
const endpointAgain = ({ IPAMConfig, Aliases, Links }: Endpoint, id: string): Record<string, unknown> => ({
  ...(IPAMConfig && { IPAMConfig }),
  ...(Array.isArray(Aliases) && { Aliases: Aliases.filter(alias => alias !== id.slice(0, 12)) }), // the engine adds that one itself
  ...(Links && { Links }),
});

/** Unpauses, reconnects and starts it and gives it its limits back, as far as it needs that. One sentence for each; never throws. */
export const putBack = async (docker: Docker, found: FoundContainer): Promise<string[]> => {
  const container = docker.getContainer(found.id);
  const done: string[] = [];
  const step = async (doing: string, did: string, act: () => Promise<unknown>): Promise<void> => {
    await act().then(
      () => done.push(`${did} ${found.name}`),
      thrown => done.push(`could not ${doing} ${found.name}: ${daemonWords(thrown)}`),
    );
  };
  try {
    const { State: state, NetworkSettings: settings, ...info } = await container.inspect();
    if (state.Paused) await step('unpause', 'unpaused', () => container.unpause());
    const missing = found.networks.filter(({ name }) => !(name in settings.Networks));
    for (const { id, name, endpoint } of missing) {
      const again = { Container: found.id, EndpointConfig: endpoint } as Docker.NetworkConnectOptions;
      await step(`connect to ${name} again`, `connected to ${name} again:`, () => docker.getNetwork(id).connect(again));
    }
    const limits = changed(found.limits, limitsOf({ ...info, State: state, NetworkSettings: settings }));
    if (limits) await step('give its limits back to', 'gave its limits back to', () => container.update(limits));
    if (!state.Running) await step('start', 'started', () => container.start());
  } catch (thrown) {
    done.push(`could not put back ${found.name}: ${daemonWords(thrown)}`);
  }
  return done;
};

const changed = (before: Limits, now: Limits): Partial<Limits> | undefined => {
  const differ = (...keys: (keyof Limits)[]): boolean => keys.some(key => effective(before[key]) !== effective(now[key]));
  const again = {
    ...(differ('Memory', 'MemorySwap') && memoryAsBefore(before)),
    ...(differ('NanoCpus', 'CpuPeriod', 'CpuQuota') && cpuAsBefore(before)),
  };
  return Object.keys(again).length > 0 ? again : undefined;
};

/** No limit has several names: 0, -1, and the largest that there is. */
const effective = (value: number): number => (value <= 0 || value >= 2 ** 62 ? 0 : value);
