/**
 * Leader churn: whoever is elected is cut off at once, alone or with one follower, while the one cut off before rejoins. Leaders get far
 * enough to accept writes and never far enough to keep them, which is what commits of older terms and lost votes need to show.
 */
import type { Flow } from '../../harness/protocol/cluster.ts';
import type { Evidence, FaultContext, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { sleep, within } from '../../harness/std/deadline.ts';
import { createRng } from '../../harness/std/rng.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { disturb, excuse } from './claims.ts';
import { effective, ineffective, listed, untilNoComplaint } from './evidence.ts';
import { type Baseline, type InForce, measureBaseline } from './flow-fault.ts';
import { allPairs, around } from './partition-flows.ts';
import { key, linksAcross, pingAll } from './probes.ts';
import { silenceMs, stillAnswers } from './silence.ts';

const pollMs = 15;
const firstLeaderMs = 3000;
const wordMs = 2000;

interface Cut {
  readonly flows: readonly Flow[];
  readonly inForce: InForce;
  readonly settle: () => void;
  /** Aborts when the next cut takes its place. */
  readonly over: AbortController;
}

/** How flows are cut: by toxics or by the kernel. Undefined where nothing carries them. */
export type PutCut = (flows: readonly Flow[]) => Promise<InForce | undefined>;

export const injectLeaderChurn = async (plan: ScheduledFault, context: FaultContext, put: PutCut): Promise<Injected> => {
  const { cluster } = context;
  const baseline = await measureBaseline(context, allPairs(cluster.nodes));
  const rng = createRng(`${plan.params.seed}`);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const hit: NodeId[] = [];
  const troubles = new Set<string>();
  const leaders: string[] = [];
  let current: Cut | undefined;

  /** The new cut first, so that the new leader has no moment of peace; then the old one is undone. */
  const isolate = async (leader: NodeId): Promise<void> => {
    const group = [leader, ...company(leader)];
    const flows = around(group, cluster.nodes);
    const inForce = await put(flows);
    if (inForce === undefined) throw new Error(`no link carries ${listed(flows.map(key))}`);
    const previous = current;
    current = { flows, inForce, settle: disturb(cluster, flows), over: new AbortController() };
    hit.push(...group.filter(node => !hit.includes(node)));
    await undo(previous, signal);
  };
  /** At most one follower, and never so many that those cut off could elect among themselves. */
  const company = (leader: NodeId): NodeId[] => {
    const followers = cluster.nodes.filter(node => node !== leader);
    return cluster.nodes.length >= 5 && rng.chance(0.5) ? [rng.pick(followers)] : [];
  };

  const follow = async (): Promise<void> => {
    for (let lastLed = ''; !signal.aborted; await sleep(pollMs, signal)) {
      try {
        const { leader, term } = await context.roles();
        const led = `${leader} in term ${term}`;
        if (leader === undefined || led === lastLed || signal.aborted) continue;
        await isolate(leader);
        lastLed = led;
        leaders.push(led);
      } catch (thrown) {
        troubles.add(messageOf(thrown));
      }
    }
  };
  const following = follow();

  return {
    get targets() {
      return hit;
    },
    prove: async proofSignal => {
      const led = async () => (current === undefined ? 'nobody led' : undefined);
      await untilNoComplaint(led, within(firstLeaderMs, proofSignal), pollMs);
      if (current === undefined) return ineffective(`nobody led whom to cut off${troubles.size > 0 ? `: ${listed([...troubles])}` : ''}`);
      return proveCut(context, () => current!, baseline, proofSignal);
    },
    heal: async healSignal => {
      stop.abort();
      await following;
      await undo(current, healSignal);
      const { effective: healed, detail } = await answersAgain(context, baseline, healSignal);
      return { effective: healed, detail: `cut off in turn: ${listed(leaders, 8) || 'nobody'}; ${detail}` };
    },
  };
};

const undo = async (cut: Cut | undefined, signal: AbortSignal): Promise<void> => {
  cut?.over.abort();
  await cut?.inForce.remove(signal);
  cut?.settle();
};

/**
 * A cut is proven by pings that stay without an answer until the next one takes its place, or for as long as a partition's would.
 * Where it gives way too soon to tell, the next one is looked at.
 */
const proveCut = async (
  context: FaultContext,
  current: () => Cut,
  baseline: readonly Baseline[],
  signal: AbortSignal,
): Promise<Evidence> => {
  const slowestMs = Math.max(0, ...baseline.map(({ ms }) => ms));
  let last: Evidence = ineffective('each cut gave way to the next too soon to be proven');
  for (; !signal.aborted; await sleep(pollMs, signal)) {
    const { flows, inForce, over } = current();
    const crossing = new Set(linksAcross(context.cluster, flows).map(key));
    const links = baseline.filter(link => crossing.has(key(link)));
    if (links.length === 0) return ineffective('no cut link had answered before');
    const since = performance.now();
    const meanwhile = AbortSignal.any([signal, over.signal]);
    const [word, pings] = await Promise.all([
      inForce.prove(within(wordMs, meanwhile)),
      pingAll(context.cluster, links, silenceMs(slowestMs), meanwhile),
    ]);
    const waitedMs = Math.round(performance.now() - since);
    const silent = pings.filter(({ outcome }) => outcome === 'silent').length;
    const answered = links.flatMap((link, i) => stillAnswers(pings[i]!, link) ?? []);
    if (silent > 0 && answered.length === 0 && word.effective && waitedMs > Math.max(50, 3 * slowestMs))
      return effective(`${word.detail}; ${silent} links of the leader were silent for ${waitedMs} ms`);
    if (!over.signal.aborted) last = ineffective(`${word.detail}${answered.length > 0 ? `, but ${listed(answered)}` : ''}`);
  }
  return last;
};

const answersAgain = async ({ cluster }: FaultContext, baseline: readonly Baseline[], signal: AbortSignal): Promise<Evidence> => {
  const complain = async (): Promise<string | undefined> => {
    const pings = await pingAll(cluster, baseline, 1000, signal);
    const mute = baseline.filter((link, i) => pings[i]!.outcome !== 'answered' && excuse(cluster, link.from, link.to) === undefined);
    return mute.length > 0 ? `${listed(mute.map(key))} do not answer` : undefined;
  };
  const complaint = await untilNoComplaint(complain, signal);
  return complaint === undefined ? effective(`${baseline.length} links answer again`) : ineffective(complaint);
};
