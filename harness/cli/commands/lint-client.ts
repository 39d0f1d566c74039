/** `ordeal lint-client`: drives a client against a scripted server and reports the classic mistakes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { lintClient } from '../../client-lint/lint-client.ts';
import { type LintReport, mistakes } from '../../client-lint/report.ts';
import { subjectOf } from '../../client-lint/subject.ts';
import { program as clientProgram } from '../../client-program/program.ts';
import { createGuard } from '../../cluster/guard.ts';
import { resolveOptions } from '../../protocol/options.ts';
import { parseDuration } from '../../std/duration.ts';
import { UserError } from '../../std/user-error.ts';
import { loadConfig } from '../config.ts';
import { parseEndpoint } from '../endpoints.ts';
import { exitCode } from '../exit-codes.ts';
import { named, registriesWith } from '../registries.ts';
import { colours } from '../terminal.ts';

interface Flags {
  readonly system?: string;
  readonly at?: string;
  readonly workload?: string;
  readonly timeout: string;
  readonly config?: string;
  readonly json?: boolean;
}

export const addLintClientCommand = (program: Command): void => {
  program
    .command('lint-client')
    .description('drive a client against a scripted server and report the classic mistakes')
    .argument('[command...]', 'a client program, after --')
    .option(
      '--system <NAME>',
      'the client of this system, of ours or of the config file; with a command: whose errors say what is definite',
    )
    .option('--at <HOST:PORT>', 'a server that works, for good answers; it gets a few writes to keys of its own')
    .option('--workload <NAME>', "whose operations are asked (default: the system's first, or register)")
    .option('--timeout <TIME>', 'the deadline of one operation', '500ms')
    .option('--config <FILE>', 'read systems from this file (default: ordeal.config.ts, if there is one)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  ordeal lint-client --at 127.0.0.1:6379 -- python3 client.py       a program that speaks the client protocol
  ordeal lint-client --at 127.0.0.1:6379 --system my-store          the client of a system in ordeal.config.ts

Exit codes: 0 clean, 1 mistakes found, 4 the program is not there`,
    )
    .action(lint);
};

const lint = async (command: string[], flags: Flags): Promise<void> => {
  if (command.length === 0 && flags.system === undefined)
    throw new UserError('usage', 'no-client', 'lint-client: which client?', { hint: 'say -- COMMAND…, or --system NAME' });
  const registries = registriesWith(await loadConfig(flags.config));
  const system = flags.system === undefined ? undefined : named('system', registries.systems, item => item.name, flags.system);
  const workload = flags.workload ?? system?.workloads[0] ?? 'register';
  const timeoutMs = parseDuration(flags.timeout, '--timeout');
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-lint-'));
  const guard = createGuard(folder, () => {});
  const readOnly = registries.workloads.find(({ name }) => name === workload)?.readOnly ?? [];
  const errors = system?.errors ?? {};
  const context = { process: 0, nodes: ['n1'], workload, errors, readOnly, operationTimeoutMs: timeoutMs, guard: guard.guard };
  const subject = subjectOf({
    connect: command.length > 0 ? clientProgram(command) : system!.connect,
    options: resolveOptions(system?.options ?? {}, {}),
    errors: system?.errors,
    context,
    timeoutMs,
  });
  try {
    const report = await lintClient({
      subject,
      workload,
      upstream: flags.at === undefined ? undefined : parseEndpoint(flags.at),
      timeoutMs,
      onScenario: ({ name, status, reason }) => process.stderr.write(`${status.padEnd(8)}${name}${reason ? `: ${reason}` : ''}\n`),
    });
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    process.exitCode = report.clean ? exitCode.valid : exitCode.violation;
  } finally {
    await guard.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

const textOf = ({ findings, scenarios }: LintReport): string => {
  const lines = findings.map(({ level, mistake, scenario, detail }) => {
    const mark = level === 'mistake' ? colours.red('mistake') : colours.yellow('warning');
    return `${mark}  ${mistake}: ${mistakes[mistake]}\n         ${colours.dim(`${scenario}: ${detail}`)}`;
  });
  const skipped = scenarios.filter(({ status }) => status === 'skipped').length;
  const tried = `${scenarios.length - skipped} of ${scenarios.length} situations tried`;
  return `${[...lines, findings.length === 0 ? `no mistake found; ${tried}` : tried].join('\n')}\n`;
};
