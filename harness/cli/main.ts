#!/usr/bin/env node
/** The composition root: reads the command line, hands over to one command, turns what it throws into a message and an exit code. */
import { setMaxListeners } from 'node:events';
import { CommanderError } from 'commander';
import { messageOf, UserError } from '../std/user-error.ts';
import { exitCode, exitCodeOfError } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';
import { createProgram } from './program.ts';
import { errorColours } from './terminal.ts';

// One signal is heard by every link of a cluster at once; Node's warning is about leaks, at ten.
setMaxListeners(1_000);

// Whoever reads may leave early (`| head -1`); a verdict that could not be written is another matter. Node would exit with 1, a violation.
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`cannot write to standard output: ${error.message}\n`);
  process.exitCode = exitCode.environment;
});
process.on('uncaughtException', error => process.exit(explain(error)));

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
  if (process.argv.includes('--json') && process.exitCode !== exitCode.valid) answerInJson(error, process.exitCode);
}

/** `--json` promises one document on stdout, also when there is no verdict. */
function answerInJson(error: unknown, code: number): void {
  const hint = error instanceof UserError ? error.hint : undefined;
  process.stdout.write(
    `${JSON.stringify({ valid: 'unknown', error: messageOf(error), ...(hint && { hint }), exitCode: code }, null, 2)}\n`,
  );
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
