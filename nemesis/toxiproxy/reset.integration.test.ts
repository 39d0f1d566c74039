import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { resetSocket } from './reset.ts';

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  open.push(near, far);
  return { near, far };
}

const closing = async (socket: Socket): Promise<string | undefined> => {
  let code: string | undefined;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  socket.resume();
  await new Promise<void>(resolve => socket.once('close', () => resolve()));
  return code;
};

test('an open socket is reset at once', async () => {
  const { near, far } = await pair();
  const seen = closing(far);
  resetSocket(near);
  expect(near.destroyed).toBe(true);
  expect(await seen).toBe('ECONNRESET');
});

test('a socket whose shutdown is under way is closed all the same, not leaked', async () => {
  const { near, far } = await pair();
  far.resume();
  const closed = once(near, 'close');
  near.end();
  await new Promise<void>(resolve => process.nextTick(resolve)); // the shutdown has been asked for, not confirmed
  expect(near.writableFinished).toBe(false);
  resetSocket(near);
  await closed;
});
