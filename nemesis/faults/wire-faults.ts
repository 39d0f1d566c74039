/** Loss, duplication, reordering, delay, throughput and name service, by the kernel's hand, on all packets of a scope of flows. */
import type { Flow, WireFault } from '../../harness/protocol/cluster.ts';
import type { Fault, FaultContext, FaultPlan } from '../../harness/protocol/fault.ts';
import type { OptionSpec, Options } from '../../harness/protocol/options.ts';
import type { Rng } from '../../harness/std/rng.ts';
import { durationOption } from './duration-option.ts';
import { nothingInjected } from './evidence.ts';
import type { FlowFault } from './flow-fault.ts';
import { delayOptions, drawDelay, orDrawn, slower, stillCarries } from './link-faults.ts';
import { planScope, scopeFlows, scopeOption } from './scope.ts';
import { planTarget, resolveTarget, targetOption } from './targets.ts';
import { injectWire } from './wire-fault.ts';

type Params = { readonly [name: string]: number };

interface WireFaultSpec extends Pick<Fault, 'kind' | 'needs' | 'summary' | 'options'> {
  readonly draw: (rng: Rng, options: Options) => Params;
  readonly wire: (params: Params) => WireFault;
  /** How pings behave under it; the kernel's counters are the proof, and these could refute it. */
  readonly pings: (params: Params, flows: readonly Flow[]) => Omit<FlowFault, 'flows'>;
}

const wireFault = ({ draw, wire, pings, ...spec }: WireFaultSpec): Fault => ({
  ...spec,
  options: { scope: scopeOption, ...spec.options, durationMs: durationOption },
  plan: (rng, shape, options) => {
    const scoped = planScope(rng.fork('scope'), shape, options.scope);
    return { target: scoped.target, params: { ...scoped.params, ...draw(rng.fork('params'), options) } };
  },
  inject: async (plan, context) => {
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const flows = scopeFlows(plan, nodes, context.cluster.links);
    const params = plan.params as Params;
    return injectWire(context, { flows, wire: wire(params), ...pings(params, flows) });
  },
});

/** An answer, an error, silence: all may happen to a packet that may be lost. */
const anything = (did: string): Omit<FlowFault, 'flows'> => ({
  patienceMs: slowest => slowest + 1000,
  complaint: () => undefined,
  tellsNothing: ({ outcome }) => outcome !== 'answered',
  did,
});

const shareOption = (what: string, drawn: string): OptionSpec => ({
  default: 0,
  summary: `share of packets that are ${what}, 0.1 is 10 %; 0: drawn between ${drawn}`,
});

export const loss = wireFault({
  kind: 'loss',
  needs: ['wires'],
  summary: 'loses packets at random',
  options: { share: shareOption('lost', '0.01 and 0.3') },
  draw: (rng, { share }) => ({ share: orDrawn(share, () => rng.pick([0.01, 0.03, 0.1, 0.2, 0.3])) }),
  wire: ({ share = 0 }) => ({ type: 'loss', share }),
  pings: () => anything('still carry'),
});

export const duplicate = wireFault({
  kind: 'duplicate',
  needs: ['wires', 'netem'],
  summary: 'delivers packets twice',
  options: { share: shareOption('doubled', '0.01 and 0.5') },
  draw: (rng, { share }) => ({ share: orDrawn(share, () => rng.pick([0.01, 0.1, 0.3, 0.5])) }),
  wire: ({ share = 0 }) => ({ type: 'duplicate', share }),
  pings: () => anything('still carry'),
});

export const reorder = wireFault({
  kind: 'reorder',
  needs: ['wires', 'netem'],
  summary: 'lets packets overtake each other',
  options: {
    share: shareOption('late', '0.05 and 0.5'),
    delayMs: { default: 0, summary: 'by how much those are late, in milliseconds; 0: drawn between 5 and 50' },
  },
  draw: (rng, { share, delayMs }) => ({
    share: orDrawn(share, () => rng.pick([0.05, 0.1, 0.25, 0.5])),
    delayMs: orDrawn(delayMs, () => rng.pick([5, 10, 20, 50])),
  }),
  wire: ({ share = 0, delayMs = 0 }) => ({ type: 'reorder', share, ms: delayMs }),
  pings: () => anything('still carry'),
});

export const delay = wireFault({
  kind: 'delay',
  needs: ['wires', 'netem'],
  summary: 'delays packets, TCP or not, with jitter',
  options: delayOptions,
  draw: drawDelay,
  wire: ({ delayMs = 0, jitterMs = 0 }) => ({ type: 'delay', ms: delayMs, jitterMs }),
  pings: ({ delayMs = 0, jitterMs = 0 }, flows) => slower({ delayMs, jitterMs }, flows),
});

export const rate = wireFault({
  kind: 'rate',
  needs: ['wires'],
  summary: 'limits the throughput of all packets of a link together',
  options: { rateKBps: { default: 0, summary: 'kilobytes per second; 0: drawn between 5 and 100' } },
  draw: (rng, { rateKBps }) => ({ rateKBps: orDrawn(rateKBps, () => rng.pick([5, 10, 20, 50, 100])) }),
  wire: ({ rateKBps = 0 }) => ({ type: 'rate', bytesPerSecond: rateKBps * 1000 }),
  pings: ({ rateKBps }) => ({
    patienceMs: slowest => slowest + 3000,
    did: `still carry, ${rateKBps} KB/s at most`,
    complaint: stillCarries,
    tellsNothing: ({ outcome }) => outcome !== 'answered', // so slow a link may be full
  }),
});

type DnsMode = 'fail' | 'slow';

export const dns: Fault = {
  kind: 'dns',
  needs: ['wires'],
  summary: 'names cannot be looked up any more, or only slowly',
  options: {
    target: targetOption,
    mode: { default: 'any', summary: 'no answer at all, or a late one', choices: ['any', 'fail', 'slow'] },
    delayMs: { default: 0, summary: 'how late, in milliseconds; 0: drawn between 300 and 2000' },
    durationMs: durationOption,
  },
  plan: (rng, shape, options): FaultPlan => {
    const params = rng.fork('params');
    const mode = options.mode === undefined || options.mode === 'any' ? params.pick<DnsMode>(['fail', 'slow']) : (options.mode as DnsMode);
    const delayMs = orDrawn(options.delayMs, () => params.pick([300, 1000, 2000]));
    return { target: planTarget(rng, shape, options.target), params: { mode, ...(mode === 'slow' ? { delayMs } : {}) } };
  },
  inject: async (plan, context) => {
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const { mode, delayMs = 0 } = plan.params as { mode: DnsMode; delayMs?: number };
    const wire: WireFault = { type: 'dns', mode, ms: delayMs };
    const flows = flowsOut(nodes, context);
    return injectWire(context, { flows, wire, ...anything('still carry') });
  },
};

/** Every flow that begins at one of these nodes. */
const flowsOut = (nodes: readonly string[], { cluster }: FaultContext): Flow[] =>
  cluster.links.flows.filter(({ from }) => nodes.includes(from));
