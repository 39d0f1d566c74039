/** Proves that a node's clock is wrong in the way it was meant to be, and that it is right again. */
import type { Evidence, FaultContext } from '../../harness/protocol/fault.ts';
import type { ClockSkew, NodeId } from '../../harness/protocol/system.ts';
import { sleep, within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { measureRate, measureSkew, readerOf, toleranceMs } from './clock-probe.ts';
import { effective, ineffective, listed, untilNoComplaint } from './evidence.ts';

/** Programs that look at the clock once in a while only (a cached time) show a jump this late. */
const lagMs = 1500;

export const proveOffset = async (context: FaultContext, node: NodeId, wantedMs: number, signal: AbortSignal): Promise<Evidence> => {
  const reader = await readerOf(context, node, wantedMs, signal);
  let last = '';
  const complain = async (): Promise<string | undefined> => {
    const { skewMs, errorMs } = await measureSkew(reader, signal);
    last = `${reader.subject} is off by ${Math.round(skewMs)} ms`;
    const slackMs = toleranceMs + errorMs;
    if (Math.abs(skewMs - wantedMs) > slackMs) return `${last}, not by ${wantedMs} ms`;
    return Math.abs(skewMs) > slackMs ? undefined : `${last}, which cannot be told from right: give or take ${Math.round(slackMs)} ms`;
  };
  const complaint = await untilNoComplaint(complain, within(lagMs, signal));
  return complaint === undefined ? effective(last) : ineffective(complaint);
};

export const proveRate = async (context: FaultContext, node: NodeId, wanted: number, signal: AbortSignal): Promise<Evidence> => {
  const reader = await readerOf(context, node, 0, signal);
  const rate = await measureRate(reader, signal);
  const detail = `${reader.subject} runs ${rate.toFixed(2)} times as fast as time`;
  return Math.abs(rate - wanted) <= Math.abs(wanted - 1) / 2 ? effective(detail) : ineffective(`${detail}, not ${wanted} times`);
};

/** Both readings must be seen: the right one and the wrong one. */
export const proveStrobe = async (context: FaultContext, node: NodeId, offsetMs: number, signal: AbortSignal): Promise<Evidence> => {
  const reader = await readerOf(context, node, offsetMs, signal);
  const seen = { right: false, wrong: false };
  while (!(seen.right && seen.wrong) && !signal.aborted) {
    const { skewMs } = await measureSkew(reader, signal);
    if (Math.abs(skewMs) < Math.abs(offsetMs) / 2) seen.right = true;
    else seen.wrong = true;
    await sleep(5, signal);
  }
  const both = seen.right && seen.wrong;
  return both
    ? effective(`${reader.subject} was seen right and off by ${offsetMs} ms in turn`)
    : ineffective(`${reader.subject} was only seen ${seen.right ? 'right' : 'wrong'}`);
};

/** `skews`: what was done to each, so that a clock read coarsely is not taken for right. */
export const proveTrue = async (skews: ReadonlyMap<NodeId, ClockSkew>, context: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
  const nodes = [...skews.keys()];
  const isOff = async (node: NodeId): Promise<boolean> => {
    const by = within(1000, signal);
    const { skewMs, errorMs } = await measureSkew(await readerOf(context, node, skews.get(node)!.offsetMs, by), by);
    return Math.abs(skewMs) > toleranceMs + errorMs;
  };
  const complain = async (): Promise<string | undefined> => {
    const running = nodes.filter(node => cluster.state(node) === 'running');
    try {
      const off = await Promise.all(running.map(isOff));
      return off.includes(true) ? `${listed(running.filter((_, i) => off[i]))} still skewed` : undefined;
    } catch (thrown) {
      return `a clock could not be read: ${messageOf(thrown)}`;
    }
  };
  const complaint = await untilNoComplaint(complain, signal);
  if (complaint !== undefined) return ineffective(complaint);
  const others = nodes
    .filter(node => cluster.state(node) !== 'running')
    .map(node => `${node} is ${cluster.state(node)} and starts with a true clock`);
  return effective([`the clocks of ${listed(nodes)} are set right`, ...others].join('; '));
};
