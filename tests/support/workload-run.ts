/** Runs a workload's requests and final reads against a simulated system, for tests of workloads together with their checkers. */
import { limit } from '../../harness/generator/basic.ts';
import { simulate } from '../../harness/generator/simulate.ts';
import type { Event, History, Key } from '../../harness/history/event.ts';
import type { Checker, Verdict } from '../../harness/protocol/checker.ts';
import type { Request } from '../../harness/protocol/generator.ts';
import { type Options, resolveOptions } from '../../harness/protocol/options.ts';
import type { Workload } from '../../harness/protocol/workload.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';

/** What the system does at once and answers later; undefined: it refuses. */
export type Simulated = (request: Request, rng: Rng) => Json | undefined;

export interface WorkloadRun {
  readonly workload: Workload;
  readonly seed: number;
  readonly count?: number;
  readonly options?: Options;
  /** Share of answers that never come, of what was done or not. */
  readonly lossRate?: number;
  readonly system: Simulated;
}

const nodes = 3;
const concurrency = 6;

export const runWorkload = ({ workload, seed, count = 200, options = {}, lossRate = 0.05, system }: WorkloadRun): History => {
  const rng = createRng(`${workload.name}/${seed}`);
  const context = { rng, options: resolveOptions(workload.options, options), concurrency, nodes };
  const respond = (losses: number) => (request: Request, random: Rng) => {
    const latencyNs = 1 + random.int(5_000_000);
    if (random.chance(losses / 2)) return { latencyNs, type: 'info' as const };
    const value = system(request, random);
    if (random.chance(losses / 2)) return { latencyNs, type: 'info' as const };
    return value === undefined ? { latencyNs, type: 'fail' as const } : { latencyNs, value };
  };
  const load = simulate(limit(count, workload.generator(context)), { concurrency, seed, maxRequests: count, respond: respond(lossRate) });
  const keys = [...new Set(load.flatMap(({ key }): Key[] => (key === undefined ? [] : [key])))];
  const final =
    workload.final === undefined ? [] : simulate(workload.final({ ...context, keys }), { concurrency, seed, respond: respond(0) });
  return joined(load, final);
};

/** The second after the first: positions, times and processes go on. */
const joined = (first: readonly Event[], second: readonly Event[]): History => {
  const time = (first.at(-1)?.time ?? 0) + 1_000_000;
  const process = concurrency * (first.length + 1);
  return [
    ...first,
    ...second.map(event => ({
      ...event,
      index: event.index + first.length,
      time: event.time + time,
      process: typeof event.process === 'number' ? event.process + process : event.process,
    })),
  ];
};

export const judgeRun = (checker: Checker, run: WorkloadRun): Verdict =>
  checker.check(runWorkload(run), { workload: run.workload.judgedAs ?? run.workload.name, timeLimitMs: 10_000, memoryLimitBytes: 2 ** 28 });

/** The verdicts over so many seeds; `make` gives each run a system of its own. */
export const overSeeds = (
  seeds: number,
  checker: Checker,
  workload: Workload,
  make: () => Simulated,
  more: Partial<WorkloadRun> = {},
): Verdict[] => Array.from({ length: seeds }, (_, seed) => judgeRun(checker, { workload, seed, system: make(), ...more }));
