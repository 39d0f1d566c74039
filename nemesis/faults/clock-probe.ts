/** Reads how far a node's clock is from the controller's. Both run on the machine's own clock, so an honest node is off by nothing. */
import type { Cluster } from '../../harness/protocol/cluster.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { sleep } from '../../harness/std/deadline.ts';

/** What an honest clock may seem to be off by, beyond the round trip: rounding, and time that was stepped by NTP. */
export const toleranceMs = 60;

/** The reading is as of some instant during the call: `errorMs` is half the round trip. */
export const measureSkew = async (cluster: Cluster, node: NodeId, signal: AbortSignal): Promise<{ skewMs: number; errorMs: number }> => {
  const asked = Date.now();
  const { wallMs } = await cluster.readClock(node, signal);
  const answered = Date.now();
  return { skewMs: wallMs - (asked + answered) / 2, errorMs: (answered - asked) / 2 };
};

const windowMs = 400;
/** Of so many readings the one with the shortest round trip counts: a busy machine delays some, seldom all. */
const readings = 3;

/** How fast the node's wall clock runs, 1 is true; right to a few percent. */
export const measureRate = async (cluster: Cluster, node: NodeId, signal: AbortSignal): Promise<number> => {
  const read = async (): Promise<{ at: number; wallMs: number; tookMs: number }> => {
    const asked = performance.now();
    const { wallMs } = await cluster.readClock(node, signal);
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
