/**
 * Reads how far a node's clock is from the controller's: by the node's own word on the time where its system asks for it (`now`), else as the
 * provider reads it. Both run on the machine's own clock, so an honest node is off by nothing.
 */
import type { FaultContext } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { sleep } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';

/** What an honest clock may seem to be off by, beyond the round trip: rounding, and time that was stepped by NTP. */
export const toleranceMs = 60;

export interface ClockReader {
  /** The node's wall time as of some instant during the call. */
  read(signal: AbortSignal): Promise<number>;
  /** By how much a reading may be wrong in itself. */
  readonly errorMs: number;
  /** The start of a sentence: `n1's clock`, `by its own word n1's clock`. */
  readonly subject: string;
}

/** A clock that tells whole seconds only is taken at its word for skews from here on. */
const coarseFromMs = 2000;

/** `skewMs`: how big a skew the reader has to tell, 0 where it is about rates. A node that does not say the time just now is read by the provider. */
export const readerOf = async (
  { cluster, system }: FaultContext,
  node: NodeId,
  skewMs: number,
  signal: AbortSignal,
): Promise<ClockReader> => {
  const provided = async (at: AbortSignal): Promise<number> => (await cluster.readClock(node, at)).wallMs;
  const readBack = (why?: string): ClockReader => ({
    read: provided,
    errorMs: 0,
    subject: why === undefined ? `${node}'s clock` : `read back (${why}), ${node}'s clock`,
  });
  if (system.now === undefined) return readBack();
  const ask = (at: AbortSignal): Promise<number> => system.now!(node, cluster.control(node, system.clientPort), at);
  try {
    const subject = `by its own word ${node}'s clock`;
    if ((await ask(signal)) % 1000 !== 0) return { read: ask, errorMs: 0, subject };
    if (Math.abs(skewMs) < coarseFromMs) return readBack('it tells whole seconds only');
    return { read: async at => (await ask(at)) + 500, errorMs: 500, subject };
  } catch (thrown) {
    return readBack(`it does not say the time: ${messageOf(thrown)}`);
  }
};

/** The true skew is within `errorMs` of `skewMs`: half the round trip, and what the reader itself does not know. */
export const measureSkew = async ({ read, errorMs }: ClockReader, signal: AbortSignal): Promise<{ skewMs: number; errorMs: number }> => {
  const asked = Date.now();
  const wallMs = await read(signal);
  const answered = Date.now();
  return { skewMs: wallMs - (asked + answered) / 2, errorMs: (answered - asked) / 2 + errorMs };
};

const windowMs = 400;
/** Of so many readings the one with the shortest round trip counts: a busy machine delays some, seldom all. */
const readings = 3;

/** How fast the node's wall clock runs, 1 is true; right to a few percent. */
export const measureRate = async (reader: ClockReader, signal: AbortSignal): Promise<number> => {
  const read = async (): Promise<{ at: number; wallMs: number; tookMs: number }> => {
    const asked = performance.now();
    const wallMs = await reader.read(signal);
    const answered = performance.now();
    return { at: (asked + answered) / 2, wallMs, tookMs: answered - asked };
  };
  const best = async () => {
    const all = [];
    for (let i = 0; i < readings; i++) all.push(await read());
    return all.reduce((quickest, one) => (one.tookMs < quickest.tookMs ? one : quickest));
  };
  const first = await best();
  await sleep(windowMs, signal);
  const second = await best();
  return (second.wallMs - first.wallMs) / (second.at - first.at);
};
