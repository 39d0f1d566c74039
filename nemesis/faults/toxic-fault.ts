/**
 * What partition, latency, bandwidth, slicer and reset have in common: toxics on flows, proven by the server's own word and by pings
 * that behave as the toxic says, healed when the toxics are gone and the pings are back to what they were.
 */
import type { Flow, Toxic } from '../../harness/protocol/cluster.ts';
import type { Evidence, FaultContext, Injected } from '../../harness/protocol/fault.ts';
import { within } from '../../harness/std/deadline.ts';
import { disturb, excuse } from './claims.ts';
import { effective, ineffective, listed, nothingInjected, untilNoComplaint } from './evidence.ts';
import { key, linksAcross, type Ping, type PingedLink, pingAll } from './probes.ts';

/** A link that answered before the fault, and how fast. */
export interface Baseline extends PingedLink {
  readonly ms: number;
}

export interface ToxicFault {
  readonly flows: readonly Flow[];
  readonly toxic: Toxic;
  /** How long the proving pings wait, given the slowest one before the fault. */
  readonly patienceMs: (slowestMs: number) => number;
  /** What is wrong with a ping under the fault, undefined when it is as the toxic should make it. */
  readonly complaint: (ping: Ping, link: Baseline) => string | undefined;
  /** Pings that tell nothing about this fault, for instance errors where silence is what it makes. */
  readonly tellsNothing?: (ping: Ping) => boolean;
  /** What the links did, for the evidence: `fell silent`. */
  readonly did: string;
  /** Proof without pings: how the flows themselves moved while the fault was in force. Undefined when nothing can be said. */
  readonly byCounters?: (context: FaultContext, flows: readonly Flow[], signal: AbortSignal) => Promise<string | undefined>;
}

const baselineMs = 600;
const confirmMs = 2000;

export const injectToxic = async (context: FaultContext, fault: ToxicFault): Promise<Injected> => {
  const { cluster } = context;
  const { flows, toxic } = fault;
  const baseline = await measureBaseline(context, flows);
  const applied = await cluster.links.apply(flows, toxic);
  if (applied.placed === 0) return nothingInjected(`no link carries ${listed(flows.map(key))}`);
  const settle = disturb(cluster, flows);

  const prove = async (signal: AbortSignal): Promise<Evidence> => {
    const confirmed = await applied.confirm(within(confirmMs, signal));
    if (confirmed < applied.placed) return ineffective(`only ${confirmed} of ${applied.placed} ${toxic.type} toxics are in force`);
    const inForce = `${confirmed} of ${applied.placed} ${toxic.type} toxics in force`;
    if (baseline.length === 0) return withoutPings(context, fault, inForce, signal);
    const patience = fault.patienceMs(Math.max(...baseline.map(({ ms }) => ms)));
    const pings = await pingAll(cluster, baseline, patience, signal);
    // The silence of a node that another fault has stopped meanwhile says nothing about the link.
    const told = baseline
      .map((link, i) => ({ link, ping: pings[i]! }))
      .filter(({ link, ping }) => cluster.state(link.to) === 'running' && fault.tellsNothing?.(ping) !== true);
    if (told.length === 0) return withoutPings(context, fault, inForce, signal);
    const complaints = told.flatMap(({ ping, link }) => fault.complaint(ping, link) ?? []);
    if (complaints.length > 0) return ineffective(`${inForce}, but ${listed(complaints)}`);
    return effective(`${inForce}; ${told.length} of ${baseline.length} links that had answered ${fault.did}${roundTrips(told)}`);
  };

  const heal = async (signal: AbortSignal): Promise<Evidence> => {
    await applied.remove();
    settle();
    const left = await applied.confirm(within(confirmMs, signal));
    if (left > 0) return ineffective(`${left} of ${applied.placed} ${toxic.type} toxics are still in force`);
    return provenHealed(context, fault, baseline, applied.placed, signal);
  };
  return { targets: flows.map(key), prove, heal };
};

/** ` (median round trip 1.2 ms before, 210 ms now)`, where there are any now. */
const roundTrips = (told: readonly { readonly link: Baseline; readonly ping: Ping }[]): string => {
  const now = told.flatMap(({ ping }) => (ping.outcome === 'answered' ? [ping.ms] : []));
  const before = told.map(({ link }) => link.ms);
  return now.length === 0 ? '' : ` (median round trip ${median(before)} ms before, ${median(now)} ms now)`;
};

const median = (values: readonly number[]): string => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(1);

/** Pings every link that the fault will touch; those that do not answer now can prove nothing later. */
export const measureBaseline = async ({ cluster, signal }: FaultContext, flows: readonly Flow[]): Promise<Baseline[]> => {
  const links = linksAcross(cluster, flows);
  const pings = await pingAll(cluster, links, baselineMs, signal);
  return links.flatMap((link, i) => {
    const ping = pings[i]!;
    return ping.outcome === 'answered' ? [{ ...link, ms: ping.ms }] : [];
  });
};

const withoutPings = async (context: FaultContext, fault: ToxicFault, inForce: string, signal: AbortSignal): Promise<Evidence> => {
  const seen = await fault.byCounters?.(context, fault.flows, signal).catch(() => undefined);
  return seen === undefined
    ? ineffective(`${inForce}, but no link could be asked and nothing flowed, so nothing can be shown`)
    : effective(`${inForce}; ${seen}`);
};

const provenHealed = async (
  { cluster }: FaultContext,
  fault: ToxicFault,
  baseline: readonly Baseline[],
  placed: number,
  signal: AbortSignal,
): Promise<Evidence> => {
  const excuses = new Set<string>();
  const complain = async (): Promise<string | undefined> => {
    excuses.clear();
    const pings = await pingAll(cluster, baseline, 1000, signal);
    const complaints = baseline.flatMap((link, i) => {
      const wrong = stillWrong(pings[i]!, link, fault);
      const why = wrong === undefined ? undefined : excuse(cluster, link.from, link.to);
      if (why !== undefined) excuses.add(why);
      return wrong !== undefined && why === undefined ? [wrong] : [];
    });
    return complaints.length > 0 ? listed(complaints) : undefined;
  };
  const complaint = await untilNoComplaint(complain, signal);
  if (complaint !== undefined) return ineffective(`all ${placed} toxics removed, but ${complaint}`);
  const except = excuses.size > 0 ? `, except where ${listed([...excuses])}` : '';
  return effective(`all ${placed} toxics removed; ${baseline.length} links answer again${except}`);
};

const stillWrong = (ping: Ping, link: Baseline, fault: ToxicFault): string | undefined => {
  if (ping.outcome === 'silent') return `${key(link)} does not answer`;
  if (ping.outcome === 'error') return `${key(link)} says ${ping.message}`;
  // A fault that only slows looks healed when its own test no longer holds.
  return fault.toxic.type === 'latency' && fault.complaint(ping, link) === undefined
    ? `${key(link)} still takes ${Math.round(ping.ms)} ms`
    : undefined;
};
