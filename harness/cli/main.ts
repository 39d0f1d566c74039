#!/usr/bin/env node
/** The composition root: reads the command line, hands over to one command, turns what it throws into a message and an exit code. */
import { setMaxListeners } from 'node:events';
import { Command, CommanderError } from 'commander';
import { messageOf, UserError } from '../std/user-error.ts';
import { addCheckCommand } from './commands/check.ts';
import { addCleanCommand } from './commands/clean.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addListCommand } from './commands/list.ts';
import { addReportCommand } from './commands/report.ts';
import { addRunCommand } from './commands/run.ts';
import { addToxiproxyCommand } from './commands/toxiproxy.ts';
import { exitCode, exitCodeOfError } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';
import { errorColours } from './terminal.ts';
import { version } from './version.ts';

// One signal is heard by every link of a cluster at once; Node's warning is about leaks, at ten.
setMaxListeners(1_000);

const program = new Command('ordeal')
  .description('Puts a distributed system through faults and says, with evidence, which consistency promises it kept.')
  .version(version)
  .showHelpAfterError('(ordeal --help shows what there is)')
  .configureHelp({ sortSubcommands: false })
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
  addReportCommand,
  addDoctorCommand,
  addCleanCommand,
  addToxiproxyCommand,
])
  add(program);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what went wrong and what to do next; resolves to the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.valid : exitCode.usage;
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    return exitCode.interrupted;
  }
  const known = error instanceof UserError;
  process.stderr.write(`${errorColours.red('error')} ${messageOf(error)}\n`);
  if (known && error.hint) process.stderr.write(`  ${errorColours.dim('→')} ${error.hint}\n`);
  if (!known) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n  → this is a bug in Ordeal: please report it\n`);
  return exitCodeOfError(error);
}
