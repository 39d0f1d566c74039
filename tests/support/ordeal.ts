/** Drives the built command line as a user does, and looks for what it may have left behind. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { builtPath } from '../../harness/std/paths.ts';

export interface Finished {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export const scratchFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'ordeal-e2e-')));

/** Starts `ordeal` in a folder; nothing rejects, whatever it exits with. */
export const startOrdeal = (args: readonly string[], options: StartOptions): ResultPromise<{ reject: false }> =>
  execa(process.execPath, [builtPath('harness/cli/main'), ...args], {
    cwd: options.cwd,
    input: options.input ?? '',
    reject: false,
    env: { NO_COLOR: '1', ...options.env },
  });

export const ordeal = async (args: readonly string[], options: StartOptions): Promise<Finished> => {
  const { exitCode, stdout, stderr } = await startOrdeal(args, options);
  return { exitCode, stdout, stderr };
};

/** Processes whose command line names this folder: nodes, proxies and watchdogs of runs stored in it. */
export const processesOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(pid => commandLineOf(pid))
    .filter(command => command.includes(folder));

const commandLineOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended between the two looks
  }
};

/** Resolves when `holds`, or rejects with what was waited for. */
export const eventually = async (what: string, holds: () => boolean, timeoutMs: number): Promise<void> => {
  const until = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`after ${timeoutMs} ms still not: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};
