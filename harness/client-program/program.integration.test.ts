/** Whatever a client program does, the harness is honest about what is known, and nothing is left of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { processesOf } from '../../tests/support/ordeal.ts';
import type { Client, ConnectContext } from '../protocol/client.ts';
import { within } from '../std/deadline.ts';
import { type ClientProgramOptions, program } from './program.ts';

let runFolder: string;
const open: Client[] = [];
const alive = new Map<number, string>();

beforeEach(() => {
  runFolder = mkdtempSync(join(tmpdir(), 'ordeal-clients-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(client => client.close()));
  expect([...alive]).toEqual([]); // every program was told, and went
  rmSync(runFolder, { recursive: true, force: true });
});

const context = (): ConnectContext => ({
  process: 3,
  nodes: ['n1', 'n2'],
  workload: 'register',
  errors: { refused: { name: 'refused', definite: true } },
  readOnly: ['read'],
  operationTimeoutMs: 500,
  runFolder,
  guard: async () => ({
    env: { ORDEAL_LEASE: 'test' },
    add: (pid, label) => void alive.set(pid, label),
    remove: pid => void alive.delete(pid),
    holdUndo: () => () => undefined,
  }),
});

/** A program in JavaScript: `m` is the message, `say` answers. It is ready at once unless it says otherwise. */
const scripted = (onMessage: string, options: ClientProgramOptions = {}) =>
  program(
    [
      process.execPath,
      '-e',
      `const say = m => process.stdout.write((typeof m === 'string' ? m : JSON.stringify(m)) + '\\n');
       require('node:readline').createInterface({ input: process.stdin })
         .on('line', line => { const m = JSON.parse(line); ${onMessage} })
         .on('close', () => process.exit(0));`,
    ],
    options,
  );
const ready = "if (m.type === 'init') say({ type: 'ready', connection: m.connection }); ";
const onInvoke = (what: string): string => `${ready} if (m.type === 'invoke') { ${what} }`;
const connect = async (made: ReturnType<typeof program>, node = 'n1'): Promise<Client> => {
  const client = await made(node, { host: '127.0.0.1', port: 4001 }, { reads: 'quorum' }, to => ({ host: to, port: 4002 }), context());
  open.push(client);
  return client;
};
const write = { f: 'write', key: 'x', value: 5, process: 3 };
const ask = (client: Client, operation = write) => client.invoke(operation, within(500));

test('is told everything it needs, and its answers become completions', async () => {
  const client = await connect(
    scripted(`if (m.type === 'init') { global.init = m; say({ type: 'ready' }); }
    if (m.type === 'invoke') say({ type: 'ok', id: m.id, value: { init, m } });`),
  );
  expect(await ask(client)).toMatchObject({
    type: 'ok',
    value: {
      init: {
        protocol: 1,
        connection: 1,
        process: 3,
        node: 'n1',
        host: '127.0.0.1',
        port: 4001,
        nodes: { n1: { host: 'n1', port: 4002 }, n2: { host: 'n2', port: 4002 } },
        options: { reads: 'quorum' },
        timeoutMs: 500,
      },
      m: { type: 'invoke', connection: 1, id: 1, f: 'write', key: 'x', value: 5, timeoutMs: 500 },
    },
  });
  expect(client.closed).toBe(false);
});

test('its errors are looked up in those of the system', async () => {
  const client = await connect(scripted(onInvoke("say({ type: 'fail', id: m.id, error: m.value === 5 ? 'refused' : 'mystery' })")));
  expect(await ask(client)).toMatchObject({ type: 'fail', error: { name: 'refused' } });
  expect(await ask(client, { ...write, value: 6 })).toMatchObject({ type: 'info', error: { name: 'unknown' } });
});

test.each([
  ['dies', "console.error('out of cheese'); process.exit(3)", 'client-program-died', /ended with exit code 3: out of cheese/],
  ['writes garbage', "say('Traceback')", 'client-program-protocol', /not JSON: Traceback/],
  ['answers what nobody asked', "say({ type: 'ok', id: 99, value: 1 })", 'client-program-protocol', /operation 99, which was never asked/],
  ['says ok without a value', "say({ type: 'ok', id: m.id })", 'client-program-protocol', /an ok without a value/],
])('a program that %s leaves its operation open: info, never fail', async (_what, does, name, message) => {
  const client = await connect(scripted(onInvoke(does)));
  expect(await ask(client)).toEqual({ type: 'info', error: { name, message: expect.stringMatching(message) } });
  expect(client.closed).toBe(true);
  // What is asked of a program that is gone was never asked of anybody.
  expect(await ask(client)).toMatchObject({ type: 'fail', error: { name } });
});

test('an answer that does not come is a timeout, and one that comes late disturbs nobody', async () => {
  const made = scripted(onInvoke("setTimeout(() => say({ type: 'ok', id: m.id, value: m.value }), m.value)"), { multiplexed: true });
  const [slow, quick] = [await connect(made), await connect(made, 'n2')];
  const outcome = slow.invoke({ ...write, value: 150 }, within(50));
  expect(await outcome).toMatchObject({ type: 'info', error: { name: 'timeout' } });
  expect(slow.closed).toBe(true);
  expect(await ask(quick, { ...write, value: 250 })).toEqual({ type: 'ok', value: 250 });
});

test('two answers to one operation: the first one counts, what is asked meanwhile is info', async () => {
  const client = await connect(
    scripted(onInvoke("say({ type: 'ok', id: 1, value: 1 }); if (m.id === 2) say({ type: 'ok', id: 1, value: 1 });")),
  );
  expect(await ask(client)).toEqual({ type: 'ok', value: 1 });
  expect(await ask(client)).toMatchObject({ type: 'info', error: { message: expect.stringContaining('a second answer to operation 1') } });
});

test('one program serves many connections, and ends with the last', async () => {
  const made = scripted(onInvoke("say({ type: 'ok', id: m.id, value: [process.pid, m.connection] })"), { multiplexed: true });
  const clients = await Promise.all(['n1', 'n2', 'n3'].map(node => connect(made, node)));
  const answers = await Promise.all(clients.map(client => ask(client)));
  const pid = [...alive.keys()][0];
  expect(answers.map(answer => 'value' in answer && answer.value)).toEqual([
    [pid, 1],
    [pid, 2],
    [pid, 3],
  ]);
  await clients[0]!.close();
  expect(alive.size).toBe(1);
  await Promise.all(clients.map(client => client.close()));
  expect(alive.size).toBe(0);
});

test('a program that ignores the end of its stdin is killed, with what it started', async () => {
  const stubborn = `if (m.type === 'init') { require('node:child_process').spawn('sleep', ['61.${process.pid}']); say({ type: 'ready' }); }
    if (m.type === 'close') setInterval(() => {}, 1000), process.exit = () => {};`;
  const client = await connect(scripted(stubborn));
  const sleepers = (): string[] => processesOf(`61.${process.pid}`).filter(command => command.startsWith('sleep'));
  expect(sleepers()).toHaveLength(1);
  await client.close();
  await vi.waitFor(() => expect(sleepers()).toEqual([]));
});

test('its stderr is in the run folder', async () => {
  const client = await connect(scripted(onInvoke("console.error('asked for ' + m.key); say({ type: 'ok', id: m.id, value: 0 })")));
  await ask(client);
  await client.close();
  expect(readFileSync(join(runFolder, 'clients/n1.log'), 'utf8')).toMatch(/^\[\d+\] asked for x\n$/);
});

test('a node that refuses is a connection that failed', async () => {
  const refusing = scripted("if (m.type === 'init') say({ type: 'refused', error: { code: 'refused', message: 'nobody home' } })");
  await expect(connect(refusing)).rejects.toMatchObject({ name: 'Error', message: 'nobody home' });
});

test('a program that is not there, or was never ready, blames the environment', async () => {
  await expect(connect(program(['no-such-program']))).rejects.toMatchObject({
    blame: 'environment',
    code: 'client-program-missing',
    message: expect.stringContaining('no-such-program'),
  });
  await expect(connect(program(['true'], { cwd: '/no/such/folder' }))).rejects.toMatchObject({
    message: expect.stringContaining('the folder /no/such/folder does not exist'),
  });
  await expect(connect(scripted("console.error('no module named x'); process.exit(1)"))).rejects.toMatchObject({
    blame: 'environment',
    code: 'client-program-broken',
    message: expect.stringContaining('no module named x'),
  });
  await expect(connect(scripted('', { startTimeoutMs: 300 }))).rejects.toThrow('was not ready within 300 ms');
});
