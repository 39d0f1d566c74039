/** The compose command of this machine: `docker compose`, or `docker-compose` where only that is there. */
import { dirname } from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../../std/user-error.ts';

export interface ComposeCommand {
  readonly version: string;
  /** Resolves to its stdout. Throws a UserError that quotes what it said. */
  run(args: readonly string[], signal?: AbortSignal): Promise<string>;
}

/** For the file and, once there is one, the project and the second file. The environment decides about the Docker host, as it does for us. */
export interface ComposeScope {
  readonly file: string;
  readonly override?: string;
  readonly project?: string;
}

export const findCompose = async (scope: ComposeScope): Promise<ComposeCommand> => {
  const candidates: readonly (readonly string[])[] = [['docker', 'compose'], ['docker-compose']];
  for (const [file = '', ...first] of candidates) {
    const { exitCode, stdout } = await execa(file, [...first, 'version', '--short'], { reject: false, stdin: 'ignore' });
    if (exitCode !== 0) continue;
    const env = await builderEnvironment();
    return { version: stdout.trim(), run: (args, signal) => call(file, [...first, ...scopeArgs(scope), ...args], env, signal) };
  }
  throw new UserError('environment', 'compose-missing', 'neither `docker compose` nor `docker-compose` is here', {
    hint: 'install one of them (Debian: `apt-get install docker-compose`), or start the project elsewhere and use --attach PROJECT',
  });
};

const scopeArgs = ({ file, override, project }: ComposeScope): string[] => [
  ...(project === undefined ? [] : ['-p', project]),
  ...['-f', file],
  ...(override === undefined ? [] : ['-f', override, '--project-directory', dirname(file)]),
];

/** Without the buildx plugin only the classic builder works. */
const builderEnvironment = async (): Promise<Record<string, string>> => {
  const { exitCode } = await execa('docker', ['buildx', 'version'], { reject: false, stdin: 'ignore' });
  return exitCode === 0 ? {} : { DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' };
};

const call = async (
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string> => {
  const options = { reject: false, stdin: 'ignore', env, detached: true, ...(signal ? { cancelSignal: signal } : {}) } as const;
  const { exitCode, stdout, stderr, shortMessage } = await execa(file, args, options);
  signal?.throwIfAborted();
  if (exitCode === 0) return stdout;
  throw composeError(args, stderr || stdout || shortMessage || '');
};

/** Exported for its test. */
export const composeError = (args: readonly string[], said: string): UserError => {
  const words = said.trim().split('\n').slice(-12).join('\n');
  const verb = args.find(arg => ['config', 'build', 'up'].includes(arg)) ?? 'compose';
  if (/port is already allocated|address already in use/i.test(said))
    return new UserError('environment', 'port-in-use', `a port that the compose file publishes is in use:\n${words}`, {
      hint: 'end what listens there, or publish no fixed port: the nodes are reached without it',
    });
  if (verb === 'config') return new UserError('usage', 'bad-compose-file', `the compose file is not valid:\n${words}`);
  return new UserError('environment', `compose-${verb}-failed`, `compose ${verb} failed:\n${words}`);
};
