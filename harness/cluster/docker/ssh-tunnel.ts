/**
 * A daemon on another machine, reached by the system's own `ssh` and its configuration: one connection that forwards a local socket.
 * (dockerode's own ssh makes a connection for every request, and checks no host keys.)
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { sleep } from '../../std/deadline.ts';
import { UserError } from '../../std/user-error.ts';
import { describeConnection, type EngineConnection } from './connection.ts';

export interface SshTunnel {
  /** The local socket. */
  readonly path: string;
  close(): void;
}

const deadlineMs = 20_000;

/** Resolves when the socket is there; throws a UserError `docker-unreachable` with ssh's own words when it is not. */
export const openSshTunnel = async (to: Extract<EngineConnection, { kind: 'ssh' }>): Promise<SshTunnel> => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-ssh-'));
  const path = join(folder, 'docker.sock');
  // The far end reads its input until there is none: when this process dies, however it dies, the pipe closes and the tunnel with it.
  const ssh = execa('ssh', [...optionsOf(to, path), to.destination, 'exec cat'], {
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    detached: true, // a Ctrl-C in the terminal must not cut the way to the containers that are still to be removed
    cleanup: false,
  });
  const close = (): void => {
    ssh.stdin.end();
    ssh.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  ssh.stdin.on('error', () => {}); // it ended: the calls that follow say so
  let ended = false;
  void ssh.then(() => (ended = true));
  for (const deadline = Date.now() + deadlineMs; !existsSync(path); await sleep(50)) {
    if (!ended && Date.now() < deadline) continue;
    close();
    const { stderr, shortMessage } = await ssh;
    throw new UserError(
      'environment',
      'docker-unreachable',
      `no way to the Docker daemon at ${describeConnection(to)}: ${stderr || shortMessage}`,
      {
        hint: `try \`ssh ${to.port === undefined ? '' : `-p ${to.port} `}${to.destination} true\`: it must work without a question`,
      },
    );
  }
  ssh.unref();
  return { path, close };
};

const optionsOf = (to: Extract<EngineConnection, { kind: 'ssh' }>, path: string): string[] => [
  ...[
    'BatchMode=yes',
    'ExitOnForwardFailure=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=15',
    'ControlMaster=no',
    'ControlPath=none',
  ].flatMap(option => ['-o', option]),
  ...(to.port === undefined ? [] : ['-p', `${to.port}`]),
  ...['-T', '-L', `${path}:${to.socket}`],
];
