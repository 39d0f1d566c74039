/**
 * One proxy: listens, dials the upstream for every client, joins the two, and hangs its toxics into every connection.
 * It accepts before it has dialled, and reads nothing until both sides stand.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { formatTcpAddress, resolveTcpAddress, splitHostPort, type TcpAddress } from './address.ts';
import { Connection } from './connection.ts';
import { toxicAlreadyExists, toxicNotFound } from './errors.ts';
import { Intake, reopen, Source } from './intake.ts';
import type { Direction, Link } from './link.ts';
import type { Log } from './log.ts';
import type { ByteMetrics } from './metrics.ts';
import type { Random } from './random.ts';
import { parseAttributes, parseToxic, parseToxicUpdate, showToxic, type Toxic } from './toxic.ts';

/** What the proxies of one server share. */
export interface Surroundings {
  readonly metrics: ByteMetrics;
  readonly random: Random;
  /** Called for all bytes that arrive, of every proxy. */
  readonly onArrival: () => void;
  readonly log: Log;
}

export interface ProxyConfig {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}

/** Large enough that a fast sender is not paused for every chunk, small enough to bound what a slow reader costs. */
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000, highWaterMark: 256 * 1024 };

export class ToxicProxy {
  readonly name: string;
  /** As configured; once the proxy has listened, the address it got. */
  listen: string;
  upstream: string;
  readonly #surroundings: Surroundings;
  readonly #toxics: Record<Direction, Toxic[]> = { upstream: [], downstream: [] };
  readonly #connections = new Set<Connection>();
  readonly #dialling = new Set<Socket>();
  #server: Server | undefined;

  constructor({ name, listen, upstream }: ProxyConfig, surroundings: Surroundings) {
    this.name = name;
    this.listen = listen;
    this.upstream = upstream;
    this.#surroundings = surroundings;
  }

  get enabled(): boolean {
    return this.#server !== undefined;
  }

  /** Listens. Does nothing where it does already; throws with Go's words ("listen tcp 127.0.0.1:80: bind: permission denied"). */
  async start(): Promise<void> {
    if (this.enabled) return;
    const address = await resolveTcpAddress(this.listen).catch(error => {
      throw new Error(`listen tcp: ${error.message}`);
    });
    this.#server = await listenOn(address, client => this.#accept(client));
    this.#server.on('error', error =>
      this.#surroundings.log('warn', 'Error while accepting client', { proxy: this.name, error: error.message }),
    );
    this.listen = formatTcpAddress(boundAddress(this.#server));
  }

  /** Frees the port and closes every connection. Does nothing where it is stopped. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#dialling) socket.destroy();
    await closed;
  }

  /** True where the other configuration means another listener or upstream. Throws where its address is malformed. */
  async differs({ listen, upstream }: ProxyConfig): Promise<boolean> {
    return this.listen !== formatTcpAddress(await resolveTcpAddress(listen)) || this.upstream !== upstream;
  }

  async update(wanted: ProxyConfig & { readonly enabled: boolean }): Promise<void> {
    if (await this.differs(wanted)) {
      await this.stop();
      this.listen = wanted.listen;
      this.upstream = wanted.upstream;
    }
    if (wanted.enabled) await this.start();
    else await this.stop();
  }

  show() {
    const { name, listen, upstream, enabled } = this;
    // `Logger` is a field the real server forgot to hide; clients that compare whole bodies expect it.
    return { name, listen, upstream, enabled, Logger: {}, toxics: this.toxics.map(showToxic) };
  }

  get toxics(): readonly Toxic[] {
    return [...this.#toxics.upstream, ...this.#toxics.downstream];
  }

  toxic(name: string): Toxic {
    const found = this.toxics.find(each => each.name === name);
    if (found === undefined) throw toxicNotFound();
    return found;
  }

  addToxic(body: Buffer): Toxic {
    const toxic = parseToxic(body);
    if (this.toxics.some(each => each.name === toxic.name)) throw toxicAlreadyExists();
    toxic.attributes = parseAttributes(body, toxic.type);
    this.#toxics[toxic.direction].push(toxic);
    for (const link of this.#links(toxic.direction)) link.addToxic(toxic);
    return toxic;
  }

  updateToxic(name: string, body: Buffer): Toxic {
    const toxic = this.toxic(name);
    Object.assign(toxic, parseToxicUpdate(body, toxic));
    for (const link of this.#links(toxic.direction)) link.updateToxic(toxic);
    return toxic;
  }

  removeToxic(name: string): void {
    const toxic = this.toxic(name);
    this.#toxics[toxic.direction] = this.#toxics[toxic.direction].filter(each => each !== toxic);
    for (const link of this.#links(toxic.direction)) link.removeToxic(toxic);
  }

  resetToxics(): void {
    for (const { name } of this.toxics) this.removeToxic(name);
  }

  #links(direction: Direction): Link[] {
    return [...this.#connections].map(connection => connection.links[direction]);
  }

  #accept(accepted: Socket): void {
    const client = reopen(accepted, SOCKET_OPTIONS);
    const failed = (error: Error) => this.#surroundings.log('debug', 'Connection failed', { proxy: this.name, error: error.message });
    client.socket.on('error', failed);
    let upstream: Source;
    try {
      upstream = dial(this.upstream);
    } catch (error) {
      failed(error as Error);
      client.socket.destroy();
      return;
    }
    const { socket } = upstream;
    const giveUp = () => {
      this.#dialling.delete(socket);
      client.socket.destroy();
    };
    socket.on('error', failed);
    socket.once('close', giveUp);
    socket.once('connect', () => {
      socket.off('close', giveUp);
      this.#dialling.delete(socket);
      if (client.socket.destroyed) socket.destroy();
      else this.#join(client, upstream);
    });
    this.#dialling.add(socket);
  }

  #join(client: Source, upstream: Source): void {
    const { metrics, random, onArrival } = this.#surroundings;
    const counter = (direction: Direction) =>
      metrics.counter({ direction, proxy: this.name, listener: this.listen, upstream: this.upstream });
    const connection: Connection = new Connection({
      client,
      upstream,
      toxics: this.#toxics,
      counters: { upstream: counter('upstream'), downstream: counter('downstream') },
      random,
      onArrival,
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

/** Throws where the address is malformed; what goes wrong later is an 'error' of the socket. */
function dial(address: string): Source {
  const { host, port } = splitHostPort(address);
  if (!/^\d+$/.test(port) || Number(port) > 65_535) throw new Error(`dial tcp: address ${port}: invalid port`);
  const intake = new Intake();
  const socket = connect({ host: host === '' ? 'localhost' : host, port: Number(port), ...SOCKET_OPTIONS, onread: intake.onread });
  return new Source(socket, intake);
}

const EVERY_INTERFACE = new Set(['', '0.0.0.0', '::']);
const BIND_ERRORS: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

/** Every interface means IPv6 and IPv4 on one socket, as Go does it; IPv4 alone where the machine has no IPv6. */
async function listenOn(address: TcpAddress, onClient: (client: Socket) => void): Promise<Server> {
  const hosts = EVERY_INTERFACE.has(address.ip) ? ['::', '0.0.0.0'] : [address.ip];
  for (const host of hosts) {
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, onClient);
    try {
      server.listen({ host, port: address.port, backlog: 4096 });
      await once(server, 'listening');
      return server;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) continue;
      throw new Error(`listen tcp ${formatTcpAddress(address)}: bind: ${BIND_ERRORS[code ?? ''] ?? message}`);
    }
  }
  throw new Error(`listen tcp ${formatTcpAddress(address)}: no address family to listen on`);
}

function boundAddress(server: Server): TcpAddress {
  const { address, port } = server.address() as AddressInfo;
  return { ip: address === '0.0.0.0' ? '::' : address, port };
}
