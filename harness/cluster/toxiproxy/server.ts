/** The embedded Toxiproxy server as a child process: started on a free loopback port, watched, ended. */
import { join } from 'node:path';
import { sleep } from '../../std/deadline.ts';
import { builtPath } from '../../std/paths.ts';
import { UserError } from '../../std/user-error.ts';
import { releasePorts, reservePorts } from '../ports.ts';
import { describeExit, type Exit, spawnChild } from '../spawn.ts';
import { readTail } from '../tail.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import { createToxiproxyApi } from './api.ts';

export interface ToxiproxyServer {
  readonly url: string;
  readonly port: number;
  /** Undefined where it went; otherwise what is still there. */
  close(): Promise<string | undefined>;
}

export interface ToxiproxyServerOptions {
  readonly watchdog: Watchdog;
  /** Where its output goes: `toxiproxy.log`. */
  readonly folder: string;
  /** Told when the server ends although nobody asked it to. */
  readonly onExit: (exit: Exit & { readonly lastWords: string }) => void;
  /** The port of a server that has ended, to take its place; by default a free one. */
  readonly port?: number;
  readonly deadlineMs?: number;
}

/** Resolves when the server answers; throws a UserError that quotes its last words when it does not. */
export const startToxiproxyServer = async (options: ToxiproxyServerOptions): Promise<ToxiproxyServer> => {
  const { watchdog, folder, deadlineMs = 10_000 } = options;
  const port = options.port ?? (await reservePorts(1))[0]!;
  const log = join(folder, 'toxiproxy.log');
  const args = [builtPath('nemesis/toxiproxy/main'), '--host', '127.0.0.1', '--port', `${port}`, '--proxy-metrics'];
  const child = await spawnChild({ label: 'Toxiproxy', command: process.execPath, args, cwd: folder, stdout: log, stderr: log }, watchdog);

  let up = false;
  void child.exited.then(exit => {
    if (!up) releasePorts([port]);
    else options.onExit({ ...exit, lastWords: readTail(log) });
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<string | undefined> => {
    up = false;
    child.signal('SIGKILL');
    return (await child.goneWithin(2000)) ? undefined : `Toxiproxy (pid ${child.pid}) did not end`;
  };

  const api = createToxiproxyApi(url, 500);
  const deadline = Date.now() + deadlineMs;
  while (child.exit() === undefined && Date.now() < deadline) {
    up = await api.version().then(Boolean, () => false);
    if (up) return { url, port, close };
    await sleep(20);
  }
  const exit = child.exit();
  await close();
  const what = exit === undefined ? `did not answer within ${deadlineMs} ms` : `ended with ${describeExit(exit)}`;
  throw new UserError('environment', 'toxiproxy-died', `the embedded Toxiproxy ${what} on port ${port}:\n${readTail(log)}`, {
    hint: `its whole output is in ${log}`,
  });
};
