/** From flags and config file to a plan: everything checked before anything starts. */

import { resolve } from 'node:path';
import { judgeLogPatterns } from '../../checkers/properties/log-patterns.ts';
import { unhandledExceptions } from '../../checkers/properties/unhandled-exceptions.ts';
import type { Checker } from '../protocol/checker.ts';
import type { Capability, Provider } from '../protocol/cluster.ts';
import type { Fault } from '../protocol/fault.ts';
import { accepts, type Options, type OptionTable, resolveOptions } from '../protocol/options.ts';
import type { System } from '../protocol/system.ts';
import type { Workload } from '../protocol/workload.ts';
import type { RunPlan } from '../run/plan.ts';
import { parseDuration } from '../std/duration.ts';
import { messageOf, UserError } from '../std/user-error.ts';
import type { RunConfig } from './config.ts';
import { endpointsFrom } from './endpoints.ts';
import { named, type Registries } from './registries.ts';
import { parseSize } from './size.ts';
import { tellingStanding } from './standing.ts';

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

/** Throws usage errors, and environment errors where the place for the nodes is not there. A missing seed is drawn here, once. */
export const settle = async (given: RunConfig, registries: Registries): Promise<RunPlan> => {
  const config = { ...runDefaults, ...given };
  const system = withEndpoints(
    named('system', registries.systems, item => item.name, config.system),
    config.endpoints,
  );
  const workload = named('workload', registries.workloads, item => item.name, config.workload ?? system.workloads[0]!);
  refuseUnoffered(system, workload);
  const model = config.model ?? workload.models[0]!;
  const checker = checkerFor(registries, workload.judgedAs ?? workload.name, model);
  if (config.checkOnline === true) refuseOffline(checker, workload);
  const bugs = config.bug ?? [];
  for (const bug of bugs) named(`bug of ${system.name}`, Object.keys(system.bugs), name => name, bug);
  const logPatterns = (config.logPattern ?? []).map(logPatternOf);
  const provider = named('place for nodes', registries.providers, item => item.name, whereOf(given, system));
  const place = {
    system,
    options: resolveOptions(system.options, meantFor(system.options, [workload.options], config.set ?? {})),
    bugs,
    toxiproxyUrl: config.toxiproxy,
    composeFile: config.compose === undefined ? undefined : resolve(config.compose),
    project: config.attach,
  };
  const faults = possible(faultsOf(config.nemesis, registries), await provider.capabilities(place), provider, given.nemesis);
  const nodes = (await provider.nodes?.(place)) ?? Array.from({ length: config.nodes ?? system.defaultNodes }, (_, i) => `n${i + 1}`);
  const set = { ...config.set, ...(config.values ? { values: config.values } : {}) };
  const options = splitOptions(set, { system: system.options, workload: workload.options, faults: optionsOfFaults(faults) });
  return {
    system,
    provider,
    workload,
    model,
    checker: tellingStanding(checker),
    faults,
    bugs,
    logPatterns,
    judgesOfLogs: logPatterns.length === 0 ? [] : [logs => judgeLogPatterns(logPatterns, logs)],
    surprises: unhandledExceptions([]),
    nodes,
    ...options,
    intervalMs: atLeast(shortestIntervalMs, String(config.interval), '--interval'),
    timeLimitMs: parseDuration(String(config.timeLimit), '--time-limit'),
    operationTimeoutMs: atLeast(1, String(config.operationTimeout), '--operation-timeout'),
    startTimeoutMs: parseDuration(String(config.startTimeout), '--start-timeout'),
    recoveryTimeoutMs: parseDuration(String(config.recoveryTimeout), '--recovery-timeout'),
    checkTimeLimitMs: parseDuration(String(config.checkTimeLimit), '--check-time-limit'),
    memoryLimitBytes: parseSize(String(config.memoryLimit), '--memory-limit'),
    checkOnline: config.checkOnline === true,
    rate: config.rate,
    concurrency: config.concurrency ?? nodes.length * 2,
    seed: config.seed ?? Math.floor(Math.random() * 2 ** 31),
    store: config.store,
    toxiproxyUrl: config.toxiproxy,
    composeFile: place.composeFile,
    project: place.project,
  };
};

const logPatternOf = (source: string): RegExp => {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new UserError('usage', 'bad-log-pattern', `--log-pattern ${source}: ${messageOf(error)}`, {
      hint: "say it as JavaScript's regular expressions are written, for instance --log-pattern 'panic|fatal error'",
    });
  }
};

const withEndpoints = (system: System, given: RunConfig['endpoints']): System =>
  given === undefined ? system : { ...system, endpoints: endpointsFrom(given, system.clientPort) };

/** `--compose`, `--attach` and `--endpoint` say where by themselves, and so does a system that runs in one place only. */
const whereOf = ({ on, compose, attach, endpoints }: RunConfig, system: System): Provider['name'] => {
  const said = compose !== undefined ? 'compose' : attach !== undefined ? 'attach' : undefined;
  if (compose !== undefined && attach !== undefined)
    throw new UserError('usage', 'compose-and-attach', '--compose and --attach exclude each other', {
      hint: '--compose brings a project up and removes it, --attach joins one that runs',
    });
  if (said !== undefined && on !== undefined && on !== said)
    throw new UserError('usage', 'two-places', `--on ${on} and --${said} exclude each other`, { hint: `leave out --on` });
  if (on === 'compose' && compose === undefined)
    throw new UserError('usage', 'no-compose-file', '--on compose: which file?', { hint: 'say --compose docker-compose.yml' });
  if (on === 'attach' && attach === undefined)
    throw new UserError('usage', 'no-project', '--on attach: which project?', { hint: 'say --attach PROJECT' });
  if (on === 'process' && system.node === undefined)
    throw new UserError('usage', 'no-process', `${system.name} does not run as local processes`, { hint: 'say --on docker' });
  return said ?? on ?? (endpoints !== undefined ? 'external' : whereItCan(system));
};

/** Where a system can run at all, when nobody said where. */
const whereItCan = ({ node, container, endpoints }: System): Provider['name'] =>
  node !== undefined ? 'process' : container !== undefined ? 'docker' : endpoints !== undefined ? 'external' : runDefaults.on;

/** What this table knows. A name that others know too (etcd's `reads=serializable`, the register's `reads=2`) is for those that take the value. */
const meantFor = (table: OptionTable, others: readonly OptionTable[], set: Options): Options =>
  Object.fromEntries(
    Object.entries(set).filter(([name, value]) => {
      const spec = table[name];
      return (
        spec !== undefined && (accepts(spec, value) || !others.some(other => other[name] !== undefined && accepts(other[name], value)))
      );
    }),
  );

const refuseUnoffered = (system: System, workload: Workload): void => {
  if (system.workloads.includes(workload.name) || system.workloads.includes(workload.judgedAs ?? workload.name)) return;
  throw new UserError('usage', 'unoffered-workload', `${system.name} does not say that it offers the operations of ${workload.name}`, {
    hint: `it offers ${system.workloads.join(', ')}; one of your own says so in its \`workloads\``,
  });
};

/** Only what a prefix can violate can be judged before the end. */
const refuseOffline = ({ model, online }: Checker, workload: Workload): void => {
  const name = workload.judgedAs ?? workload.name;
  if (online?.workloads.includes(name)) return;
  throw new UserError('usage', 'no-online-check', `--check-online: ${name} cannot be judged for ${model} while the run goes on`, {
    hint:
      online === undefined
        ? 'it can for --model linearizable; leave --check-online out, and the history is judged at the end'
        : `it can for ${online.workloads.join(', ')}; leave --check-online out, and the history is judged at the end`,
  });
};

/** A kernel that lacks something is the environment's fault; anything else was a wrong wish. */
const impossible = (fault: Fault, lacks: readonly Capability[], able: ReadonlySet<Capability>, provider: Provider): UserError =>
  lacks.includes('netem') && able.has('wires')
    ? new UserError('environment', 'no-netem', `--nemesis ${fault.kind}: the kernel of the Docker host has no netem (module sch_netem)`, {
        hint: `load it (modprobe sch_netem) or use a kernel that has it; latency, loss, drop and rate work without it`,
      })
    : new UserError('usage', 'impossible-fault', `--nemesis ${fault.kind} cannot be done to this system with --on ${provider.name}`, {
        hint: `it needs ${lacks.join(', ')}; there is ${[...able].join(', ') || 'nothing'}`,
      });

/** What was asked for by name must be possible; of the defaults and of `all`, only what is possible is meant. */
const possible = (
  faults: readonly Fault[],
  able: ReadonlySet<Capability>,
  provider: Provider,
  asked: RunConfig['nemesis'],
): readonly Fault[] => {
  const lacks = (fault: Fault): readonly Capability[] => fault.needs.filter(need => !able.has(need));
  if (asked !== undefined && !asked.includes('all'))
    for (const fault of faults) if (lacks(fault).length > 0) throw impossible(fault, lacks(fault), able, provider);
  return faults.filter(fault => lacks(fault).length === 0);
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
    systemOptions: resolveOptions(tables.system, meantFor(tables.system, [tables.workload], set)),
    workloadOptions: resolveOptions(tables.workload, meantFor(tables.workload, [tables.system], set)),
    faultOptions: resolveOptions(tables.faults, set),
  };
};
