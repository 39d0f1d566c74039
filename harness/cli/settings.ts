/** From flags and config file to a plan: everything checked before anything starts. */

import type { Fault } from '../protocol/fault.ts';
import { type Options, type OptionTable, resolveOptions } from '../protocol/options.ts';
import type { RunPlan } from '../run/plan.ts';
import { parseDuration } from '../std/duration.ts';
import { UserError } from '../std/user-error.ts';
import type { RunConfig } from './config.ts';
import { named, type Registries } from './registries.ts';
import { parseSize } from './size.ts';

export const runDefaults = {
  system: 'raft',
  on: 'process',
  nemesis: ['partition', 'kill', 'pause', 'latency', 'clock'],
  interval: '4s',
  timeLimit: '20s',
  rate: 200,
  store: 'runs',
  operationTimeout: '1s',
  startTimeout: '30s',
  recoveryTimeout: '20s',
  checkTimeLimit: '60s',
  memoryLimit: '2gb',
} as const;

/** Throws usage errors only. A missing seed is drawn here, once. */
export const settle = (given: RunConfig, registries: Registries): RunPlan => {
  const config = { ...runDefaults, ...given };
  const system = named('system', registries.systems, item => item.name, config.system);
  const workload = named('workload', registries.workloads, item => item.name, config.workload ?? system.workloads[0]!);
  const model = config.model ?? workload.models[0]!;
  const checker = checkerFor(registries, workload.judgedAs ?? workload.name, model);
  const faults = faultsOf(config.nemesis, registries);
  const bugs = config.bug ?? [];
  for (const bug of bugs) named(`bug of ${system.name}`, Object.keys(system.bugs), name => name, bug);
  if (config.on !== 'process') {
    throw new UserError('usage', 'unsupported-cluster', `--on ${config.on}: this version starts local processes only`, {
      hint: 'use --on process',
    });
  }
  const nodes = Array.from({ length: config.nodes ?? system.defaultNodes }, (_, i) => `n${i + 1}`);
  const set = { ...config.set, ...(config.values ? { values: config.values } : {}) };
  const options = splitOptions(set, { system: system.options, workload: workload.options, faults: optionsOfFaults(faults) });
  return {
    system,
    workload,
    model,
    checker,
    faults,
    bugs,
    nodes,
    ...options,
    intervalMs: atLeast(shortestIntervalMs, String(config.interval), '--interval'),
    timeLimitMs: parseDuration(String(config.timeLimit), '--time-limit'),
    operationTimeoutMs: atLeast(1, String(config.operationTimeout), '--operation-timeout'),
    startTimeoutMs: parseDuration(String(config.startTimeout), '--start-timeout'),
    recoveryTimeoutMs: parseDuration(String(config.recoveryTimeout), '--recovery-timeout'),
    checkTimeLimitMs: parseDuration(String(config.checkTimeLimit), '--check-time-limit'),
    memoryLimitBytes: parseSize(String(config.memoryLimit), '--memory-limit'),
    rate: config.rate,
    concurrency: config.concurrency ?? nodes.length * 2,
    seed: config.seed ?? Math.floor(Math.random() * 2 ** 31),
    store: config.store,
    toxiproxyUrl: config.toxiproxy,
  };
};

/** Faults that come faster than they can be proven are no test. */
const shortestIntervalMs = 100;

const atLeast = (leastMs: number, text: string, flag: string): number => {
  const ms = parseDuration(text, flag);
  if (ms >= leastMs) return ms;
  throw new UserError('usage', 'bad-duration', `${flag} ${text}: too short`, { hint: `at least ${leastMs}ms` });
};

/** `all` and `none` stand alone; an empty name is a slip (`--nemesis "$UNSET"`), not a calm run. */
const faultsOf = (given: readonly string[], registries: Registries): readonly Fault[] => {
  const kinds = given.map(kind => kind.trim());
  if (kinds.length === 1 && kinds[0] === 'none') return [];
  if (kinds.includes('none')) {
    throw new UserError('usage', 'bad-nemesis', `--nemesis ${kinds.join(',')}: none cannot be combined`, {
      hint: 'leave none out, or the rest',
    });
  }
  const all = registries.faults.map(fault => fault.kind);
  const chosen = kinds.flatMap(kind => (kind === 'all' ? all : [kind]));
  return [...new Set(chosen)].map(kind => named('nemesis', registries.faults, item => item.kind, kind));
};

export const checkerFor = (registries: Registries, workload: string, model: string) => {
  const judged = [...new Set(registries.checkers.flatMap(checker => checker.workloads))];
  named('workload', judged, name => name, workload);
  const models = registries.checkers.filter(checker => checker.workloads.includes(workload));
  return named(`model for workload ${workload}`, models, checker => checker.model, model);
};

/** `partition.variant` and the like. */
export const optionsOfFaults = (faults: readonly Fault[]): OptionTable =>
  Object.fromEntries(faults.flatMap(({ kind, options }) => Object.entries(options).map(([name, spec]) => [`${kind}.${name}`, spec])));

/** `--set keys=5 --set partition.variant=halves`: each key goes to the table that knows it; one that none knows is a usage error. */
const splitOptions = (set: Options, tables: Readonly<Record<'system' | 'workload' | 'faults', OptionTable>>) => {
  const known = Object.values(tables).flatMap(table => Object.keys(table));
  for (const key of Object.keys(set)) named('option', known, name => name, key);
  return {
    systemOptions: resolveOptions(tables.system, set),
    workloadOptions: resolveOptions(tables.workload, set),
    faultOptions: resolveOptions(tables.faults, set),
  };
};
