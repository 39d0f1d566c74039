import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ListenError, type RunningToxiproxy, startToxiproxy } from './server.ts';

const running: RunningToxiproxy[] = [];
afterEach(() => Promise.all(running.splice(0).map(each => each.close())));

const start = async (...[options]: Parameters<typeof startToxiproxy>) => {
  const server = await startToxiproxy({ host: '127.0.0.1', port: 0, ...options });
  running.push(server);
  return server;
};

test('serves at the address it names, with metrics unless they are switched off', async () => {
  const { url, address } = await start();
  expect(url).toBe(`http://${address}`);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  const { url: quiet } = await start({ proxyMetrics: false });
  expect((await fetch(`${quiet}/metrics`)).status).toBe(404);
});

test('close frees both ports and ends every connection, and closing twice is harmless', async () => {
  const origin = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { url, close } = await start();
  const body = JSON.stringify({ name: 'p', listen: '127.0.0.1:0', upstream: `127.0.0.1:${(origin.address() as { port: number }).port}` });
  const { listen } = (await (await fetch(`${url}/proxies`, { method: 'POST', body })).json()) as { listen: string };
  const client = connect(Number(listen.split(':').pop()), '127.0.0.1').resume();
  client.on('error', () => {});
  const ended = once(client, 'close');
  await once(client, 'connect');
  await Promise.all([close(), close()]);
  await ended;
  await expect(fetch(`${url}/version`)).rejects.toThrow();
  const again = connect(Number(listen.split(':').pop()), '127.0.0.1');
  const [error] = await once(again, 'error');
  expect(error.code).toBe('ECONNREFUSED');
  origin.close();
});

test.each([
  [{ host: '203.0.113.7' }, 'Cannot listen on 203.0.113.7:0: this machine has no such address. Choose another with --host.'],
  [{ host: 'no such host' }, 'Cannot listen on no such host:0: lookup no such host: no such host'],
])('an address that cannot be had is a ListenError: %j', async (options, message) => {
  await expect(start(options)).rejects.toThrow(new ListenError(message));
});
