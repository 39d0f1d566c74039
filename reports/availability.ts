/**
 * Availability as a result: what clients saw of the system while each kind of fault was in force, and how soon it came back.
 */
import type { Operation } from '../harness/history/operation.ts';
import type { AvailabilityRow, Results } from './contract.ts';
import { isRefused } from './refusal.ts';

type FaultWindow = Pick<Results['faults'][number], 'kind' | 'targets' | 'startMs' | 'endMs' | 'effective'>;

export interface AvailabilityInput {
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultWindow[];
  readonly loadStartMs: number;
  readonly loadEndMs: number;
  readonly nodes: readonly string[];
  /** Names of errors that are answers, not failures: the system served the request and said no. */
  readonly answers?: ReadonlySet<string>;
}

/** One operation as availability sees it: milliseconds since the run began; `endMs` is its invocation when nothing ever completed it. */
interface Sample {
  readonly startMs: number;
  readonly endMs: number;
  readonly node: string | undefined;
  readonly success: boolean;
}

/** Latency is normal again when the median of this many successes in a row is back below `normalFactor` times the fault-free median. */
const normalWindow = 10;
const normalFactor = 2;

/**
 * Per fault kind: success rate and latency on the nodes that the fault hit (`faulted`) and on the rest (`others`), and the time from
 * its heal to the first success and to normal latency on the nodes hit. The row `none` covers the operations that met no fault.
 *
 * - An operation invoked under load meets a fault when their intervals overlap; with several faults at once it counts for each.
 * - A fault never proven counts for nothing: the operations that meet it are in no row of its kind, and not in `none` either.
 * - Success is `ok`, or a `fail` whose error is an answer (a refused compare-and-set). Timeouts (`info`) and operations that never
 *   completed are not. Latency percentiles (nearest rank) are those of the successes.
 * - Nodes hit: see `nodesHit`. A fault that hits every node has only `faulted`; operations that name no node are in `others`.
 * - Normal latency: the first moment after the heal at which the median of the last 10 successes on the nodes hit (all completed after
 *   the heal) is at most twice the median of the row `none`. A fault whose successor starts before that has not been seen to return.
 * - Both times are medians over the faults of a kind, faults that were not seen to return counting as infinitely long: null then
 *   means "more than half of them were not seen to return".
 *
 * Rows: `none` first, then kinds in order of their first fault. O(n log n + overlapping pairs of operations and faults); never throws.
 */
export const measureAvailability = (input: AvailabilityInput): AvailabilityRow[] => {
  const samples = samplesOf(input);
  const underLoad = samples.filter(({ startMs }) => startMs >= input.loadStartMs && startMs <= input.loadEndMs);
  const longestMs = underLoad.reduce((most, { startMs, endMs }) => Math.max(most, endMs - startMs), 0);
  const met = input.faults.map(fault => meeting(underLoad, longestMs, fault));
  const troubled = new Set(met.flat());
  const calm = summarise(underLoad.filter(sample => !troubled.has(sample)));
  const successes = samples.filter(({ success }) => success).sort((a, b) => a.endMs - b.endMs);
  const returns = input.faults.map(fault => timeToReturn(fault, { input, successes, calmP50Ms: calm.p50Ms }));

  const rows: AvailabilityRow[] = [{ kind: 'none', target: 'all', ...calm, firstSuccessMs: null, normalLatencyMs: null }];
  for (const kind of new Set(input.faults.map(fault => fault.kind))) {
    const own = [...input.faults.keys()].filter(at => input.faults[at]!.kind === kind && input.faults[at]!.effective);
    if (own.length === 0) continue;
    const [faulted, others] = splitByHit(own, met, input);
    const firstSuccessMs = median(own.map(at => returns[at]!.firstSuccessMs));
    const normalLatencyMs = median(own.map(at => returns[at]!.normalLatencyMs));
    rows.push({ kind, target: 'faulted', ...summarise(faulted), firstSuccessMs, normalLatencyMs });
    if (others.length > 0) rows.push({ kind, target: 'others', ...summarise(others), firstSuccessMs: null, normalLatencyMs: null });
  }
  return rows;
};

/**
 * The nodes that a fault hit. A node named by itself, or by a flow between it and the clients, is hit. Of the nodes at the ends of flows
 * between nodes, those are hit that are left with less than a majority on untouched links (counting themselves): the one that a
 * partition isolates, not the four that lose it. Where no node is (one link, a ring of majorities), every end of a flow is hit.
 */
export const nodesHit = (targets: readonly string[], nodes: readonly string[]): ReadonlySet<string> => {
  const direct = new Set<string>();
  const lost = new Map<string, Set<string>>();
  for (const target of targets) {
    const ends = target.split('>').filter(end => nodes.includes(end));
    if (ends.length === 1) direct.add(ends[0]!);
    if (ends.length < 2) continue;
    for (const [end, peer] of [ends, [...ends].reverse()] as [string, string][]) lost.set(end, (lost.get(end) ?? new Set()).add(peer));
  }
  const majority = Math.floor(nodes.length / 2) + 1;
  const cutOff = [...lost].filter(([, peers]) => nodes.length - peers.size < majority).map(([node]) => node);
  const byFlows = cutOff.length > 0 || direct.size > 0 ? cutOff : [...lost.keys()];
  return new Set([...direct, ...byFlows]);
};

const samplesOf = ({ operations, answers }: AvailabilityInput): Sample[] =>
  operations
    .map(({ invoke, completion, type }) => ({
      startMs: invoke.time / 1e6,
      endMs: (completion ?? invoke).time / 1e6,
      node: invoke.node ?? completion?.node,
      success: type === 'ok' || isRefused({ type, completion }, answers),
    }))
    .sort((a, b) => a.startMs - b.startMs);

/** The samples whose interval overlaps the fault's: a binary search for where they can begin, then a walk to its end. */
const meeting = (samples: readonly Sample[], longestMs: number, { startMs, endMs }: FaultWindow): Sample[] => {
  const found: Sample[] = [];
  for (let at = lowerBound(samples, sample => sample.startMs, startMs - longestMs); at < samples.length; at++) {
    const sample = samples[at]!;
    if (sample.startMs > endMs) break;
    if (sample.endMs >= startMs) found.push(sample);
  }
  return found;
};

/** What met the faults of one kind, once each: on nodes that a fault it met had hit, and elsewhere. */
const splitByHit = (own: readonly number[], met: readonly Sample[][], { faults, nodes }: AvailabilityInput): [Sample[], Sample[]] => {
  const faulted = new Set<Sample>();
  const all = new Set<Sample>();
  for (const at of own) {
    const hit = nodesHit(faults[at]!.targets, nodes);
    for (const sample of met[at]!) {
      all.add(sample);
      if (sample.node !== undefined && hit.has(sample.node)) faulted.add(sample);
    }
  }
  return [[...faulted], [...all].filter(sample => !faulted.has(sample))];
};

interface Return {
  readonly firstSuccessMs: number;
  readonly normalLatencyMs: number;
}

interface Background {
  readonly input: AvailabilityInput;
  /** In order of completion. */
  readonly successes: readonly Sample[];
  readonly calmP50Ms: number | null;
}

/** From heal to the first success, and to normal latency, on the nodes hit; Infinity for what was not seen. */
const timeToReturn = (fault: FaultWindow, { input, successes, calmP50Ms }: Background): Return => {
  const healMs = fault.endMs;
  const hit = nodesHit(fault.targets, input.nodes);
  const nextMs = Math.min(...input.faults.filter(({ effective, startMs }) => effective && startMs >= healMs).map(({ startMs }) => startMs));
  const limitMs = calmP50Ms === null ? Number.NEGATIVE_INFINITY : normalFactor * calmP50Ms;
  let firstSuccessMs = Number.POSITIVE_INFINITY;
  const window: number[] = [];
  for (let at = lowerBound(successes, ({ endMs }) => endMs, healMs); at < successes.length; at++) {
    const { startMs, endMs, node } = successes[at]!;
    if (node === undefined || !hit.has(node)) continue;
    firstSuccessMs = Math.min(firstSuccessMs, endMs - healMs);
    if (endMs >= nextMs) break;
    window.push(endMs - startMs);
    if (window.length > normalWindow) window.shift();
    if (window.length === normalWindow && median(window)! <= limitMs) return { firstSuccessMs, normalLatencyMs: endMs - healMs };
  }
  return { firstSuccessMs, normalLatencyMs: Number.POSITIVE_INFINITY };
};

type Summary = Pick<AvailabilityRow, 'operations' | 'successRate' | 'p50Ms' | 'p95Ms' | 'p99Ms'>;

const summarise = (samples: readonly Sample[]): Summary => {
  const latencies = Float64Array.from(
    samples.filter(({ success }) => success),
    ({ startMs, endMs }) => endMs - startMs,
  ).sort();
  const rank = (share: number): number | null => latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)] ?? null;
  return {
    operations: samples.length,
    successRate: samples.length === 0 ? null : latencies.length / samples.length,
    p50Ms: rank(0.5),
    p95Ms: rank(0.95),
    p99Ms: rank(0.99),
  };
};

/** The lower median; null of nothing, and of infinity. */
const median = (values: readonly number[]): number | null => {
  const middle = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
  return middle === undefined || middle === Number.POSITIVE_INFINITY ? null : middle;
};

/** The first position whose value is at least `bound`, in a list sorted by that value. */
const lowerBound = <T>(sorted: readonly T[], value: (item: T) => number, bound: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(sorted[middle]!) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};
