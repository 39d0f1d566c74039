/** Faults that are toxics of a proxy: proven by the server's own word, which alone shows nothing. */
import type { Flow, Links, Toxic } from '../../harness/protocol/cluster.ts';
import type { FaultContext, Injected } from '../../harness/protocol/fault.ts';
import { within } from '../../harness/std/deadline.ts';
import { effective, ineffective } from './evidence.ts';
import { type FlowFault, type InForce, injectOnFlows } from './flow-fault.ts';

export interface ToxicFault extends FlowFault {
  readonly toxic: Toxic;
}

export const injectToxic = (context: FaultContext, fault: ToxicFault): Promise<Injected> =>
  injectOnFlows(context, fault, () => putToxic(context.cluster.links, fault.flows, fault.toxic));

const confirmMs = 2000;

/** Undefined where no link carries the flows. */
export const putToxic = async (links: Links, flows: readonly Flow[], toxic: Toxic): Promise<InForce | undefined> => {
  const applied = await links.apply(flows, toxic);
  if (applied.placed === 0) return undefined;
  return {
    what: `all ${applied.placed} toxics`,
    prove: async signal => {
      const confirmed = await applied.confirm(signal);
      return confirmed < applied.placed
        ? ineffective(`only ${confirmed} of ${applied.placed} ${toxic.type} toxics are in force`)
        : effective(`${confirmed} of ${applied.placed} ${toxic.type} toxics in force`);
    },
    remove: async signal => {
      await applied.remove();
      const left = await applied.confirm(within(confirmMs, signal));
      if (left > 0) throw new Error(`${left} of ${applied.placed} ${toxic.type} toxics are still in force`);
    },
  };
};
