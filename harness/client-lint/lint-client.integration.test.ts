/** Every classic mistake is found in a client that makes it, and in no client that does not. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client, Completion, Invocation } from '../protocol/client.ts';
import type { Endpoint } from '../protocol/system.ts';
import { lintClient } from './lint-client.ts';
import { subjectOf } from './subject.ts';

/** A store of registers: `set KEY VALUE` is answered `ok`, `get KEY` is answered with the value or `null`. */
let store: Server;
let at: Endpoint;
beforeAll(async () => {
  const values = new Map<string, string>();
  store = createServer(socket => {
    socket.on('error', () => {});
    socket.on('data', text => {
      for (const line of String(text).trim().split('\n')) {
        const [command, key = '', value = ''] = line.split(' ');
        if (command === 'set') values.set(key, value);
        socket.write(`${command === 'set' ? 'ok' : (values.get(key) ?? 'null')}\n`);
      }
    });
  });
  await new Promise<void>(resolve => store.listen(0, '127.0.0.1', resolve));
  at = { host: '127.0.0.1', port: (store.address() as { port: number }).port };
});
afterAll(() => store.close());

/** One line out, one line back; rejects with `timeout` by the signal, with `cut` when the connection goes. */
const exchange = (socket: Socket, line: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData).off('close', onClose);
      act();
    };
    const onAbort = (): void => settle(() => reject(new Error('timeout')));
    const onData = (text: Buffer): void => settle(() => resolve(String(text).trim()));
    const onClose = (): void => settle(() => reject(new Error('cut')));
    if (socket.destroyed) return reject(new Error('cut'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('data', onData).once('close', onClose);
    socket.write(`${line}\n`);
  });

const dial = (to: Endpoint): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(to.port, to.host, () => resolve(socket));
    socket.on('error', reject);
  });

const lineOf = ({ f, key, value }: Invocation): string => (f === 'write' ? `set ${key} ${value}` : `get ${key}`);
const completed = ({ f, value }: Invocation, said: string): Completion => {
  if (f === 'write') return said === 'ok' ? { type: 'ok', value } : { type: 'info', error: { name: 'nonsense', message: said } };
  return { type: 'ok', value: JSON.parse(said) };
};
const info = (name: string): Completion => ({ type: 'info', error: { name, message: name } });
const fail = (name: string): Completion => ({ type: 'fail', error: { name, message: name } });

type Attempt = (operation: Invocation, signal: AbortSignal, socket: Socket, to: Endpoint) => Promise<Completion>;
const honest: Attempt = async (operation, signal, socket) => {
  try {
    return completed(operation, await exchange(socket, lineOf(operation), signal));
  } catch (thrown) {
    socket.destroy();
    return info((thrown as Error).message);
  }
};
/** Keeps one connection, made anew when it was lost. */
const clientOf =
  (attempt: Attempt, more: { onRefused?: Completion } = {}) =>
  async (to: Endpoint): Promise<Client> => {
    let socket = await dial(to).catch(thrown => {
      if (more.onRefused === undefined) throw thrown;
      return undefined;
    });
    return {
      invoke: async (operation, signal) => {
        if (socket === undefined) return more.onRefused!;
        if (socket.destroyed) socket = await dial(to);
        return attempt(operation, signal, socket, to);
      },
      close: async () => void socket?.destroy(),
    };
  };

const timeoutMs = 250;
const lint = (client: (to: Endpoint) => Promise<Client>, upstream: 'upstream' | 'alone' = 'upstream') =>
  lintClient({
    subject: subjectOf({
      connect: (_node, to) => client(to),
      options: {},
      errors: {},
      context: { process: 0, nodes: ['n1'], workload: 'register', errors: {}, readOnly: ['read'], operationTimeoutMs: timeoutMs },
      timeoutMs,
    }),
    workload: 'register',
    upstream: upstream === 'alone' ? undefined : at,
    timeoutMs,
  });
const found = async (...args: Parameters<typeof lint>): Promise<string[]> =>
  [...new Set((await lint(...args)).findings.map(({ mistake }) => mistake))].sort();

test.concurrent('an honest client is clean, in every situation', async () => {
  const report = await lint(clientOf(honest));
  expect(report.findings).toEqual([]);
  expect(report.clean).toBe(true);
  expect(report.scenarios.map(({ status }) => status)).toEqual(Array(8).fill('passed'));
});

test.concurrent('without a server that works, what needs one is skipped and says so', async () => {
  const { clean, scenarios } = await lint(clientOf(honest), 'alone');
  expect(clean).toBe(true);
  expect(scenarios.filter(({ status }) => status === 'skipped').map(({ reason }) => reason)).toEqual(
    Array(4).fill('needs a server that works: --at HOST:PORT'),
  );
});

const onError =
  (answer: (what: string) => Completion): Attempt =>
  async (operation, signal, socket) => {
    try {
      return completed(operation, await exchange(socket, lineOf(operation), signal));
    } catch (thrown) {
      socket.destroy();
      return answer((thrown as Error).message);
    }
  };

test.concurrent('a timeout reported as fail', async () => {
  expect(await found(clientOf(onError(what => (what === 'timeout' ? fail(what) : info(what)))))).toEqual(['timeout-as-fail']);
  expect(await found(clientOf(onError(what => (what === 'timeout' ? fail(what) : info(what)))), 'alone')).toEqual(['timeout-as-fail']);
});

test.concurrent('a connection that was cut after the request, reported as fail', async () => {
  expect(await found(clientOf(onError(what => (what === 'cut' ? fail(what) : info(what)))))).toEqual(['cut-as-fail']);
});

test.concurrent('a swallowed error', async () => {
  expect(await found(clientOf(onError(() => ({ type: 'ok', value: null }))))).toEqual(['swallowed-error']);
});

test.concurrent('an answer that makes no sense, taken for ok or for a fail', async () => {
  const trusting: Attempt = async (operation, signal, socket) => {
    const outcome = await honest(operation, signal, socket, at);
    return outcome.type === 'info' && outcome.error.name === 'nonsense' ? fail('nonsense') : outcome;
  };
  expect(await found(clientOf(trusting), 'alone')).toEqual(['nonsense-as-fail']);
});

test.concurrent('a read that forgets its value', async () => {
  const forgetful: Attempt = async (operation, signal, socket, to) => {
    const outcome = await honest(operation, signal, socket, to);
    return outcome.type === 'ok' && operation.f === 'read' ? { type: 'ok', value: null } : outcome;
  };
  expect(await found(clientOf(forgetful))).toEqual(['ok-without-value']);
});

test.concurrent('a hidden retry: on a new connection, on the same one, and of what was answered', async () => {
  const again: Attempt = async (operation, signal, socket, to) => {
    const outcome = await honest(operation, signal, socket, to);
    return outcome.type === 'info' ? honest(operation, AbortSignal.timeout(100), await dial(to), to) : outcome;
  };
  expect(await found(clientOf(again))).toContain('hidden-retry');
  const resend: Attempt = async (operation, signal, socket, to) => {
    const timer = setTimeout(() => socket.write(`${lineOf(operation)}\n`), 120);
    return honest(operation, signal, socket, to).finally(() => clearTimeout(timer));
  };
  expect(await found(clientOf(resend), 'alone')).toEqual(['hidden-retry']);
  const twice: Attempt = async (operation, signal, socket, to) => {
    await honest(operation, signal, socket, to);
    return honest(operation, signal, socket, to);
  };
  expect(await found(clientOf(twice))).toContain('hidden-retry');
});

test.concurrent('an answer after the deadline, and none at all', async () => {
  const slow: Attempt = async (operation, _signal, socket, to) => honest(operation, AbortSignal.timeout(timeoutMs + 250), socket, to);
  expect(await found(clientOf(slow), 'alone')).toEqual(['late-answer']);
  const patient: Attempt = async (operation, _signal, socket, to) => honest(operation, new AbortController().signal, socket, to);
  expect(await found(clientOf(patient), 'alone')).toEqual(['no-deadline']);
});

test.concurrent('a late answer taken for the answer to the next operation', async () => {
  const careless: Attempt = async (operation, signal, socket) => {
    try {
      return completed(operation, await exchange(socket, lineOf(operation), signal));
    } catch (thrown) {
      return operation.f === 'read' ? fail((thrown as Error).message) : info((thrown as Error).message); // and the connection is kept
    }
  };
  expect(await found(clientOf(careless))).toEqual(['reuse-after-info']);
});

test.concurrent('a refused connection reported as info is only a warning; one reported as ok is a mistake', async () => {
  const weak = await lint(clientOf(honest, { onRefused: info('refused') }));
  expect(weak).toMatchObject({ clean: true, findings: [{ mistake: 'refused-as-info', level: 'warning' }] });
  expect(await found(clientOf(honest, { onRefused: { type: 'ok', value: null } }))).toEqual(['swallowed-error']);
});

test.concurrent('a client that does not work is told so, and nothing more', async () => {
  expect(await found(clientOf(async () => info('always')))).toEqual(['does-not-work']);
});

test.concurrent('a workload whose operations are unknown is a usage error', async () => {
  const subject = subjectOf({ connect: async () => Promise.reject(new Error()), options: {}, errors: {}, context: {} as never, timeoutMs });
  await expect(lintClient({ subject, workload: 'bank', upstream: undefined, timeoutMs })).rejects.toMatchObject({
    code: 'unknown-workload',
  });
});
