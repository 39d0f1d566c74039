/** `ordeal list`: what there is to choose from, printed from the registries. */
import { Argument, type Command } from 'commander';
import { aliases } from '../../../checkers/models/registry.ts';
import type { OptionTable } from '../../protocol/options.ts';
import { loadConfig } from '../config.ts';
import { type Registries, registriesWith } from '../registries.ts';
import { colours } from '../terminal.ts';

export const listTopics = ['systems', 'workloads', 'nemeses', 'models'] as const;
type ListTopic = (typeof listTopics)[number];

export const addListCommand = (program: Command): void => {
  program
    .command('list')
    .description('systems, workloads, nemeses (faults) and models, with their options and bugs')
    .addArgument(new Argument('[topic]', 'only these').choices(listTopics))
    .option('--config <FILE>', 'a config file that registers more')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  ordeal list\n  ordeal list systems\n  ordeal list nemeses --json')
    .action(async (topic: ListTopic | undefined, options: { config?: string; json?: boolean }) => {
      list(topic ? [topic] : listTopics, registriesWith(await loadConfig(options.config)), options.json === true);
    });
};

export interface ListEntry {
  readonly name: string;
  readonly summary: string;
  readonly details: Readonly<Record<string, string>>;
}

export const entriesOf = (topic: ListTopic, registries: Registries): ListEntry[] => {
  switch (topic) {
    case 'systems':
      return registries.systems.map(system => ({
        name: system.name,
        summary: `${system.summary} Workloads: ${system.workloads.join(', ')}. Promises: ${system.claims.join(', ') || 'nothing that its description states'}.`,
        details: {
          ...Object.fromEntries(
            Object.entries(system.bugs).map(([bug, spec]) => [`--bug ${bug}`, `${spec.summary} Provoked by: --nemesis ${spec.provokedBy}`]),
          ),
          ...optionDetails(system.options, ''),
        },
      }));
    case 'workloads':
      return registries.workloads.map(workload => ({
        name: workload.name,
        summary: `${workload.summary} Models: ${workload.models.join(', ')}.`,
        details: optionDetails(workload.options, ''),
      }));
    case 'nemeses':
      return registries.faults.map(fault => ({
        name: fault.kind,
        summary: fault.summary,
        details: { 'needs of the place': fault.needs.join(', '), ...optionDetails(fault.options, `${fault.kind}.`) },
      }));
    case 'models':
      return registries.checkers.map(checker => ({
        name: checker.model,
        summary: `${checker.summary} Workloads: ${checker.workloads.map(withAliases).join(', ')}.`,
        details: {},
      }));
  }
};

/** The name, and in brackets the others that stand for it. */
const withAliases = (workload: string): string => {
  const others = Object.keys(aliases).filter(name => aliases[name] === workload);
  return others.length === 0 ? workload : `${workload} (${others.join(', ')})`;
};

const optionDetails = (table: OptionTable, prefix: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [
      `--set ${prefix}${name}=${spec.default}`,
      spec.choices ? `${spec.summary} One of ${spec.choices.join(', ')}.` : spec.summary,
    ]),
  );

const list = (topics: readonly ListTopic[], registries: Registries, json: boolean): void => {
  if (json) {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(topics.map(topic => [topic, entriesOf(topic, registries)])), null, 2)}\n`);
    return;
  }
  const sections = topics.map(topic => [colours.bold(topic), ...entriesOf(topic, registries).flatMap(describe)].join('\n'));
  process.stdout.write(`${sections.join('\n\n')}\n`);
};

const describe = ({ name, summary, details }: ListEntry): string[] => [
  `  ${colours.cyan(name)}  ${summary}`,
  ...Object.entries(details).map(([what, text]) => `      ${what}  ${colours.dim(text)}`),
];
