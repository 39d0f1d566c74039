/** How bytes move through flows: what can be shown of a fault where no link can be pinged. */
import type { Flow } from '../../harness/protocol/cluster.ts';
import type { FaultContext } from '../../harness/protocol/fault.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { key } from './probes.ts';

/** Of all flows together, over a window of time. */
export interface Movement {
  readonly ms: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Bytes that had entered and not come out, on average over the window. Counts what was lost since the cluster started, too. */
  readonly heldBytes: number;
}

const sampleMs = 50;

/** Undefined where the links keep no counters. */
export const watchMovement = async (
  { cluster }: FaultContext,
  flows: readonly Flow[],
  windowMs: number,
  signal: AbortSignal,
): Promise<Movement | undefined> => {
  const keys = flows.map(key);
  const samples: { atMs: number; received: number; sent: number }[] = [];
  for (const endsAtMs = performance.now() + windowMs; ; await sleep(sampleMs, signal)) {
    const counters = await cluster.links.counters(signal);
    if (counters === undefined) return undefined;
    const sum = (which: 'receivedBytes' | 'sentBytes') => keys.reduce((total, flow) => total + (counters.get(flow)?.[which] ?? 0), 0);
    samples.push({ atMs: performance.now(), received: sum('receivedBytes'), sent: sum('sentBytes') });
    if (performance.now() >= endsAtMs || signal.aborted) break;
  }
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return {
    ms: last.atMs - first.atMs,
    receivedBytes: last.received - first.received,
    sentBytes: last.sent - first.sent,
    heldBytes: samples.reduce((total, { received, sent }) => total + received - sent, 0) / samples.length,
  };
};

/**
 * How much longer bytes stay in the flows than before; undefined where too little moved to tell. By Little's law, the number of those
 * inside is the rate at which they enter times how long they stay.
 */
export const addedDelayMs = (before: Movement, during: Movement): number | undefined =>
  during.receivedBytes > 0 && during.ms > 0 ? (during.heldBytes - before.heldBytes) / (during.receivedBytes / during.ms) : undefined;

/** What every proof by counters needs: that something came through. */
export const cameThrough = ({ sentBytes, ms }: Movement): string | undefined =>
  sentBytes > 0 ? `${sentBytes} bytes came through in ${Math.round(ms)} ms` : undefined;
