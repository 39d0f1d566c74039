import { expect, test } from 'vitest';
import { defineSystem } from './define-system.ts';

const client = () => Promise.reject(new Error('not asked here'));

test('a name, a port and a client are enough', () => {
  expect(defineSystem({ name: 'kv', port: 7000, client })).toMatchObject({
    name: 'kv',
    ports: { client: { number: 7000, reachedBy: ['clients'] } },
    clientPort: 'client',
    ready: { tcp: 'client' },
    errors: {},
    workloads: ['register'],
    claims: [],
    defaultNodes: 3,
  });
});

test('a port that is only a number belongs to clients if it is the client port, to peers otherwise', () => {
  const { ports, clientPort } = defineSystem({ name: 'kv', ports: { client: 7000, raft: 7001 }, client });
  expect(clientPort).toBe('client');
  expect(ports).toEqual({ client: { number: 7000, reachedBy: ['clients'] }, raft: { number: 7001, reachedBy: ['peers'] } });
});

test('what is said wins over every default', () => {
  const ready = { log: 'ready to serve' };
  expect(defineSystem({ name: 'kv', port: 7000, client, ready, workloads: ['set'], defaultNodes: 5 })).toMatchObject({
    ready,
    workloads: ['set'],
    defaultNodes: 5,
  });
});

test('there are as many nodes as services or endpoints', () => {
  expect(defineSystem({ name: 'kv', port: 7000, client, services: ['a', 'b'] }).defaultNodes).toBe(2);
  expect(defineSystem({ name: 'kv', port: 7000, client, endpoints: { a: { client: { host: 'x', port: 1 } } } }).defaultNodes).toBe(1);
});

test.each([
  ['no port', { name: 'kv', client }, /system kv needs port.*port: 6379/],
  ['no client', { name: 'kv', port: 7000 }, /system kv needs connect.*program\(\['python3'/],
  ['a name with spaces', { name: 'my kv', port: 7000, client }, /system my kv needs name/],
  ['a port out of range', { name: 'kv', ports: { client: 70_000 }, client }, /ports.client: a port number from 1 to 65535/],
])('%s is a sentence that shows what to write', (_what, draft, message) => {
  expect(() => defineSystem(draft)).toThrow(message);
});
