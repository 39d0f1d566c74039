/**
 * Ways from this machine to any address of the run's networks, through the gateway's relay (SOCKS 5, RFC 1928 and 1929): container addresses
 * need not be reachable from here.
 */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../protocol/system.ts';
import { messageOf } from '../../../std/user-error.ts';

export interface Relay extends Endpoint {
  readonly user: string;
  readonly password: string;
}

/** A connection to the target, made by the relay. Rejects when nobody listens there: unlike a proxy, the relay dials before it answers. */
export const dialThrough = async (relay: Relay, target: Endpoint, signal?: AbortSignal): Promise<Socket> => {
  const socket = createConnection({ host: relay.host, port: relay.port, noDelay: true, allowHalfOpen: true });
  const abort = (): void => void socket.destroy(new Error('no answer in time'));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    await shakeHands(socket, relay, target);
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new Error(`${target.host}:${target.port}: ${messageOf(cause)}`, { cause });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
};

const shakeHands = async (socket: Socket, relay: Relay, { host, port }: Endpoint): Promise<void> => {
  const say = (...bytes: number[]): void => void socket.write(Buffer.from(bytes));
  await once(socket, 'connect');
  say(5, 1, 2);
  if ((await take(socket, 2))[1] !== 2) throw new Error('the relay does not know passwords');
  say(1, relay.user.length, ...Buffer.from(relay.user), relay.password.length, ...Buffer.from(relay.password));
  if ((await take(socket, 2))[1] !== 0) throw new Error('the relay refused the password');
  say(5, 1, 0, 1, ...host.split('.').map(Number), port >> 8, port & 255);
  const [, reply] = await take(socket, 10);
  if (reply !== 0) throw new Error(replies[reply!] ?? `the relay says ${reply}`);
};

const replies: Readonly<Record<number, string>> = {
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'connection timed out',
};

/** Exactly so many bytes; what comes behind them stays in the stream. */
const take = async (socket: Socket, bytes: number): Promise<Buffer> => {
  for (;;) {
    const chunk = socket.read(bytes) as Buffer | null;
    if (chunk !== null && chunk.length === bytes) return chunk;
    if (socket.readableEnded || socket.destroyed || chunk !== null) throw socket.errored ?? new Error('connection closed');
    await readableOrOver(socket);
  }
};

const readableOrOver = (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    const events = ['readable', 'end', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) socket.removeListener(event, done);
      resolve();
    };
    for (const event of events) socket.on(event, done);
  });

export interface Tunnel {
  /** On this machine's loopback. */
  readonly address: Endpoint;
  close(): void;
}

/** A port of this machine that leads to the target, wherever that is when somebody connects. */
export const openTunnel = (relay: Relay, target: () => Endpoint | undefined): Promise<Tunnel> =>
  openDoor(signal => {
    const at = target();
    if (at === undefined) throw new Error('there is no such address now');
    return dialThrough(relay, at, signal);
  });

/** A port of this machine; what is behind it is opened anew for each connection. */
export const openDoor = async (dial: (signal: AbortSignal) => Promise<Duplex>): Promise<Tunnel> => {
  const open = new Set<Duplex>();
  const keep = <D extends Duplex>(stream: D): D => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    return stream;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, near => {
    void join(keep(near), async signal => keep(await dial(signal)));
  });
  const port = await listen(server);
  return {
    address: { host: '127.0.0.1', port },
    close: () => {
      server.close();
      for (const stream of open) stream.destroy();
    },
  };
};

/** A reset tells the near end more than an orderly end: whatever it asked has not been answered. */
const join = async (near: Socket, dial: (signal: AbortSignal) => Promise<Duplex>): Promise<void> => {
  near.on('error', () => near.destroy());
  const left = new AbortController();
  near.once('close', () => left.abort());
  try {
    const far = await dial(left.signal);
    far.on('error', () => near.resetAndDestroy());
    near.on('error', () => far.destroy());
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroySoon());
    near.pipe(far);
    far.pipe(near);
  } catch {
    near.resetAndDestroy();
  }
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return (server.address() as AddressInfo).port;
};
