/** Which Docker daemon is meant: DOCKER_HOST, then the docker context, then the usual socket, as the docker command decides it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../std/user-error.ts';

/** How a daemon is reached, as plain data: the watchdog is handed it and connects by itself. */
export type EngineConnection =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles }
  | { readonly kind: 'ssh'; readonly destination: string; readonly port?: number; readonly socket: string };

export interface TlsFiles {
  /** The folder that holds ca.pem, cert.pem and key.pem, as many of them as there are; none: the machine's own authorities. */
  readonly folder: string | undefined;
  readonly verify: boolean;
}

export interface DockerEnvironment {
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_CONTEXT?: string | undefined;
  readonly DOCKER_CONFIG?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
}

const usualSocket = '/var/run/docker.sock';

/** Throws a UserError where a context is named that is not there, or where an address makes no sense. */
export const resolveConnection = (
  env: DockerEnvironment = process.env as DockerEnvironment,
  home: string = homedir(),
): EngineConnection => {
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  if (env.DOCKER_HOST) return connectionTo(env.DOCKER_HOST, tlsOf(env, folder), 'DOCKER_HOST');
  const context = env.DOCKER_CONTEXT || currentContext(folder);
  if (context !== undefined && context !== 'default') return contextConnection(folder, context);
  const desktop = join(home, '.docker/run/docker.sock');
  return { kind: 'socket', path: existsSync(desktop) ? desktop : usualSocket };
};

/** For messages: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
export const describeConnection = (connection: EngineConnection): string => {
  if (connection.kind === 'socket') return `unix://${connection.path}`;
  if (connection.kind === 'tcp') return `tcp://${connection.host}:${connection.port}`;
  return `ssh://${connection.destination}${connection.port === undefined ? '' : `:${connection.port}`}`;
};

const tlsOf = (env: DockerEnvironment, folder: string): TlsFiles | undefined =>
  env.DOCKER_TLS_VERIFY || env.DOCKER_CERT_PATH
    ? { folder: env.DOCKER_CERT_PATH || folder, verify: Boolean(env.DOCKER_TLS_VERIFY) }
    : undefined;

const currentContext = (folder: string): string | undefined => {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { currentContext?: string }).currentContext || undefined;
  } catch (cause) {
    throw new UserError('environment', 'docker-config', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
};

/** The docker command keeps contexts in folders named after the SHA-256 of their names. */
const contextConnection = (folder: string, name: string): EngineConnection => {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts/meta', id, 'meta.json');
  if (!existsSync(file))
    throw new UserError('environment', 'docker-context', `there is no docker context "${name}" in ${join(folder, 'contexts')}`, {
      hint: 'list them with `docker context ls`, choose one with `docker context use NAME`, or set DOCKER_HOST',
    });
  const meta = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } };
  const { Host: host, SkipTLSVerify: skip = false } = meta.Endpoints?.docker ?? {};
  if (!host) throw new UserError('environment', 'docker-context', `the docker context "${name}" names no Docker host`);
  const tls = join(folder, 'contexts/tls', id, 'docker');
  const secured = existsSync(tls) || skip;
  return connectionTo(
    host,
    secured ? { folder: existsSync(tls) ? tls : undefined, verify: !skip } : undefined,
    `the docker context "${name}"`,
  );
};

const connectionTo = (address: string, tls: TlsFiles | undefined, from: string): EngineConnection => {
  const [, scheme = 'tcp', rest = ''] = /^(?:(\w+):\/\/)?(.*)$/.exec(address)!;
  if (scheme === 'unix' || scheme === 'npipe') return { kind: 'socket', path: rest || usualSocket };
  const parsed = URL.canParse(`${scheme}://${rest}`) ? new URL(`http://${rest}`) : undefined;
  if (!parsed?.hostname || !['tcp', 'http', 'https', 'ssh'].includes(scheme))
    throw new UserError('environment', 'docker-host', `${from} says "${address}", which is no address of a Docker daemon`, {
      hint: 'write unix:///path/docker.sock, tcp://host:2376 or ssh://user@host',
    });
  if (scheme === 'ssh') return sshConnection(parsed);
  const wanted = tls ?? (scheme === 'https' || parsed.port === '2376' ? { folder: undefined, verify: true } : undefined);
  // `http:` drops its own default port when it parses.
  const port = Number(parsed.port || (rest.includes(':80') ? 80 : wanted ? 2376 : 2375));
  return { kind: 'tcp', host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port, ...(wanted && { tls: wanted }) };
};

const sshConnection = ({ username, hostname, port, pathname }: URL): EngineConnection => ({
  kind: 'ssh',
  destination: username ? `${decodeURIComponent(username)}@${hostname}` : hostname,
  ...(port && { port: Number(port) }),
  socket: pathname.length > 1 ? pathname : usualSocket,
});
