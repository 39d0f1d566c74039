/** Silence on flows: what a partition is made of. */
import type { Flow, Toxic } from '../../harness/protocol/cluster.ts';
import type { FaultContext } from '../../harness/protocol/fault.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { key, type Ping } from './probes.ts';
import type { Baseline, ToxicFault } from './toxic-fault.ts';

/** A delay longer than any deadline: bytes are held, not lost. Removing a `timeout` toxic would close the connections instead. */
export const silence: Toxic = { type: 'latency', attributes: { latency: 3_600_000, jitter: 0 } };

export const cut = (flows: readonly Flow[]): ToxicFault => ({
  flows,
  toxic: silence,
  patienceMs: silenceMs,
  complaint: stillAnswers,
  tellsNothing: isError,
  did: 'fell silent',
  byCounters: heldBytes,
});

/** Long enough that an answer would have come, with room for a busy machine. */
export const silenceMs = (slowestMs: number): number => Math.min(1000, 250 + 3 * slowestMs);

export const stillAnswers = (ping: Ping, link: Baseline): string | undefined =>
  ping.outcome === 'answered' ? `${key(link)} still answered after ${Math.round(ping.ms)} ms` : undefined;

/** A link that refuses or resets is not silent; whatever made it do so hides whether the cut holds. */
export function isError(ping: Ping): boolean {
  return ping.outcome === 'error';
}

/** Bytes enter the cut flows and none comes out. */
const heldBytes = async ({ cluster }: FaultContext, flows: readonly Flow[], signal: AbortSignal): Promise<string | undefined> => {
  const before = await cluster.links.counters(signal);
  await sleep(300, signal);
  const after = await cluster.links.counters(signal);
  if (before === undefined || after === undefined) return undefined;
  const grown = (which: 'receivedBytes' | 'sentBytes'): number =>
    flows.map(key).reduce((total, flow) => total + (after.get(flow)?.[which] ?? 0) - (before.get(flow)?.[which] ?? 0), 0);
  return grown('receivedBytes') > 0 && grown('sentBytes') === 0
    ? `${grown('receivedBytes')} bytes entered the cut links and none came out`
    : undefined;
};
