/** A client program that runs: lines to its stdin, lines from its stdout, its stderr into a log. What it breaks, it breaks for all its connections. */
import { appendFileSync, existsSync } from 'node:fs';
import { execa } from 'execa';
import type { Failure } from '../history/event.ts';
import type { Guard } from '../protocol/guard.ts';
import { sleep } from '../std/deadline.ts';
import { messageOf, UserError } from '../std/user-error.ts';
import { type Answer, type Command, parseAnswer } from './messages.ts';

export interface ProgramProcess {
  readonly pid: number;
  /** Why nothing can be asked of it any more; undefined while it serves. */
  broken(): Failure | undefined;
  send(command: Command): void;
  /** Ends it: its stdin closes, and what is left of its process group after the grace is killed. */
  end(graceMs: number): Promise<void>;
}

export interface ProgramOptions {
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly guard: Guard | undefined;
  /** Where its stderr is appended; to ours where there is none. */
  readonly logFile: string | undefined;
  /** Throws an Error for an answer that nobody waits for: it breaks the program. */
  readonly onAnswer: (answer: Answer) => void;
  /** Told once. Whatever was asked and not answered has an unknown outcome. */
  readonly onBroken: (reason: Failure) => void;
}

/** Longer lines than this are no answers. */
const longestLine = 16 * 2 ** 20;
const lastWordsLines = 5;

/** Throws a UserError when it cannot be started at all. */
export const startProgram = async (options: ProgramOptions): Promise<ProgramProcess> => {
  const { command, guard } = options;
  const [file = '', ...args] = command;
  const child = execa(file, args, {
    detached: true, // a Ctrl-C in the terminal is for the controller alone
    cleanup: false, // the guard does that, also when the controller is killed
    reject: false,
    buffer: false,
    cwd: options.cwd,
    env: { ...options.env, ...guard?.env },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const { pid } = child;
  if (pid === undefined) throw cannotStart(options, (await child).cause);
  guard?.add(pid, `client program ${command.join(' ')}`);

  let reason: Failure | undefined;
  let exited = false;
  const words: string[] = [];
  const breakWith = (name: string, message: string): void => {
    if (reason !== undefined) return;
    reason = { name, message };
    killGroup(pid);
    options.onBroken(reason);
  };
  const hear = (line: string): void => {
    if (reason !== undefined || line.trim() === '') return;
    try {
      options.onAnswer(parseAnswer(line));
    } catch (thrown) {
      breakWith('client-program-protocol', `the client program wrote ${messageOf(thrown)}`);
    }
  };
  eachLine(child.stdout, hear, () =>
    breakWith('client-program-protocol', `the client program wrote a line of more than ${longestLine} bytes`),
  );
  eachLine(child.stderr, line => {
    if (words.push(line) > lastWordsLines) words.shift();
    log(options.logFile, `[${pid}] ${line}\n`);
  });
  child.stdin.on('error', () => {}); // it is gone: its exit says more
  const gone = new Promise<void>(resolve => {
    // `close` comes after everything that it wrote, `exit` may come before.
    child.once('close', (exitCode: number | null, signal: string | null) => {
      exited = true;
      guard?.remove(pid);
      const last = words.at(-1)?.trim();
      breakWith('client-program-died', `the client program ended with ${signal ?? `exit code ${exitCode}`}${last ? `: ${last}` : ''}`);
      resolve();
    });
  });
  return {
    pid,
    broken: () => reason,
    send: message => void child.stdin.write(`${JSON.stringify(message)}\n`),
    end: async graceMs => {
      child.stdin.end();
      const timer = new AbortController();
      await Promise.race([gone, sleep(graceMs, timer.signal)]);
      timer.abort();
      killGroup(pid); // also what it started and left
      if (!exited) await Promise.race([gone, sleep(graceMs)]);
    },
  };
};

const cannotStart = ({ command, cwd }: ProgramOptions, cause: unknown): UserError => {
  const where = cwd !== undefined && !existsSync(cwd) ? `, because the folder ${cwd} does not exist` : `: ${messageOf(cause)}`;
  return new UserError('environment', 'client-program-missing', `the client program ${command.join(' ')} cannot be started${where}`, {
    hint: 'install it, or correct the command of program([…]) in the config file',
    cause,
  });
};

/** A group of its own, so that what it started ends with it. */
const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
};

const eachLine = (stream: NodeJS.ReadableStream, hear: (line: string) => void, tooLong: () => void = () => {}): void => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) hear(line);
    if (rest.length > longestLine) {
      rest = '';
      tooLong();
    }
  });
  stream.on('end', () => rest !== '' && hear(rest));
};

/** A log that cannot be written loses lines, never the run. */
const log = (file: string | undefined, text: string): void => {
  if (file === undefined) return void process.stderr.write(text);
  try {
    appendFileSync(file, text);
  } catch {
    // A full disk; the last words are kept in memory.
  }
};
