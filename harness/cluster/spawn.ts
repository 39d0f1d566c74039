/** Starts one long-lived child: its own process group, its output straight into files, on the watchdog's lease from the first moment. */
import { closeSync, openSync } from 'node:fs';
import { execa } from 'execa';
import { sleep } from '../std/deadline.ts';
import { messageOf, UserError } from '../std/user-error.ts';
import { send } from './watchdog/process-id.ts';
import type { Watchdog } from './watchdog/watchdog.ts';

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface Child {
  readonly pid: number;
  /** Resolves when the kernel has reported the end. */
  readonly exited: Promise<Exit>;
  /** Undefined while it lives. */
  exit(): Exit | undefined;
  /** To its whole group; false when nobody is left to receive it. */
  signal(name: NodeJS.Signals): boolean;
  /** Resolves to whether it was gone within this time. */
  goneWithin(ms: number): Promise<boolean>;
}

export interface ChildSpec {
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Throws a UserError when the command cannot be started at all. */
export const spawnChild = async (spec: ChildSpec, watchdog: Watchdog): Promise<Child> => {
  const files = [openLog(spec, spec.stdout), openLog(spec, spec.stderr)] as const;
  const child = execa(spec.command, spec.args, {
    detached: true, // a Ctrl-C in the terminal is for the controller alone
    cleanup: false, // the watchdog does that, also when the controller is killed
    reject: false,
    buffer: false,
    cwd: spec.cwd,
    env: { ...spec.env, ...watchdog.env },
    stdin: 'ignore',
    stdout: files[0] as 3, // any descriptor will do; execa's types know only the first few
    stderr: files[1] as 3,
  });
  const { pid } = child;
  if (pid !== undefined) watchdog.add(pid, spec.label);
  for (const file of files) closeSync(file);
  if (pid === undefined) {
    const { cause } = await child;
    throw new UserError('environment', 'cannot-start', `${spec.label} cannot be started: ${spec.command}: ${messageOf(cause)}`, { cause });
  }

  let exit: Exit | undefined;
  const exited = new Promise<Exit>(resolve => {
    child.once('exit', (exitCode, signal) => {
      exit = { exitCode, signal };
      watchdog.remove(pid);
      resolve(exit);
    });
  });
  return {
    pid,
    exited,
    exit: () => exit,
    signal: name => exit === undefined && send(-pid, name),
    goneWithin: async ms => {
      if (exit !== undefined) return true;
      const timer = new AbortController();
      await Promise.race([exited, sleep(ms, timer.signal)]);
      timer.abort();
      return exit !== undefined;
    },
  };
};

const openLog = ({ label }: ChildSpec, file: string): number => {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new UserError('environment', 'log-not-writable', `the log of ${label} cannot be written: ${messageOf(cause)}`, {
      hint: 'make room on the disk, or choose another folder with --store',
      cause,
    });
  }
};

/** `exit code 3` or `signal SIGSEGV`. */
export const describeExit = ({ exitCode, signal }: Exit): string => (signal === null ? `exit code ${exitCode}` : `signal ${signal}`);
