/** From a seed to a schedule of faults. Pure: the same seed, cluster and options give the same schedule, byte for byte. */
import type { ClusterShape, Fault, Schedule, ScheduledFault } from '../../harness/protocol/fault.ts';
import { type Options, resolveOptions } from '../../harness/protocol/options.ts';
import type { Rng } from '../../harness/std/rng.ts';

/** The part of a fault that plans. */
export type Planner = Pick<Fault, 'kind' | 'options' | 'plan'>;

export interface ScheduleRequest {
  readonly seed: number;
  /** A fork of the run's, for instance `createRng(seed).fork('nemesis')`. */
  readonly rng: Rng;
  readonly shape: ClusterShape;
  readonly faults: readonly Planner[];
  readonly intervalMs: number;
  readonly timeLimitMs: number;
  /** Of all faults, as `--set` gives them: `partition.variant`, `kill.target`. Others are left out. */
  readonly options: Options;
}

interface Slot {
  readonly fault: Planner;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Nothing starts earlier: the load first shows what it does on a healthy cluster. */
export const calmStartMs = 1000;
/** Shorter than this no fault is worth its proof. */
export const leastDurationMs = 500;
/** A fault that the time limit would cut shorter than this is left out: with no leader to be found at once, its proof would come too late. */
const leastLastMs = 1000;
/** How often two faults are put on top of each other, where more than one kind is asked for. */
const pairProbability = 0.4;

/**
 * About one fault per interval, kinds dealt from a shuffled deck so that each turns up soon. A fault lasts 40-80 % of the interval, or its
 * `durationMs`. Faults of different kinds may overlap; the same kind never does. Nothing goes on past the time limit.
 * Throws a usage error for an option that is malformed or cannot be on this cluster.
 */
export const createSchedule = (request: ScheduleRequest): Schedule => {
  const { seed, shape, rng } = request;
  const slots = request.faults.length === 0 ? [] : dealSlots(request);
  const faults = slots.map(({ fault, startMs, durationMs }, id): ScheduledFault => {
    const plan = fault.plan(rng.fork(`fault ${id}`), shape, optionsOf(fault, request.options));
    return { id, kind: fault.kind, startMs, durationMs, target: plan.target, params: plan.params };
  });
  return { seed, nodes: shape.nodes, faults };
};

/** A fault's own options: those given under `kind.`, its defaults for the rest. */
export const optionsOf = ({ kind, options }: Pick<Fault, 'kind' | 'options'>, given: Options): Options => {
  const prefix = `${kind}.`;
  const own = Object.entries(given).flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
  );
  return resolveOptions(options, Object.fromEntries(own));
};

const dealSlots = (request: ScheduleRequest): Slot[] => {
  const { rng, faults, intervalMs, timeLimitMs } = request;
  const timing = rng.fork('timing');
  const deal = createDeck(rng.fork('deck'), faults);
  const freeFromMs = new Map<string, number>();
  const slots: Slot[] = [];

  const place = (fault: Planner, wantedMs: number): number => {
    const given = Number(optionsOf(fault, request.options).durationMs ?? 0);
    const share = (0.4 + 0.4 * timing.float()) * intervalMs;
    const startMs = Math.round(Math.max(wantedMs, freeFromMs.get(fault.kind) ?? 0));
    const wholeMs = Math.round(Math.max(leastDurationMs, given > 0 ? given : share));
    const durationMs = Math.min(wholeMs, timeLimitMs - startMs);
    if (durationMs < Math.min(wholeMs, leastLastMs)) return 0;
    freeFromMs.set(fault.kind, startMs + durationMs + leastDurationMs);
    slots.push({ fault, startMs, durationMs });
    return durationMs;
  };

  for (let slot = 0; ; slot++) {
    const startMs = calmStartMs + slot * intervalMs + (slot === 0 ? 0.1 : 0.3) * timing.float() * intervalMs;
    if (startMs + leastDurationMs > timeLimitMs) break;
    const durationMs = place(deal(), startMs);
    if (faults.length > 1 && timing.chance(pairProbability)) place(deal(), startMs + 0.4 * timing.float() * durationMs);
  }
  return slots.sort((a, b) => a.startMs - b.startMs || faults.indexOf(a.fault) - faults.indexOf(b.fault));
};

/** Deals each kind once before any comes again, and none twice in a row. */
const createDeck = (rng: Rng, faults: readonly Planner[]): (() => Planner) => {
  let deck: Planner[] = [];
  let last: Planner | undefined;
  return () => {
    if (deck.length === 0) deck = rng.shuffle(faults);
    if (deck[0] === last && deck.length > 1) deck.push(deck.shift()!);
    last = deck.shift()!;
    return last;
  };
};
