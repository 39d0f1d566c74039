import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Completion } from '../../harness/protocol/client.ts';
import { within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import { etcdClient } from './client.ts';

let server: Server;
let asked: string[] = [];
afterEach(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

/** A node that greets, and then answers each request as the test says. */
const node = async (answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) => {
  asked = [];
  server = createServer((request, response) => {
    if (request.url === '/version') return void response.end('{}');
    request.resume();
    request.on('end', () => {
      asked.push(request.url!);
      answer(request, response, asked.length);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return etcdClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, { serializable: false });
};

const refuses = (status: number, body: Json) => node((_request, response) => response.writeHead(status).end(JSON.stringify(body)));
const write = { f: 'write', key: 'x', value: 1, process: 0 };
const read = { f: 'read', key: 'x', value: null, process: 0 };
const cas = { f: 'cas', key: 'x', value: [1, 2], process: 0 };
const txn = { f: 'txn', value: [['append', 'x', 1]], process: 0 };
const errorOf = (completion: Completion) => [completion.type, completion.type === 'ok' ? undefined : completion.error.name];

test.each<[string, string, string, string]>([
  ['etcdserver: request timed out', 'info', 'timeout', 'fail'],
  ['etcdserver: request timed out, possibly due to previous leader failure', 'info', 'timeout', 'fail'],
  ['etcdserver: leader changed', 'info', 'leader-changed', 'fail'],
  ['etcdserver: too many requests', 'fail', 'overloaded', 'fail'],
  ['etcdserver: no leader', 'fail', 'no-leader', 'fail'],
  ['raft proposal dropped', 'fail', 'no-leader', 'fail'],
  ['something that nobody ever said', 'info', 'unknown', 'fail'],
])('%s: a write is %s (%s), a read fails', async (message, type, name, ofRead) => {
  for (const body of [
    { code: 14, message },
    { error: message, message, code: 14 },
    { error: message, code: 14 },
  ]) {
    const client = await refuses(503, body as Json);
    expect(errorOf(await client.invoke(write, within(2000)))).toEqual([type, name]);
    expect(errorOf(await client.invoke(read, within(2000)))).toEqual([ofRead, name]);
    expect(client.closed).toBe(false);
    await client.close();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

test('a connection that breaks after the request is info, and the request is not made again', async () => {
  const client = await node((_request, response) => response.destroy());
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['info', 'connection-lost']);
  expect(asked).toEqual(['/v3/kv/put']);
  expect(client.closed).toBe(true);
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['fail', 'not-sent']);
  expect(asked).toHaveLength(1);
});

test('a kept connection that the node closes between two requests costs no second request', async () => {
  const client = await node((request, response, count) => {
    response.end('{}');
    if (count === 1) setTimeout(() => request.socket.destroy(), 20);
  });
  expect((await client.invoke(write, within(2000))).type).toBe('ok');
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(client.closed).toBe(true);
  expect(errorOf(await client.invoke(write, within(2000)))).toEqual(['fail', 'not-sent']);
  expect(asked).toHaveLength(1);
});

test('no answer by the deadline is info for a write and fail for a read, and ends the connection', async () => {
  for (const [operation, type] of [[write, 'info'] as const, [read, 'fail'] as const]) {
    const client = await node(() => undefined);
    expect(errorOf(await client.invoke(operation, within(50)))).toEqual([type, 'timeout']);
    expect(client.closed).toBe(true);
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
  await node(() => undefined);
});

test('an answer that is cut short, or no JSON, leaves the outcome of a write unknown', async () => {
  const client = await node((_request, response) => response.writeHead(200).end('{"succeeded":tr'));
  expect(errorOf(await client.invoke(cas, within(2000)))).toEqual(['info', 'bad-answer']);
});

test('a compare that fails is final', async () => {
  const client = await node((_request, response) => response.end('{"header":{}}'));
  expect(errorOf(await client.invoke(cas, within(2000)))).toEqual(['fail', 'cas-mismatch']);
});

test('a transaction whose reads fail did not happen; one whose commit gets no clear answer may have', async () => {
  const reads = await refuses(503, { message: 'etcdserver: request timed out' });
  expect(errorOf(await reads.invoke(txn, within(2000)))).toEqual(['fail', 'timeout']);
  await reads.close();
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  const commits = await node((_request, response, count) =>
    count === 1
      ? response.end('{"responses":[{"response_range":{}}]}')
      : response.writeHead(503).end('{"message":"etcdserver: request timed out"}'),
  );
  expect(errorOf(await commits.invoke(txn, within(2000)))).toEqual(['info', 'timeout']);
});

test('a node that is not there refuses the client', async () => {
  await node(() => undefined);
  const { port } = server.address() as AddressInfo;
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  await expect(etcdClient({ host: '127.0.0.1', port }, { serializable: false })).rejects.toThrow('ECONNREFUSED');
  await node(() => undefined);
});
