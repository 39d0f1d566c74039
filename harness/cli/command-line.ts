/** The command that repeats a run: every setting that shapes it, spelled out. */
import type { Options, OptionTable } from '../protocol/options.ts';
import type { RunPlan } from '../run/plan.ts';
import { optionsOfFaults, runDefaults } from './settings.ts';

export const repeatCommand = (plan: RunPlan, config?: string): string => {
  const nemesis = plan.faults.map(fault => fault.kind).join(',') || 'none';
  const flags: [string, string][] = [
    ...(config === undefined ? [] : [['--config', config] as [string, string]]),
    ['--system', plan.system.name],
    ...whereFlags(plan),
    ['--workload', plan.workload.name],
    ['--model', plan.model],
    ...plan.bugs.map(bug => ['--bug', bug] as [string, string]),
    ...plan.logPatterns.map(({ source }) => ['--log-pattern', source] as [string, string]),
    ['--nemesis', nemesis],
    ['--interval', `${plan.intervalMs}ms`],
    ['--time-limit', `${plan.timeLimitMs}ms`],
    ['--rate', String(plan.rate)],
    ['--concurrency', String(plan.concurrency)],
    ['--seed', String(plan.seed)],
    ...(plan.operationTimeoutMs === 1_000 ? [] : [['--operation-timeout', `${plan.operationTimeoutMs}ms`] as [string, string]]),
    ...changed(plan.systemOptions, plan.system.options),
    ...changed(plan.workloadOptions, plan.workload.options),
    ...changed(plan.faultOptions, optionsOfFaults(plan.faults)),
    ...(plan.toxiproxyUrl ? [['--toxiproxy', plan.toxiproxyUrl] as [string, string]] : []),
    ...(plan.store === runDefaults.store ? [] : [['--store', plan.store] as [string, string]]),
  ];
  const switches = plan.checkOnline ? ['--check-online'] : [];
  return ['npx ordeal run', ...flags.map(([flag, value]) => `${flag} ${quoted(value)}`), ...switches].join(' ');
};

const whereFlags = ({ provider, system, composeFile, project, nodes }: RunPlan): [string, string][] => [
  ...(composeFile !== undefined
    ? [['--compose', composeFile] as [string, string]]
    : project !== undefined
      ? [['--attach', project] as [string, string]]
      : provider.name === 'process'
        ? []
        : [['--on', provider.name] as [string, string]]),
  ...(provider.name === 'external' ? endpointFlags(system) : []),
  ...(provider.nodes === undefined ? [['--nodes', String(nodes.length)] as [string, string]] : []),
];

const endpointFlags = ({ endpoints = {}, clientPort }: RunPlan['system']): [string, string][] =>
  Object.entries(endpoints).flatMap(([node, ports]) =>
    Object.entries(ports).map(([name, { host, port }]): [string, string] => [
      '--endpoint',
      `${node}${name === clientPort ? '' : `/${name}`}=${host.includes(':') ? `[${host}]` : host}:${port}`,
    ]),
  );

const changed = (options: Options, table: OptionTable): [string, string][] =>
  Object.entries(options)
    .filter(([name, value]) => table[name]?.default !== value)
    .map(([name, value]) => ['--set', `${name}=${value}`]);

/** For a POSIX shell. */
const quoted = (text: string): string => (/^[\w.,:/=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
