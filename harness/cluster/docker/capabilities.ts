/** What can be done to nodes that are containers, on this Docker host. */
import type { Capability } from '../../protocol/cluster.ts';
import type { System } from '../../protocol/system.ts';
import { connectEngine, type Engine } from './engine.ts';

/** Throws a UserError where there is no Docker daemon. */
export const capabilitiesOf = async (system: System): Promise<ReadonlySet<Capability>> => {
  const engine = await connectEngine();
  try {
    return await ask(engine, system);
  } finally {
    engine.close();
  }
};

const ask = async (_engine: Engine, system: System): Promise<ReadonlySet<Capability>> => {
  const reached = Object.values(system.ports).flatMap(port => port.reachedBy);
  return new Set<Capability>([
    'kill',
    'pause',
    'stop',
    'clock',
    'hosts',
    'wires',
    ...(reached.includes('clients') ? ['client-links' as const] : []),
    ...(reached.includes('peers') ? ['peer-links' as const] : []),
  ]);
};
