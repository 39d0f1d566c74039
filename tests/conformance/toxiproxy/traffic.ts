/** Upstreams, clients and bytes that prove themselves. Everything that is opened here is closed by `closeAll`. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const servers = new Set<Server>();
const sockets = new Set<Socket>();

export interface Upstream {
  readonly port: number;
  /** The next connection that arrives. */
  next(): Promise<Peer>;
}

/** One end of a connection, with all it has received. */
export class Peer {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  ended = false;
  error: NodeJS.ErrnoException | undefined;
  /** How many reads it took. */
  reads = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.add(socket);
    socket.on('data', chunk => {
      this.reads++;
      this.#size += chunk.length;
      this.#chunks.push(chunk);
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', error => {
      this.error = error;
    });
    socket.on('close', () => sockets.delete(socket));
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  write(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Resolves once so many bytes have come. */
  received(size: number, withinMs = 10_000): Promise<Buffer> {
    return until(`${size} bytes (have: ${this.#size})`, () => this.#size >= size, withinMs).then(() => this.bytes);
  }

  end(withinMs = 10_000): Promise<void> {
    return until('the end of the stream', () => this.ended, withinMs);
  }

  closed(withinMs = 10_000): Promise<void> {
    return until('the close of the connection', () => this.socket.closed, withinMs);
  }
}

/** An upstream that keeps its ends open until told (`allowHalfOpen`), and hands each connection to `onPeer`. */
export async function upstream(onPeer: (peer: Peer) => void = () => {}): Promise<Upstream> {
  const arrived: Peer[] = [];
  let taken = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const peer = new Peer(socket);
    arrived.push(peer);
    onPeer(peer);
  });
  servers.add(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const next = async () => {
    const mine = taken++;
    await until('a connection at the upstream', () => arrived.length > mine, 5000);
    return arrived[mine]!;
  };
  return { port: (server.address() as AddressInfo).port, next };
}

/** An upstream that sends back what it gets, and ends when the client ends. */
export const echo = (): Promise<Upstream> =>
  upstream(peer => {
    peer.socket.on('data', chunk => peer.socket.write(chunk));
    peer.socket.on('end', () => peer.socket.end());
  });

export async function client(port: number): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return new Peer(socket);
}

export async function closeAll(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await Promise.all([...servers].map(server => new Promise(resolve => server.close(resolve))));
  servers.clear();
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Polls every 2 ms; the error says what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await pause(2);
  }
}

export const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

export async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export const noise = (size: number): Buffer => randomBytes(size);
export const checksum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
