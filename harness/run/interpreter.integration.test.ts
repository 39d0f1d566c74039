import { once as nextEvent } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { limit, once, repeat, stream } from '../generator/basic.ts';
import { sequence } from '../generator/combine.ts';
import { sleep } from '../generator/time.ts';
import type { Event } from '../history/event.ts';
import { pairOperations } from '../history/operation.ts';
import type { Client, Completion, Invocation } from '../protocol/client.ts';
import type { Generator } from '../protocol/generator.ts';
import { createRng } from '../std/rng.ts';
import { type InterpretOptions, interpret } from './interpreter.ts';

type Answer = (operation: Invocation, signal: AbortSignal) => Promise<Completion>;

const ok: Answer = operation => Promise.resolve({ type: 'ok', value: operation.value });
const never: Answer = () => new Promise(() => {});
const clientOf = (answer: Answer): Client => ({ invoke: answer, close: () => Promise.resolve() });

const write: Generator = repeat(once({ f: 'write', value: 1 }));
const read: Generator = repeat(once({ f: 'read', value: null }));

/** Interprets with these options over harmless defaults; answers with the history and the summary. */
const run = async (options: Partial<InterpretOptions> & { generator: Generator }) => {
  const history: Event[] = [];
  const start = performance.now();
  const summary = await interpret({
    nodes: ['n1', 'n2'],
    concurrency: 3,
    rate: 'max',
    operationTimeoutMs: 1000,
    readOnly: ['read'],
    open: () => Promise.resolve(clientOf(ok)),
    record: draft => {
      const event: Event = { index: history.length, ...draft };
      history.push(event);
      return event;
    },
    now: () => Math.round((performance.now() - start) * 1e6),
    rng: createRng(1),
    signal: new AbortController().signal,
    ...options,
  });
  return { history, summary, elapsedMs: performance.now() - start };
};

const completions = (history: readonly Event[]) => history.filter(event => event.type !== 'invoke');

/** No process has two open operations, and none comes back after `info`. */
const expectContract = (history: readonly Event[]): void => {
  const open = new Set<unknown>();
  const lost = new Set<unknown>();
  for (const { process, type } of history) {
    if (process === 'nemesis') continue;
    expect(lost.has(process)).toBe(false);
    expect(open.has(process)).toBe(type !== 'invoke');
    if (type === 'invoke') open.add(process);
    else open.delete(process);
    if (type === 'info') lost.add(process);
  }
};

test('every request is invoked and completed, by processes spread over the nodes', async () => {
  const { history, summary } = await run({ generator: limit(1000, write) });
  expect(summary).toMatchObject({ ok: 1000, fail: 0, info: 0, ended: 'done', processes: [0, 1, 2] });
  expect(pairOperations(history)).toHaveLength(1000);
  expectContract(history);
  expect(new Set(history.map(event => `${event.process}@${event.node}`))).toEqual(new Set(['0@n1', '1@n2', '2@n1']));
});

test('an operation without an answer becomes info at its deadline, and its process does not come back', async () => {
  const { history, summary } = await run({ generator: limit(4, write), operationTimeoutMs: 30, open: async () => clientOf(never) });
  expect(summary).toMatchObject({ ok: 0, info: 4 });
  expectContract(history);
  expect(completions(history)[0]).toMatchObject({ type: 'info', error: { name: 'timeout' } });
  expect(summary.processes.every((process, thread) => process % 3 === thread)).toBe(true);
  expect(Math.max(...summary.processes)).toBeGreaterThanOrEqual(6);
});

test('a read without an answer fails and its process goes on with a new client', async () => {
  let opened = 0;
  const open = async () => clientOf(opened++ === 0 ? never : ok);
  const { history, summary } = await run({ generator: limit(2, read), concurrency: 1, operationTimeoutMs: 30, open });
  expect(completions(history).map(event => [event.process, event.type])).toEqual([
    [0, 'fail'],
    [0, 'ok'],
  ]);
  expect(summary.processes).toEqual([0]);
});

test('a client that answers when its operation is aborted is believed', async () => {
  const open = async () =>
    clientOf(
      (_, signal) =>
        new Promise(resolve => {
          signal.addEventListener('abort', () => resolve({ type: 'fail', error: { name: 'not-sent', message: 'still in the queue' } }));
        }),
    );
  const { history } = await run({ generator: limit(1, write), operationTimeoutMs: 30, open });
  expect(completions(history)).toMatchObject([{ type: 'fail', error: { name: 'not-sent' } }]);
});

test('a client that throws, at once or later, leaves an unknown outcome', async () => {
  const throwsAtOnce: Answer = () => {
    throw new Error('bug');
  };
  for (const answer of [throwsAtOnce, () => Promise.reject(new Error('bug'))]) {
    const { history } = await run({ generator: limit(3, write), open: async () => clientOf(answer) });
    expectContract(history);
    expect(completions(history).map(event => event.type)).toEqual(['info', 'info', 'info']);
    expect(completions(history)[0]!.error).toEqual({ name: 'client-threw', message: 'bug' });
  }
});

test('a client that answers nonsense leaves an unknown outcome', async () => {
  for (const nonsense of [undefined, null, {}, { type: 'done' }]) {
    const open = async () => clientOf(() => Promise.resolve(nonsense as unknown as Completion));
    const { history } = await run({ generator: limit(1, write), open });
    expect(completions(history)).toMatchObject([{ type: 'info' }]);
  }
});

test('processes that an earlier run has lost do not come back in a later one', async () => {
  const first = await run({ generator: limit(3, write), operationTimeoutMs: 30, open: async () => clientOf(never) });
  const second = await run({ generator: limit(30, write), processes: first.summary.processes });
  const lost = new Set(first.history.map(event => event.process));
  expect(second.history.some(event => lost.has(event.process))).toBe(false);
});

test('an open loop keeps its rate as long as the system does', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1000);
  const { summary } = await run({ generator: write, rate: 1000, concurrency: 20, signal: stop.signal });
  expect(summary.ok).toBeGreaterThan(700);
  expect(summary.ok).toBeLessThan(1200);
  expect(summary.arrivals!.dropped).toBe(0);
});

test('an operation on a node that cannot be reached certainly did not happen', async () => {
  const open = (process: number) => (process === 0 ? Promise.reject(new Error('refused')) : Promise.resolve(clientOf(ok)));
  const { history } = await run({ generator: limit(1, write), concurrency: 1, open });
  expect(completions(history)).toMatchObject([{ process: 0, type: 'fail', error: { name: 'connect-failed', message: 'refused' } }]);
});

test('a thread that was refused tries again before it is asked', async () => {
  let attempts = 0;
  const open = () => (attempts++ < 3 ? Promise.reject(new Error('refused')) : Promise.resolve(clientOf(ok)));
  const { history } = await run({ generator: sequence(sleep(500), limit(2, write)), concurrency: 1, open });
  expect(completions(history).map(event => event.type)).toEqual(['ok', 'ok']);
});

test('an answer that arrived during a stall is not called overdue', async () => {
  const server = createServer(socket => {
    socket.on('data', () => {
      socket.write('done');
      const until = performance.now() + 200;
      while (performance.now() < until);
    });
  }).listen(0, '127.0.0.1');
  await nextEvent(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await nextEvent(socket, 'connect');
  const asks: Answer = (operation, signal) =>
    new Promise(resolve => {
      signal.addEventListener('abort', () => resolve({ type: 'info', error: { name: 'timeout', message: 'aborted' } }));
      socket.once('data', () => resolve({ type: 'ok', value: operation.value }));
      socket.write('do');
    });
  const { summary } = await run({ generator: limit(1, write), concurrency: 1, operationTimeoutMs: 100, open: async () => clientOf(asks) });
  socket.destroy();
  server.close();
  expect(summary.ok).toBe(1);
});

test('connecting again and again is slowed down', async () => {
  let attempts = 0;
  const open = () => {
    attempts++;
    return Promise.reject(new Error('refused'));
  };
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  await run({ generator: write, concurrency: 1, open, signal: stop.signal });
  expect(attempts).toBeGreaterThan(1);
  expect(attempts).toBeLessThan(12);
});

test('a client that says it is closed is replaced without losing the process', async () => {
  let opened = 0;
  const open = async (): Promise<Client> => {
    opened++;
    const client = { closed: false, close: () => Promise.resolve(), invoke: ok };
    client.invoke = operation => {
      client.closed = true;
      return ok(operation, new AbortController().signal);
    };
    return client;
  };
  const { summary } = await run({ generator: limit(3, write), concurrency: 1, open });
  expect(summary).toMatchObject({ ok: 3, processes: [0] });
  expect(opened).toBe(3);
});

test('the signal ends the run after a short grace, whatever clients do', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const inAWhile: Answer = operation => new Promise(resolve => setTimeout(() => resolve({ type: 'ok', value: operation.value }), 5));
  const open = async (process: number): Promise<Client> => ({
    invoke: process === 0 ? never : inAWhile,
    close: () => new Promise(() => {}),
  });
  const { history, summary, elapsedMs } = await run({
    generator: write,
    signal: stop.signal,
    graceMs: 50,
    operationTimeoutMs: 60_000,
    open,
  });
  expect(summary.ended).toBe('stopped');
  expect(elapsedMs).toBeLessThan(2000);
  expectContract(history);
  expect(history.filter(event => event.process === 0).map(event => event.type)).toEqual(['invoke', 'info']);
  expect(pairOperations(history).every(operation => operation.completion !== undefined)).toBe(true);
});

test('the event loop gets its turn under full load', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await run({ generator: limit(50_000, write) });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('nothing begins while the recorder is behind', async () => {
  let behindUntil = 0;
  const started = performance.now();
  behindUntil = started + 80;
  const { history } = await run({ generator: limit(3, write), congested: () => performance.now() < behindUntil });
  expect(history[0]!.time).toBeGreaterThanOrEqual(50e6);
});

test('an open loop asks at its rate and says what came late and what was dropped', async () => {
  const slow: Answer = operation => new Promise(resolve => setTimeout(() => resolve({ type: 'ok', value: operation.value }), 40));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 400);
  const { history, summary } = await run({
    generator: write,
    rate: 500,
    queueCapacity: 20,
    concurrency: 2,
    signal: stop.signal,
    open: async () => clientOf(slow),
  });
  const { late, dropped, maxWaitMs } = summary.arrivals!;
  expect(late).toBeGreaterThan(5);
  expect(dropped).toBeGreaterThan(50);
  expect(maxWaitMs).toBeGreaterThan(100);
  expect(history.filter(event => event.due !== undefined)).toHaveLength(late);
});

test('the nemesis does what the generator asks, one thing at a time, while clients go on', async () => {
  let n = 0;
  const mixed = stream(() => (n++ % 4 === 0 ? { f: 'kill', value: n, process: 'nemesis' } : { f: 'write', value: n }));
  const { history, summary } = await run({
    generator: limit(12, mixed),
    nemesis: async request => ({ type: 'ok', value: `did ${request.value}` }),
  });
  expect(summary.ok).toBe(9);
  expect(history.filter(event => event.process === 'nemesis').map(event => event.value)).toEqual([1, 'did 1', 5, 'did 5', 9, 'did 9']);
});

test('a generator that throws rejects the run and closes the clients', async () => {
  let closed = 0;
  const open = async (): Promise<Client> => ({
    invoke: ok,
    close: async () => {
      closed++;
    },
  });
  const broken: Generator = {
    step: () => {
      throw new Error('broken generator');
    },
  };
  await expect(run({ generator: broken, open, concurrency: 1 })).rejects.toThrow('broken generator');
  expect(closed).toBe(1);
});
