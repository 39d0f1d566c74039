/** Silence on flows: what a partition is made of. */
import type { Flow, Toxic } from '../../harness/protocol/cluster.ts';
import type { Baseline, FlowFault } from './flow-fault.ts';
import type { Movement } from './movement.ts';
import { key, type Ping } from './probes.ts';

/** A delay longer than any deadline: bytes are held, not lost. Removing a `timeout` toxic would close the connections instead. */
export const silence: Toxic = { type: 'latency', attributes: { latency: 3_600_000, jitter: 0 } };

export const cut = (flows: readonly Flow[]): FlowFault => ({
  flows,
  patienceMs: silenceMs,
  complaint: stillAnswers,
  tellsNothing: isError,
  did: 'fell silent',
  byCounters: bytesAreHeld,
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
const bytesAreHeld = (_before: Movement, { receivedBytes, sentBytes }: Movement): string | undefined =>
  receivedBytes > 0 && sentBytes === 0 ? `${receivedBytes} bytes entered the cut links and none came out` : undefined;
