/** What can be done to nodes that are containers, on this Docker host: its kernel is tried, not guessed. */
import type { Capability, ClusterOptions } from '../../protocol/cluster.ts';
import type { System } from '../../protocol/system.ts';
import { connectEngine } from './engine.ts';
import { type KernelFeature, type Trial, tryKernel } from './host-check.ts';
import { ensureSidecarImage } from './images.ts';

/** Throws a UserError where there is no Docker daemon. */
export const capabilitiesOf = async ({
  system,
  onTrouble,
}: Pick<ClusterOptions, 'system' | 'onTrouble'>): Promise<ReadonlySet<Capability>> => {
  const engine = await connectEngine();
  try {
    const { ref } = await ensureSidecarImage(engine, sentence => onTrouble?.(sentence));
    return possible(system, await tryKernel(engine, ref));
  } finally {
    engine.close();
  }
};

/** Exported for its test. */
export const possible = (system: System, kernel: ReadonlyMap<KernelFeature, Trial>): ReadonlySet<Capability> => {
  const reached = Object.values(system.ports).flatMap(port => port.reachedBy);
  const works = (feature: KernelFeature): boolean => kernel.get(feature)?.works === true;
  const able: readonly [Capability, boolean][] = [
    ['kill', true],
    ['pause', true],
    ['stop', true],
    ['hosts', true],
    ['clock', system.clock !== undefined || works('ptrace')],
    ['wires', works('iptables')],
    ['netem', works('netem')],
    ['client-links', reached.includes('clients')],
    ['peer-links', reached.includes('peers')],
  ];
  return new Set(able.filter(([, can]) => can).map(([capability]) => capability));
};
