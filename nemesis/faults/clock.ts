/** Clock: a node's clock jumps and jumps back, runs at a wrong rate, or flickers between right and wrong. The machine's clock stays as it is. */
import type { ClusterShape, Evidence, Fault, FaultContext, FaultPlan, Injected, ScheduledFault } from '../../harness/protocol/fault.ts';
import type { Options } from '../../harness/protocol/options.ts';
import type { ClockSkew, NodeId } from '../../harness/protocol/system.ts';
import { sleep, within } from '../../harness/std/deadline.ts';
import { pickWeighted, type Rng } from '../../harness/std/rng.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { type Claim, claim, isClaimed } from './claims.ts';
import { proveOffset, proveRate, proveStrobe, proveTrue } from './clock-proof.ts';
import { durationOption } from './duration-option.ts';
import { effective, ineffective, listed, nothingInjected } from './evidence.ts';
import { planTarget, resolveTarget, targetOption } from './targets.ts';

export type ClockVariant = 'jump' | 'drift' | 'strobe';

const trueTime: ClockSkew = { offsetMs: 0, rate: 1 };
/** The first skew of a node in a container starts a helper beside it; every later one takes milliseconds. */
const setMs = 10_000;

export const clock: Fault = {
  kind: 'clock',
  needs: ['clock'],
  summary: "skews a node's clock: jump forth and back, drift, strobe",
  options: {
    variant: { default: 'any', summary: 'how the clock goes wrong', choices: ['any', 'jump', 'drift', 'strobe'] },
    target: targetOption,
    offsetMs: {
      default: 0,
      signed: true,
      summary: 'by how much it jumps, in milliseconds, negative into the past; 0: drawn up to an hour either way',
    },
    rate: { default: 0, summary: 'how fast a drifting clock runs, 1 is true; 0: drawn between 0.2 and 5' },
    periodMs: { default: 0, summary: 'how often a strobing clock changes, in milliseconds; 0: drawn between 20 and 500' },
    durationMs: durationOption,
  },
  plan: (rng, shape, options) => planClock(rng, shape, options),
  inject: async (plan, context) => {
    const { cluster } = context;
    const { nodes, reason } = await resolveTarget(plan, context);
    if (nodes.length === 0) return nothingInjected(reason);
    const free = nodes.filter(node => cluster.state(node) === 'running' && !isClaimed(cluster, node, 'skewed'));
    if (free.length === 0) return nothingInjected(`${listed(nodes)} do not run, or their clocks are skewed already`);
    return injectSkew(plan, free, context);
  },
};

const planClock = (rng: Rng, shape: ClusterShape, options: Options): FaultPlan => {
  const given = (name: string): number | undefined =>
    typeof options[name] === 'number' && options[name] !== 0 ? options[name] : undefined;
  const drawn = pickWeighted<ClockVariant>(rng, [
    ['jump', 3],
    ['drift', 2],
    ['strobe', 1],
  ]);
  const variant = options.variant === undefined || options.variant === 'any' ? drawn : (options.variant as ClockVariant);
  const offsetMs = given('offsetMs') ?? rng.pick([-1, 1]) * rng.pick([250, 1000, 5000, 60_000, 3_600_000]);
  const rate = given('rate') ?? rng.pick([0.2, 0.5, 0.8, 1.25, 2, 5]);
  const periodMs = given('periodMs') ?? rng.pick([20, 100, 500]);
  const target = planTarget(rng, shape, options.target);
  if (variant === 'jump') return { target, params: { variant, offsetMs } };
  if (variant === 'drift') return { target, params: { variant, rate } };
  return { target, params: { variant, offsetMs, periodMs } };
};

/** Of several nodes, every other one goes the other way: clocks that are all wrong alike agree with each other. */
const skewOf = ({ params }: ScheduledFault, position: number): ClockSkew => {
  const forth = position % 2 === 0;
  if (params.variant === 'drift') return { offsetMs: 0, rate: forth ? (params.rate as number) : 1 / (params.rate as number) };
  return { offsetMs: (forth ? 1 : -1) * (params.offsetMs as number), rate: 1 };
};

const injectSkew = async (plan: ScheduledFault, nodes: readonly NodeId[], context: FaultContext): Promise<Injected> => {
  const { cluster } = context;
  const claims = new Map<NodeId, Claim>(nodes.map(node => [node, claim(cluster, node, 'skewed')]));
  const skews = new Map(nodes.map((node, i) => [node, skewOf(plan, i)]));
  const setAll = async (skewFor: (node: NodeId) => ClockSkew, signal: AbortSignal): Promise<void> => {
    const mine = nodes.filter(node => claims.get(node)!.held());
    const outcomes = await Promise.allSettled(mine.map(node => cluster.setClock(node, skewFor(node), within(setMs, signal))));
    const failure = outcomes.find(outcome => outcome.status === 'rejected');
    if (failure) throw failure.reason;
  };
  const settle = async (signal: AbortSignal): Promise<void> => {
    await setAll(() => trueTime, signal);
    for (const held of claims.values()) held.release();
  };
  try {
    await setAll(node => skews.get(node)!, context.signal);
  } catch (thrown) {
    await settle(within(setMs)).catch(() => {}); // the first error is the one that counts
    throw thrown;
  }
  const strobe = plan.params.variant === 'strobe' ? startStrobe(plan, node => skews.get(node)!, setAll, context.signal) : undefined;
  return {
    targets: nodes,
    prove: signal => proveSkewed(plan, skews, context, signal),
    heal: async signal => {
      await strobe?.stop();
      await settle(signal);
      return proveTrue(skews, context, signal);
    },
  };
};

const startStrobe = (
  { params }: ScheduledFault,
  skewFor: (node: NodeId) => ClockSkew,
  setAll: (skewFor: (node: NodeId) => ClockSkew, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
) => {
  const stopped = new AbortController();
  const until = AbortSignal.any([signal, stopped.signal]);
  const flicker = async (): Promise<void> => {
    for (let wrong = true; !until.aborted; wrong = !wrong) {
      await sleep(params.periodMs as number, until);
      if (!until.aborted) await setAll(node => (wrong ? trueTime : skewFor(node)), until).catch(() => {}); // a node may be down just now
    }
  };
  const flickering = flicker();
  return {
    stop: async () => {
      stopped.abort();
      await flickering;
    },
  };
};

const proveSkewed = async (
  { params }: ScheduledFault,
  skews: ReadonlyMap<NodeId, ClockSkew>,
  context: FaultContext,
  signal: AbortSignal,
): Promise<Evidence> => {
  try {
    const proofs = await Promise.all(
      [...skews].map(([node, skew]) => {
        if (params.variant === 'drift') return proveRate(context, node, skew.rate, signal);
        if (params.variant === 'strobe')
          return proveStrobe(context, node, skew.offsetMs, within(3 * (params.periodMs as number) + 2000, signal));
        return proveOffset(context, node, skew.offsetMs, signal);
      }),
    );
    const wrong = proofs.filter(proof => !proof.effective);
    return wrong.length > 0
      ? ineffective(listed(wrong.map(({ detail }) => detail)))
      : effective(listed(proofs.map(({ detail }) => detail)));
  } catch (thrown) {
    return ineffective(`a clock could not be read: ${messageOf(thrown)}`);
  }
};
