/**
 * What all faults on flows have in common, be they toxics of a proxy or rules of the kernel: proven by the word of whoever keeps them in
 * force and by pings that behave as they say, healed when they are gone and the pings are back to what they were. Where nothing can be
 * pinged, by how bytes move.
 */
import type { Broken, Flow } from '../../harness/protocol/cluster.ts';
import type { Evidence, FaultContext, Injected } from '../../harness/protocol/fault.ts';
import { within } from '../../harness/std/deadline.ts';
import { disturb, excuse } from './claims.ts';
import { effective, ineffective, listed, nothingInjected, untilNoComplaint } from './evidence.ts';
import { cameThrough, type Movement, watchMovement } from './movement.ts';
import { key, linksAcross, type Ping, type PingedLink, pingAll } from './probes.ts';

/** A link that answered before the fault, and how fast. */
export interface Baseline extends PingedLink {
  readonly ms: number;
}

export interface FlowFault {
  readonly flows: readonly Flow[];
  /** How long the proving pings wait, given the slowest one before the fault. */
  readonly patienceMs: (slowestMs: number) => number;
  /** What is wrong with a ping under the fault, undefined when it is as the fault should make it. */
  readonly complaint: (ping: Ping, link: Baseline) => string | undefined;
  /** Pings that tell nothing about this fault, for instance errors where silence is what it makes. */
  readonly tellsNothing?: (ping: Ping) => boolean;
  /** What the links did, for the evidence: `fell silent`. */
  readonly did: string;
  /** It only slows: it looks healed when its own test no longer holds. */
  readonly slows?: boolean;
  /** Proof without pings: how the flows moved before the fault and under it. Undefined when nothing can be said. */
  readonly byCounters?: (before: Movement, during: Movement) => string | undefined;
  /** How long the flows are watched for that. */
  readonly watchMs?: number;
}

/** What is in force, and by whose word that is known. */
export interface InForce extends Broken {
  /** In the healer's words: `all 6 toxics`. */
  readonly what: string;
  /** That word alone is a proof, as the kernel's is that has counted what it dropped; pings can still refute it. */
  readonly wordSuffices?: boolean;
}

const baselineMs = 600;
const wordMs = 2000;
const usualWatchMs = 300;

/** `put` resolves to undefined where nothing carries the flows. */
export const injectOnFlows = async (
  context: FaultContext,
  fault: FlowFault,
  put: () => Promise<InForce | undefined>,
): Promise<Injected> => {
  const { cluster } = context;
  const { flows } = fault;
  const baseline = await measureBaseline(context, flows);
  const before = baseline.length === 0 ? await watch(context, fault, context.signal) : undefined;
  const inForce = await put();
  if (inForce === undefined) return nothingInjected(`no link carries ${listed(flows.map(key))}`);
  const settle = disturb(cluster, flows);
  const under = { context, fault, inForce, baseline, before };
  return {
    targets: flows.map(key),
    prove: signal => proveInForce(under, signal),
    heal: async signal => {
      await inForce.remove(signal);
      settle();
      return proveHealed(under, signal);
    },
  };
};

interface Under {
  readonly context: FaultContext;
  readonly fault: FlowFault;
  readonly inForce: InForce;
  readonly baseline: readonly Baseline[];
  readonly before: Movement | undefined;
}

/** The pings go out while the word is asked for: a kernel counts only what comes by. */
const proveInForce = async (under: Under, signal: AbortSignal): Promise<Evidence> => {
  const { context, fault, inForce, baseline } = under;
  const patience = fault.patienceMs(Math.max(0, ...baseline.map(({ ms }) => ms)));
  const [word, pings] = await Promise.all([inForce.prove(within(wordMs, signal)), pingAll(context.cluster, baseline, patience, signal)]);
  if (!word.effective) return word;
  // The silence of a node that another fault has stopped meanwhile says nothing about the link.
  const told = baseline
    .map((link, i) => ({ link, ping: pings[i]! }))
    .filter(({ link, ping }) => context.cluster.state(link.to) === 'running' && fault.tellsNothing?.(ping) !== true);
  if (told.length === 0) return inForce.wordSuffices ? word : proveByCounters(under, word.detail, signal);
  const complaints = told.flatMap(({ ping, link }) => fault.complaint(ping, link) ?? []);
  if (complaints.length > 0) return ineffective(`${word.detail}, but ${listed(complaints)}`);
  return effective(`${word.detail}; ${told.length} of ${baseline.length} links that had answered ${fault.did}${roundTrips(told)}`);
};

/** ` (median round trip 1.2 ms before, 210 ms now)`, where there are any now. */
const roundTrips = (told: readonly { readonly link: Baseline; readonly ping: Ping }[]): string => {
  const now = told.flatMap(({ ping }) => (ping.outcome === 'answered' ? [ping.ms] : []));
  const before = told.map(({ link }) => link.ms);
  return now.length === 0 ? '' : ` (median round trip ${median(before)} ms before, ${median(now)} ms now)`;
};

const median = (values: readonly number[]): string => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(1);

/** Of several round trips the shortest counts: a busy machine delays some, and a fault is told by what it adds. */
const baselineRounds = 3;

/** Pings every link that the fault will touch; those that do not answer now can prove nothing later. */
export const measureBaseline = async ({ cluster, signal }: FaultContext, flows: readonly Flow[]): Promise<Baseline[]> => {
  let answering: Baseline[] = linksAcross(cluster, flows).map(link => ({ ...link, ms: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < baselineRounds && answering.length > 0; round++) {
    const pings = await pingAll(cluster, answering, baselineMs, signal);
    answering = answering.flatMap((link, i) => {
      const ping = pings[i]!;
      return ping.outcome === 'answered' ? [{ ...link, ms: Math.min(link.ms, ping.ms) }] : [];
    });
  }
  return answering;
};

const watch = async (context: FaultContext, fault: FlowFault, signal: AbortSignal): Promise<Movement | undefined> =>
  fault.byCounters === undefined
    ? undefined
    : watchMovement(context, fault.flows, fault.watchMs ?? usualWatchMs, signal).catch(() => undefined);

const nothingSeen: Movement = { ms: 0, receivedBytes: 0, sentBytes: 0, heldBytes: 0 };

/** One window may be empty because the machine was busy or the clients were dialling, and shows nothing either way. */
const windows = 3;

const proveByCounters = async ({ context, fault, before }: Under, inForce: string, signal: AbortSignal): Promise<Evidence> => {
  for (let window = 0; window < windows && !signal.aborted; window++) {
    const during = await watch(context, fault, signal);
    if (during === undefined) break;
    const seen = fault.byCounters?.(before ?? nothingSeen, during);
    if (seen !== undefined) return effective(`${inForce}; ${seen}`);
  }
  return ineffective(`${inForce}, but no link could be asked and too little flowed, so nothing can be shown`);
};

const proveHealed = async ({ context, fault, inForce, baseline }: Under, signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
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
  if (complaint !== undefined) return ineffective(`${inForce.what} removed, but ${complaint}`);
  const except = excuses.size > 0 ? `, except where ${listed([...excuses])}` : '';
  const seen = baseline.length > 0 ? `${baseline.length} links answer again${except}` : await flowsAgain({ context, fault, signal });
  return effective(`${inForce.what} removed; ${seen}`);
};

/** Nobody may want to send anything just now, which is no fault's fault. */
const flowsAgain = async ({
  context,
  fault,
  signal,
}: {
  context: FaultContext;
  fault: FlowFault;
  signal: AbortSignal;
}): Promise<string> => {
  const after = await watch(context, fault, signal);
  return (after && cameThrough(after)) ?? 'no link could be asked, and nothing flowed since';
};

const stillWrong = (ping: Ping, link: Baseline, fault: FlowFault): string | undefined => {
  if (ping.outcome === 'silent') return `${key(link)} does not answer`;
  if (ping.outcome === 'error') return `${key(link)} says ${ping.message}`;
  return fault.slows && fault.complaint(ping, link) === undefined ? `${key(link)} still takes ${Math.round(ping.ms)} ms` : undefined;
};
