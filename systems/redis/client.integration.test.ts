import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Client, Completion } from '../../harness/protocol/client.ts';
import { within } from '../../harness/std/deadline.ts';
import { redisClient } from './client.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

type Answer = (command: readonly string[], socket: Socket) => string | undefined;

/** A server of Redis' protocol that answers each command as the test says; PING by itself. */
const serving = async (answer: Answer) => {
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    let rest = '';
    socket.on('data', chunk => {
      rest += chunk;
      for (let found = commandIn(rest); found !== undefined; found = commandIn(rest)) {
        rest = rest.slice(found.length);
        const reply = found.command[0]!.toUpperCase() === 'PING' ? '+PONG\r\n' : answer(found.command, socket);
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
};

/** The first whole command of a text: an array of bulk strings. */
const commandIn = (text: string): { command: string[]; length: number } | undefined => {
  const parts = text.split('\r\n');
  const count = Number(parts[0]?.slice(1));
  if (parts.length < 2 * count + 2 || parts[0] === '') return undefined;
  const command = Array.from({ length: count }, (_, i) => parts[2 + 2 * i]!);
  return { command, length: parts.slice(0, 2 * count + 1).join('\r\n').length + 2 };
};

const naming = (node: () => string) => serving(() => `*2\r\n$2\r\n${node()}\r\n$4\r\n6379\r\n`);
const write = { f: 'write', key: 'x', value: 1, process: 0 };
const read = { f: 'read', key: 'x', value: null, process: 0 };
const errorOf = (completion: Completion) => [completion.type, completion.type === 'ok' ? undefined : completion.error.name];

const clientOf = async (answer: Answer, wait = 0): Promise<Client> => {
  const at = await serving(answer);
  return redisClient({ sentinel: await naming(() => 'n1'), reach: () => at, wait });
};

test.each([
  ["-READONLY You can't write against a read only replica.", 'fail', 'read-only'],
  ['-LOADING Redis is loading the dataset in memory', 'fail', 'loading'],
  ['-NOREPLICAS Not enough good replicas to write.', 'fail', 'no-replicas'],
  ['-SOMETHING that nobody ever said', 'info', 'unknown'],
])('%s: a write is %s (%s)', async (said, type, name) => {
  const client = await clientOf(() => `${said}\r\n`);
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual([type, name]);
  expect((await client.invoke(read, within(2000))).type).toBe('fail');
  await client.close();
});

test('a connection that breaks after the command is info, and the command is not sent again', async () => {
  let sets = 0;
  const client = await clientOf((_command, socket) => {
    sets++;
    socket.destroy();
    return undefined;
  });
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['info', 'connection-lost']);
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(sets).toBe(1);
  await client.close();
});

test('no answer by the deadline is info for a write, fail for a read, and ends the client', async () => {
  for (const [operation, type] of [[write, 'info'] as const, [read, 'fail'] as const]) {
    const client = await clientOf(() => undefined);
    expect(errorOf(await client.invoke(operation, within(100)))).toEqual([type, 'timeout']);
    expect(client.closed).toBe(true);
  }
});

test('with too few acknowledgements nobody knows whether the write will stay', async () => {
  const client = await clientOf(([name]) => (name!.toUpperCase() === 'WAIT' ? ':1\r\n' : '+OK\r\n'), 2);
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['info', 'unreplicated']);
  await client.close();
});

test('a WAIT that is cut short by a failover is info although its error is a reply', async () => {
  const client = await clientOf(([name]) => (name!.toUpperCase() === 'WAIT' ? '-UNBLOCKED force unblock\r\n' : '+OK\r\n'), 1);
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['info', 'unblocked']);
  await client.close();
});

test('it follows the Sentinel to another primary, and fails for good where nobody answers', async () => {
  const first = await serving(() => '+OK\r\n');
  const second = await serving(() => '$1\r\n7\r\n');
  let primary = 'n1';
  const sentinel = await naming(() => primary);
  const places: Record<string, { host: string; port: number }> = { n1: first, n2: second, n3: { host: '127.0.0.1', port: 1 } };
  const client = await redisClient({ sentinel, reach: node => places[node]!, wait: 0 });
  expect(await client.invoke(write, within(2000))).toEqual({ type: 'ok', value: 1 });
  primary = 'n2';
  expect(await client.invoke(read, within(2000))).toEqual({ type: 'ok', value: 7 });
  primary = 'n3';
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['fail', 'no-primary']);
  await client.close();
});

test('a node whose Sentinel is not there refuses the client', async () => {
  await expect(redisClient({ sentinel: { host: '127.0.0.1', port: 1 }, reach: () => ({ host: '', port: 1 }), wait: 0 })).rejects.toThrow();
});
