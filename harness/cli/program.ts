/** The command line as data: every command with its flags and examples. Nothing is run here. */
import { Command } from 'commander';
import { addCheckCommand } from './commands/check.ts';
import { addCleanCommand } from './commands/clean.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addInitCommand } from './commands/init.ts';
import { addLintClientCommand } from './commands/lint-client.ts';
import { addListCommand } from './commands/list.ts';
import { addReportCommand } from './commands/report.ts';
import { addRunCommand } from './commands/run.ts';
import { addToxiproxyCommand } from './commands/toxiproxy.ts';
import { version } from './version.ts';

export const createProgram = (): Command => {
  const program = new Command('ordeal')
    .description('Puts a distributed system through faults and says, with evidence, which consistency promises it kept.')
    .version(version)
    .showHelpAfterError('(ordeal --help shows what there is)')
    .configureHelp({ sortSubcommands: false })
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  ordeal run                                                  five Raft nodes, faults, verdict, report
  ordeal run --system raft --bug stale-read --nemesis partition --seed 7
  ordeal check history.jsonl --workload register --model linearizable
  ordeal list systems                                         what can be tested, and its known bugs

Exit codes: 0 valid, 1 violation, 2 unknown, 3 budget missed, 4 environment failed, 64 usage, 65 bad input, 130 interrupted`,
    );

  for (const add of [
    addRunCommand,
    addCheckCommand,
    addListCommand,
    addInitCommand,
    addLintClientCommand,
    addReportCommand,
    addDoctorCommand,
    addCleanCommand,
    addToxiproxyCommand,
  ])
    add(program);
  for (const command of program.commands) command.exitOverride();
  return program;
};
