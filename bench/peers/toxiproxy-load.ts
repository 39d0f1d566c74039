/**
 * The load of the Toxiproxy benchmark, a process of its own so that it does not take the proxy's event loop: upstreams (one that
 * swallows, one that echoes) and clients. The parent asks by IPC for one measurement at a time.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Measure = 'throughput' | 'roundTrips1' | 'roundTrips50';

export interface LoadRequest {
  readonly measure: Measure;
  /** Where the proxy listens that leads to the upstream of this measure. */
  readonly port: number;
  readonly seconds: number;
}

/** Megabytes a second, or round trips a second. */
export interface LoadResult {
  readonly perSecond: number;
}

/** The first message: where the upstreams listen. */
export interface LoadReady {
  readonly sinkPort: number;
  readonly echoPort: number;
}

const CHUNK = Buffer.alloc(256 * 1024, 1);
const PING = Buffer.alloc(64, 2);

let swallowed = 0;
const swallow = (chunk: Buffer) => {
  swallowed += chunk.length;
};

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function throughput({ port, seconds }: LoadRequest): Promise<number> {
  const socket = await open(port);
  const more = () => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on('drain', more);
  more();
  await sleep(200); // buffers are full, code is warm
  const from = swallowed;
  const rate = await timed(seconds, () => swallowed - from);
  socket.destroy();
  return rate / 1e6;
}

async function roundTrips({ port, seconds }: LoadRequest, connections: number): Promise<number> {
  let trips = 0;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  for (const socket of sockets) {
    let missing = PING.length;
    socket.on('data', chunk => {
      missing -= chunk.length;
      if (missing > 0) return;
      missing = PING.length;
      trips++;
      socket.write(PING);
    });
    socket.write(PING);
  }
  await sleep(200);
  const from = trips;
  const rate = await timed(seconds, () => trips - from);
  for (const socket of sockets) socket.destroy();
  return rate;
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function timed(seconds: number, done: () => number): Promise<number> {
  const start = performance.now();
  await sleep(seconds * 1000);
  return done() / ((performance.now() - start) / 1000);
}

const measures: Record<Measure, (request: LoadRequest) => Promise<number>> = {
  throughput,
  roundTrips1: request => roundTrips(request, 1),
  roundTrips50: request => roundTrips(request, 50),
};

process.on('message', async (request: LoadRequest) => {
  const result: LoadResult = { perSecond: await measures[request.measure](request) };
  process.send?.(result);
});
process.on('disconnect', () => process.exit(0));

const sinkPort = await listen(socket => socket.on('data', chunk => swallow(chunk)));
const echoPort = await listen(socket => socket.on('data', chunk => socket.write(chunk)));
const ready: LoadReady = { sinkPort, echoPort };
process.send?.(ready);
