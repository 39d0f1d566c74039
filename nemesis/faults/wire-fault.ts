/** Faults that are the kernel's: it counts what it does, so its word is a proof. */
import type { Flow, WireFault } from '../../harness/protocol/cluster.ts';
import type { Evidence, FaultContext, Injected } from '../../harness/protocol/fault.ts';
import { assert } from '../../harness/std/assert.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { type FlowFault, type InForce, injectOnFlows } from './flow-fault.ts';

export interface WiredFault extends FlowFault {
  readonly wire: WireFault;
}

export const injectWire = (context: FaultContext, fault: WiredFault): Promise<Injected> =>
  injectOnFlows(context, fault, () => putWire(context, fault.flows, fault.wire));

const askAgainMs = 100;

export const putWire = async ({ cluster }: FaultContext, flows: readonly Flow[], wire: WireFault): Promise<InForce | undefined> => {
  if (flows.length === 0) return undefined;
  assert(cluster.breakWires !== undefined, 'a cluster that claims kernel faults has them');
  const broken = await cluster.breakWires(flows, wire);
  /** The packet that it counts may be yet to come. */
  const prove = async (signal: AbortSignal): Promise<Evidence> => {
    for (;;) {
      const word = await broken.prove(signal);
      if (word.effective || signal.aborted) return word;
      await sleep(askAgainMs, signal);
    }
  };
  return { what: `the ${wire.type} rules`, wordSuffices: true, prove, remove: broken.remove };
};
