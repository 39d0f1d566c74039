import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { within } from '../../harness/std/deadline.ts';
import { raftClient } from './client.ts';

let server: Server;
afterEach(() => new Promise(resolve => server.close(resolve)));

/** A node that greets and answers every line with this text, in place of an answer. */
const nodeSaying = async (text: string) => {
  server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.write('{"hello":"n1"}\n');
    socket.on('data', () => socket.write(text));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
};
const write = { f: 'write', key: 'x', value: 1, process: 0 };

test('an answer that is no JSON object leaves the outcome of a write unknown, and the client usable', async () => {
  for (const text of ['{"id":1,"o\n', 'null\n', '7\n']) {
    const client = await raftClient(await nodeSaying(text));
    for (let round = 0; round < 2; round++)
      expect(await client.invoke(write, within(5000))).toMatchObject({ type: 'info', error: { name: 'connection-lost' } });
    await client.close();
    await new Promise(resolve => server.close(resolve));
  }
});

test('an answer to an older request is not taken for this one', async () => {
  const client = await raftClient(await nodeSaying('{"id":99,"ok":true,"value":null}\n'));
  expect(await client.invoke(write, within(100))).toMatchObject({ type: 'info', error: { name: 'timeout' } });
  await client.close();
});
