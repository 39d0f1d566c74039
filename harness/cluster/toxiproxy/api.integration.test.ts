import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { reservePorts } from '../ports.ts';
import { assertToxiproxy, createToxiproxyApi, type ToxiproxyApi } from './api.ts';

const withServer = async (answer: RequestListener, use: (api: ToxiproxyApi) => Promise<void>): Promise<void> => {
  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(createToxiproxyApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 300));
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

const refusing =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body);

test('an error carries the status and the words of the server', () =>
  withServer(refusing(409, '{"error":"proxy already exists","status":409}'), async api => {
    const creating = api.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' });
    await expect(creating).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/POST .*\/proxies: 409 proxy already exists/),
    });
  }));

test('a call that hangs ends by its deadline, and says that it did', () =>
  withServer(
    () => {},
    async api => {
      const before = performance.now();
      await expect(api.removeToxic('a', 'b')).rejects.toMatchObject({
        timedOut: true,
        message: expect.stringContaining('no answer within 300 ms'),
      });
      expect(performance.now() - before).toBeLessThan(5000);
    },
  ));

test('removing what is gone already is no error', () =>
  withServer(refusing(404, '{"error":"toxic not found","status":404}'), async api => {
    await api.removeToxic('a', 'b');
    await api.removeProxy('a');
    await expect(api.addToxic('a', { name: 'b', type: 'latency', stream: 'upstream', attributes: {} })).rejects.toMatchObject({
      status: 404,
    });
  }));

test('where nothing listens, the message says what to do', async () => {
  const [port] = await reservePorts(1);
  await expect(assertToxiproxy(createToxiproxyApi(`http://127.0.0.1:${port}`))).rejects.toMatchObject({
    code: 'toxiproxy-unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
    hint: expect.stringContaining('ordeal toxiproxy'),
  });
});

test('what answers but is no Toxiproxy is refused', () =>
  withServer(refusing(200, '<html>'), async api => {
    await expect(assertToxiproxy(api)).rejects.toMatchObject({ code: 'toxiproxy-unreachable' });
  }));
