/** The way to a Docker daemon: connects, says clearly why it cannot, and turns the daemon's refusals into errors that help. */
import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import Docker from 'dockerode';
import { within } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { describeConnection, type EngineConnection, resolveConnection, type TlsFiles } from './connection.ts';
import { openSshTunnel, type SshTunnel } from './ssh-tunnel.ts';

export interface Engine {
  readonly docker: Docker;
  readonly describe: {
    readonly version: string;
    readonly apiVersion: string;
    readonly host: string;
    /** As Go and image registries name it: `amd64`, `arm64`. */
    readonly architecture: string;
  };
  /** Plain data: another process connects to the same daemon by `connectEngine(connection)`. */
  readonly connection: EngineConnection;
  close(): void;
}

const answerMs = 15_000;

/**
 * Connects to the daemon that the docker command would use, and asks its version. Throws a UserError `docker-missing`, `docker-permission`
 * or `docker-unreachable` that names the address.
 */
export const connectEngine = async (connection: EngineConnection = resolveConnection()): Promise<Engine> => {
  const host = describeConnection(connection);
  const [direct, tunnel] = await throughTunnel(connection);
  try {
    const docker = clientOf(direct);
    const { Version: version, ApiVersion: apiVersion, Arch: architecture } = await versionOf(docker, within(answerMs));
    return { docker, describe: { version, apiVersion, host, architecture }, connection, close: () => tunnel?.close() };
  } catch (thrown) {
    tunnel?.close();
    throw connectionError(thrown, host);
  }
};

type Direct = Exclude<EngineConnection, { kind: 'ssh' }>;

const throughTunnel = async (connection: EngineConnection): Promise<[Direct, SshTunnel?]> => {
  if (connection.kind !== 'ssh') return [connection];
  const tunnel = await openSshTunnel(connection);
  return [{ kind: 'socket', path: tunnel.path }, tunnel];
};

const versionOf = async (docker: Docker, signal: AbortSignal): Promise<Docker.DockerVersion> => {
  const late = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  return Promise.race([docker.version(), late]);
};

const clientOf = (connection: Direct): Docker => {
  // Named even where undefined: docker-modem would fill in what it makes of DOCKER_HOST, which knows nothing of contexts.
  const nothing = { host: undefined, port: undefined, socketPath: undefined, ca: undefined, cert: undefined, key: undefined };
  if (connection.kind === 'socket') return newClient({ ...nothing, protocol: 'http', socketPath: connection.path });
  const { host, port, tls } = connection;
  if (tls === undefined) return newClient({ ...nothing, protocol: 'http', host, port });
  return newClient({ ...nothing, protocol: 'https', host, port, agent: agentOf(tls) });
};

/** docker-modem reads DOCKER_HOST whatever it is told, and throws on one that it cannot parse. */
const newClient = (options: Docker.DockerOptions & { agent?: Agent }): Docker => new Docker(options);

const agentOf = ({ folder, verify }: TlsFiles): Agent => {
  const read = (name: string): Buffer | undefined =>
    folder !== undefined && existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined;
  return new Agent({ ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), rejectUnauthorized: verify, keepAlive: true });
};

const howToGetOne =
  'install a Docker engine and start it (docs/docker.md says how, also without a registry), or point DOCKER_HOST or a docker context at one';

/** Why no daemon answers at this address. Exported for its test. */
export const connectionError = (thrown: unknown, host: string): UserError => {
  if (thrown instanceof UserError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  const error = (name: string, message: string, hint: string): UserError =>
    new UserError('environment', name, message, { hint, cause: thrown });
  if (code === 'ENOENT') return error('docker-missing', `there is no Docker daemon at ${host}: the socket does not exist`, howToGetOne);
  if (code === 'EACCES' || code === 'EPERM')
    return error(
      'docker-permission',
      `no permission to use the Docker daemon at ${host}`,
      'add yourself to the group docker (`sudo usermod -aG docker $USER`, then log in again), or run as root',
    );
  return error(
    'docker-unreachable',
    `the Docker daemon at ${host} does not answer: ${messageOf(thrown)}`,
    'start it (`sudo systemctl start docker`, or dockerd by hand), or point DOCKER_HOST or a docker context at one that runs',
  );
};

/** The status that the daemon answered with; undefined where it did not answer at all. */
export const statusOf = (thrown: unknown): number | undefined => (thrown as { statusCode?: number } | undefined)?.statusCode;

/** What the daemon itself said, without the phrase that dockerode makes up from the status. */
export const daemonWords = (thrown: unknown): string => {
  const { json } = (thrown ?? {}) as { json?: { message?: unknown } };
  return (typeof json?.message === 'string' ? json.message : messageOf(thrown)).trim();
};

/** `what` was tried and the daemon refused it or was not there. A UserError passes as it is. */
export const dockerError = (thrown: unknown, what: string): UserError => {
  if (thrown instanceof UserError) return thrown;
  const words = daemonWords(thrown);
  if (/port is already allocated|address already in use/i.test(words))
    return new UserError('environment', 'port-in-use', `${what}: ${words}`, { hint: 'end what listens there', cause: thrown });
  const code = statusOf(thrown) === undefined ? 'docker-unreachable' : 'docker-refused';
  return new UserError('environment', code, `${what}: ${words}`, { cause: thrown });
};

/** The result, or undefined where the daemon says that it is not there (404), is so already (304), or is being removed (409). */
export const ifThere = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (thrown) {
    const gone = [304, 404].includes(statusOf(thrown) ?? 0) || /is already in progress/.test(daemonWords(thrown));
    if (gone) return undefined;
    throw thrown;
  }
};
