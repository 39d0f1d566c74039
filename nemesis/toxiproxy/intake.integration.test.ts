import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { reopen, type Source } from './intake.ts';

const OPTIONS = { allowHalfOpen: true };
let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise(resolve => server.close(resolve)); // would wait for ever for a socket that the server still counts
});

async function accepted(prepare: (socket: Socket) => void = () => {}): Promise<{ near: Socket; source: Source }> {
  server = createServer({ ...OPTIONS, pauseOnConnect: true });
  const arrival = once(server, 'connection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...OPTIONS });
  const [socket] = (await arrival) as [Socket];
  prepare(socket);
  const source = reopen(socket, OPTIONS);
  sockets.push(near, source.socket);
  return { near, source };
}

async function readAll({ near, source }: { near: Socket; source: Source }, keeps: boolean): Promise<void> {
  const sent = randomBytes(3_000_000);
  const chunks: Buffer[] = [];
  source.read(chunk => {
    chunks.push(keeps ? chunk : Buffer.from(chunk));
    return keeps;
  });
  const ended = once(source.socket, 'end');
  near.end(sent);
  await ended;
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  source.socket.end('answer');
  const [answer] = (await once(near, 'data')) as [Buffer];
  expect(answer.toString()).toBe('answer');
}

test('bytes that are kept are not overwritten, and the answer passes after the end', async () => {
  await readAll(await accepted(), true);
});

test('a buffer that is given back is used again', async () => {
  const pair = await accepted();
  const memory = new Set<ArrayBufferLike>();
  pair.source.read(chunk => {
    memory.add(chunk.buffer);
    return false;
  });
  const ended = once(pair.source.socket, 'end');
  pair.near.end(Buffer.alloc(3_000_000));
  await ended;
  expect(memory.size).toBe(1);
});

test('a socket that cannot be opened anew is read as usual', async () => {
  const pair = await accepted(socket => {
    const { _handle: handle } = socket as unknown as { _handle: object };
    Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
  });
  await readAll(pair, true);
});
