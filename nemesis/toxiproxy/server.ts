/**
 * The life of a server: an HTTP listener before the API, and the proxies behind it.
 * `startToxiproxy` is for programs; `runToxiproxyServer` is the command line, from flags to exit code.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatTcpAddress, resolveTcpAddress } from './address.ts';
import { type Api, type ApiResponse, createApi, TOXIPROXY_VERSION } from './api.ts';
import { busyPoll } from './busy-poll.ts';
import { ProxyCollection } from './collection.ts';
import { type Flags, parseFlags, USAGE, UsageError } from './flags.ts';
import { jsonLog, type Log, silentLog } from './log.ts';
import { ByteMetrics, runtimeMetrics } from './metrics.ts';
import { seededRandom } from './random.ts';

export interface ToxiproxyOptions {
  readonly host?: string;
  /** 0 for a free one. */
  readonly port?: number;
  /** A JSON file with proxies to create. A file that cannot be used is logged, as the real server does, and stops nothing. */
  readonly config?: string;
  readonly seed?: number;
  /** On unless switched off. */
  readonly proxyMetrics?: boolean;
  readonly runtimeMetrics?: boolean;
  readonly log?: Log;
}

export interface RunningToxiproxy {
  /** `http://127.0.0.1:8474` */
  readonly url: string;
  /** `127.0.0.1:8474` */
  readonly address: string;
  /** Closes the API, every proxy and every connection; again is harmless. */
  close(): Promise<void>;
}

/** The API's address cannot be listened on. */
export class ListenError extends Error {}

/** Throws ListenError. */
export async function startToxiproxy(options: ToxiproxyOptions = {}): Promise<RunningToxiproxy> {
  const { host = 'localhost', port = 8474, log = silentLog } = options;
  const bytes = new ByteMetrics();
  const random = seededRandom(options.seed ?? Date.now());
  const proxies = new ProxyCollection({ metrics: bytes, random, onArrival: busyPoll(), log });
  const api = createApi(proxies, await metricsPage(options, bytes));
  const server = createServer((request, response) => void serve(api, request, response));
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 15_000;
  await listen(server, host, port);
  server.on('error', error => log('warn', 'Error while accepting an API client', { error: error.message }));
  if (options.config) await populateFrom(options.config, proxies, log);
  const bound = server.address() as AddressInfo;
  const address = formatTcpAddress({ ip: bound.address, port: bound.port });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown(server, proxies);
    return closing;
  };
  return { url: `http://${address}`, address, close };
}

const EXIT = { ok: 0, environment: 4, usage: 64 } as const;

/** Runs until SIGTERM or SIGINT. Resolves to the exit code: 0, 4 (the address cannot be had) or 64 (a flag was not understood). */
export async function runToxiproxyServer(argv: readonly string[]): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n${USAGE}`);
    return EXIT.usage;
  }
  if (flags.help || flags.version) {
    process.stdout.write(flags.help ? USAGE : `toxiproxy-server version ${TOXIPROXY_VERSION}\n`);
    return EXIT.ok;
  }
  return serveUntilSignal(flags);
}

async function serveUntilSignal(flags: Flags): Promise<number> {
  const log = jsonLog(line => process.stdout.write(line));
  const signal = firstSignal();
  try {
    const server = await startToxiproxy({ ...flags, log });
    log('info', `Toxiproxy listens on ${server.url}`, { version: TOXIPROXY_VERSION, address: server.address });
    log('debug', 'Shutdown started', { signal: await signal });
    await server.close();
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.environment;
  }
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
}

async function metricsPage(options: ToxiproxyOptions, bytes: ByteMetrics): Promise<(() => Promise<string>) | undefined> {
  const { proxyMetrics = true, runtimeMetrics: wantsRuntime = false } = options;
  if (!proxyMetrics && !wantsRuntime) return undefined;
  const runtime = wantsRuntime ? await runtimeMetrics() : async () => '';
  return async () => (await runtime()) + (proxyMetrics ? bytes.render() : '');
}

async function populateFrom(file: string, proxies: ProxyCollection, log: Log): Promise<void> {
  try {
    const { proxies: made, error } = await proxies.populate(await readFile(file));
    if (error !== undefined) throw error;
    log('debug', 'Populated proxies from file', { config: file, proxies: made.length });
  } catch (error) {
    log('error', 'Failed to populate proxies from file', { config: file, error: (error as Error).message });
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    const { ip } = await resolveTcpAddress(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
    server.listen({ port, host: ip === '' ? '::' : ip });
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(`Cannot listen on ${host}:${port}: ${listenProblem(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function listenProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'the port is in use. End its owner, or choose another with --port (0 takes a free one).';
  if (code === 'EACCES') return 'permission denied. Ports below 1024 need privileges; choose another with --port.';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address. Choose another with --host.';
  return message;
}

async function shutDown(server: Server, proxies: ProxyCollection): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await proxies.clear();
  await closed;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

async function serve(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { Connection: 'close' }).end();
    return;
  }
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const answer = await api({ method: request.method ?? 'GET', path, userAgent: request.headers['user-agent'] ?? '', body });
  send(response, answer);
}

/** The whole body; undefined where it is too large or the client went away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: ApiResponse): void {
  const bytes = Buffer.from(body);
  const length = status === 204 ? {} : { 'Content-Length': bytes.length };
  response.removeHeader('Connection'); // persistent by default, said by nobody, as in Go
  response.writeHead(status, { ...headers, ...length }).end(bytes);
}
