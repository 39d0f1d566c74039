/** `ordeal doctor`: what this machine can do, and how to get the rest. */
import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism, freemem, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Command } from 'commander';
import { colours } from '../terminal.ts';
import { dockerFindings } from './doctor-docker.ts';

export interface Finding {
  readonly name: string;
  /** `missing` things are only needed for what `for` says. */
  readonly status: 'ok' | 'missing' | 'broken';
  readonly detail: string;
  readonly for: string;
  readonly fix?: string;
}

export const addDoctorCommand = (program: Command): void => {
  program
    .command('doctor')
    .description('what this machine can do, and how to get the rest')
    .option('--prepare', 'first make the images that containers need, where they are not there yet')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  ordeal doctor\n  ordeal doctor --prepare\n  ordeal doctor --json')
    .action(async (options: { json?: boolean; prepare?: boolean }) => {
      process.exitCode = await doctor(options);
    });
};

const doctor = async (options: { json?: boolean; prepare?: boolean }): Promise<number> => {
  const findings = [
    nodeVersion(),
    machine(),
    processControl(),
    program('toxiproxy-server', toxiproxyUse, toxiproxyFix),
    chromium(),
    ...(await dockerFindings(options.prepare === true)),
  ];
  if (options.json) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
  else process.stdout.write(`${findings.map(describe).join('\n')}\n`);
  return findings.some(finding => finding.status === 'broken') ? 4 : 0;
};

const describe = ({ name, status, detail, for: use, fix }: Finding): string => {
  const mark = { ok: colours.green('ok     '), missing: colours.yellow('missing'), broken: colours.red('broken ') }[status];
  const rest = status === 'ok' ? '' : `\n          needed for ${use}${fix ? `\n          to get it: ${fix}` : ''}`;
  return `${mark}  ${name}: ${detail}${rest}`;
};

const nodeVersion = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node.js',
    status: enough ? 'ok' : 'broken',
    detail: process.version,
    for: 'everything',
    fix: 'install Node.js 20.19 or newer',
  };
};

const machine = (): Finding => {
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  return {
    name: 'machine',
    status: 'ok',
    detail: `${availableParallelism()} cores, ${gib(freemem())} of ${gib(totalmem())} GiB free, ${process.platform} ${release()}`,
    for: 'everything',
  };
};

const processControl = (): Finding => ({
  name: 'process clusters',
  status: existsSync('/proc/self/stat') ? 'ok' : 'broken',
  detail: existsSync('/proc/self/stat') ? 'signals and /proc are there: kill, pause and their proofs work' : 'no /proc on this system',
  for: '--on process',
  fix: 'run on Linux',
});

const toxiproxyUse = 'runs through the real Toxiproxy (--toxiproxy URL); the embedded one serves without it';
const toxiproxyFix = 'go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';

const program = (name: string, use: string, fix: string): Finding => {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(isExecutable);
  return { name, status: found ? 'ok' : 'missing', detail: found ?? 'not on PATH', for: use, fix };
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const chromium = (): Finding => {
  const found = [process.env.ORDEAL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    path => path !== undefined && isExecutable(path),
  );
  return {
    name: 'Chromium',
    status: found ? 'ok' : 'missing',
    detail: found ?? 'not found',
    for: 'the browser tests of the report',
    fix: 'install the package chromium, or set ORDEAL_CHROMIUM',
  };
};
