/** Latency, bandwidth, slicer and reset: one toxic each, on a scope of links. */
import type { Flow } from '../../harness/protocol/cluster.ts';
import type { Fault, FaultContext, FaultPlan, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { Options, OptionTable } from '../../harness/protocol/options.ts';
import type { Rng } from '../../harness/std/rng.ts';
import { durationOption } from './duration-option.ts';
import { nothingInjected } from './evidence.ts';
import type { Baseline, FlowFault } from './flow-fault.ts';
import { addedDelayMs, cameThrough } from './movement.ts';
import { key, type Ping } from './probes.ts';
import { planScope, scopeFlows, scopeOption } from './scope.ts';
import { resolveTarget } from './targets.ts';
import { injectToxic, type ToxicFault } from './toxic-fault.ts';

type Params = { readonly [name: string]: number };

interface LinkFaultSpec {
  readonly kind: string;
  readonly summary: string;
  readonly options: Fault['options'];
  /** Draws what the options leave open. */
  readonly draw: (rng: Rng, options: Options) => Params;
  /** Everything about the toxic and its proof but where it is put. */
  readonly toxic: (params: Params, flows: readonly Flow[]) => Omit<ToxicFault, 'flows'>;
}

const linkFault = (spec: LinkFaultSpec): Fault => ({
  kind: spec.kind,
  needs: ['client-links'],
  summary: spec.summary,
  options: { scope: scopeOption, ...spec.options, durationMs: durationOption },
  plan: (rng, shape, options): FaultPlan => {
    const scoped = planScope(rng.fork('scope'), shape, options.scope);
    return { target: scoped.target, params: { ...scoped.params, ...spec.draw(rng.fork('params'), options) } };
  },
  inject: async (plan: ScheduledFault, context: FaultContext): Promise<Injected> => {
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const flows = scopeFlows(plan, nodes, context.cluster.links);
    return injectToxic(context, { flows, ...spec.toxic(plan.params as Params, flows) });
  },
});

/** The option where it was given, else what the seed draws. */
export const orDrawn = (given: unknown, draw: () => number): number => (typeof given === 'number' && given > 0 ? given : draw());

export const delayOptions: OptionTable = {
  delayMs: { default: 0, summary: 'delay in each direction, in milliseconds; 0: drawn between 30 and 300' },
  jitterMs: { default: -1, summary: 'the delay varies by so much either way, in milliseconds; -1: a third of the delay' },
};

export const drawDelay = (rng: Rng, options: Options): { readonly delayMs: number; readonly jitterMs: number } => {
  const delayMs = orDrawn(options.delayMs, () => rng.pick([30, 60, 100, 150, 200, 300]));
  const jitterMs = typeof options.jitterMs === 'number' && options.jitterMs >= 0 ? options.jitterMs : Math.round(delayMs / 3);
  return { delayMs, jitterMs };
};

export const latency = linkFault({
  kind: 'latency',
  summary: 'delays packets, with jitter',
  options: delayOptions,
  draw: drawDelay,
  toxic: ({ delayMs = 0, jitterMs = 0 }, flows) => {
    return { toxic: { type: 'latency', attributes: { latency: delayMs, jitter: jitterMs } }, ...slower({ delayMs, jitterMs }, flows) };
  },
});

interface Delay {
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** How links behave on which one or both directions are slowed. */
export const slower = ({ delayMs, jitterMs }: Delay, flows: readonly Flow[]): Omit<FlowFault, 'flows'> => {
  const slowed = new Set(flows.map(key));
  const directions = ({ from, to }: Baseline) => [`${from}>${to}`, `${to}>${from}`].filter(flow => slowed.has(flow)).length;
  return {
    slows: true,
    patienceMs: slowest => slowest + 4 * (delayMs + jitterMs) + 500,
    did: `took at least ${Math.round(least(delayMs, jitterMs))} ms longer for each direction slowed`,
    complaint: (ping, link) => {
      const wantedMs = link.ms + least(delayMs, jitterMs) * directions(link);
      if (ping.outcome !== 'answered') return `${key(link)} did not answer`;
      return ping.ms >= wantedMs ? undefined : `${key(link)} took ${Math.round(ping.ms)} ms, expected at least ${Math.round(wantedMs)} ms`;
    },
    watchMs: 3 * (delayMs + jitterMs) + 300,
    byCounters: (before, during) => {
      const addedMs = addedDelayMs(before, during);
      return addedMs !== undefined && addedMs >= delayMs / 2 && during.sentBytes > 0
        ? `bytes stayed ${Math.round(addedMs)} ms longer in the links than before`
        : undefined;
    },
  };
};

/** The least growth that counts: the smallest delay that jitter allows, less a little for timers that fire early. */
const least = (delayMs: number, jitterMs: number): number => Math.max(delayMs / 4, 0.9 * (delayMs - jitterMs));

/** These slow or cut up what flows without a ping showing it for certain: they are proven by the server's word and by links that still carry. */
export const stillCarries = (ping: Ping, link: Baseline): string | undefined =>
  ping.outcome === 'answered' ? undefined : `${key(link)} carries nothing any more`;

export const bandwidth = linkFault({
  kind: 'bandwidth',
  summary: 'limits throughput',
  options: { rateKBps: { default: 0, summary: 'kilobytes per second and connection; 0: drawn between 1 and 50' } },
  draw: (rng, options) => ({ rateKBps: orDrawn(options.rateKBps, () => rng.pick([1, 5, 10, 20, 50])) }),
  toxic: ({ rateKBps = 1 }) => ({
    toxic: { type: 'bandwidth', attributes: { rate: rateKBps } },
    patienceMs: slowest => slowest + 2000,
    did: `still carry, each connection ${rateKBps} KB/s at most`,
    complaint: stillCarries,
    byCounters: (_before, during) => cameThrough(during),
  }),
});

export const slicer = linkFault({
  kind: 'slicer',
  summary: 'cuts the byte stream into small pieces with pauses between them',
  options: {
    sizeBytes: { default: 0, summary: 'average size of a piece; 0: drawn between 1 and 64' },
    delayUs: { default: -1, summary: 'pause after each piece, in microseconds; -1: drawn between 0 and 1000' },
  },
  draw: (rng, options) => ({
    sizeBytes: orDrawn(options.sizeBytes, () => rng.pick([1, 4, 16, 64])),
    delayUs: typeof options.delayUs === 'number' && options.delayUs >= 0 ? options.delayUs : rng.pick([0, 100, 1000]),
  }),
  toxic: ({ sizeBytes = 1, delayUs = 0 }) => ({
    toxic: { type: 'slicer', attributes: { average_size: sizeBytes, size_variation: Math.floor(sizeBytes / 2), delay: delayUs } },
    patienceMs: slowest => slowest + 2000,
    did: `still carry, in pieces of ${sizeBytes} bytes`,
    complaint: stillCarries,
    byCounters: (_before, during) => cameThrough(during),
  }),
});

export const reset = linkFault({
  kind: 'reset',
  summary: 'resets connections (RST), established ones and new ones',
  options: { afterMs: { default: 0, summary: 'how long a connection lives before it is reset, in milliseconds' } },
  draw: (_rng, options) => ({ afterMs: typeof options.afterMs === 'number' ? options.afterMs : 0 }),
  toxic: ({ afterMs = 0 }) => ({
    toxic: { type: 'reset_peer', attributes: { timeout: afterMs } },
    patienceMs: slowest => slowest + afterMs + 1000,
    did: 'had their connections reset',
    complaint: (ping, link) =>
      ping.outcome === 'error'
        ? undefined
        : ping.outcome === 'silent'
          ? `${key(link)} fell silent`
          : afterMs > 0
            ? undefined
            : `${key(link)} still answered`,
    byCounters: (before, during) =>
      afterMs === 0 && before.sentBytes > 0 && during.sentBytes === 0
        ? `${cameThrough(before)} before, and none in ${Math.round(during.ms)} ms since`
        : undefined,
  }),
});
