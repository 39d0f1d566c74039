/**
 * A client of one node: one TCP connection, JSON lines, one operation open at most, no retries.
 *
 * The node greets every connection; until then nothing is sent, so whatever fails before is definite. A broken connection is dialled again by the
 * next operation, which fails no sooner than `REDIAL_MS` after that: a dead node is not asked a thousand times a second.
 */
import { randomUUID } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import type { Client, Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Endpoint } from '../../harness/protocol/system.ts';
import { sleep, within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import { raftErrors } from './errors.ts';

const REDIAL_MS = 100;
const CONNECT_TIMEOUT_MS = 1000;

interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly value?: Json;
  readonly error?: { readonly code: string; readonly definite: boolean; readonly message: string };
}

interface Connection {
  readonly socket: Socket;
  greeted: boolean;
  /** Called when the node greets, or the connection breaks before. */
  onGreeting: (greeted: boolean) => void;
  /** Who waits for the answer; called with null when the connection breaks. */
  waiting: ((answer: Answer | null) => void) | null;
}

/** Resolves when the node has greeted; rejects when it does not within a second. */
export async function raftClient(at: Endpoint): Promise<Client> {
  const session = randomUUID();
  let sequence = 0;
  let connection: Connection = dial(at);
  if (!(await greeting(connection, within(CONNECT_TIMEOUT_MS)))) {
    connection.socket.destroy();
    throw new Error(`no greeting from ${at.host}:${at.port}`);
  }

  const connected = (): Connection => {
    if (connection.socket.destroyed) connection = dial(at);
    return connection;
  };

  return {
    async invoke(operation, signal) {
      const table: ErrorTable = raftErrors;
      const readOnly = asksOnly(operation);
      const using = connected();
      if (!(await greeting(using, signal))) {
        using.socket.destroy();
        await sleep(REDIAL_MS, signal);
        return failed(table, 'unreachable', { readOnly, message: 'the node did not greet the connection' });
      }
      const id = ++sequence;
      const answer = await ask(using, { id, ...toRequest(operation), ...(readOnly ? {} : { session, seq: id }) }, signal);
      if (answer !== null) return completion(operation, answer);
      using.socket.destroy();
      const why = signal.aborted ? 'timeout' : 'connection-lost';
      return failed(table, why, {
        readOnly,
        message: signal.aborted ? 'no answer before the deadline' : 'the connection broke before the answer',
      });
    },
    async close() {
      connection.socket.destroy();
    },
  };
}

/** `leader` asks the node whom it takes for the leader, and of which term. */
const asksOnly = ({ f }: { readonly f: string }): boolean => f === 'read' || f === 'leader';

function toRequest(operation: Invocation): Record<string, Json> {
  const { f, key, value } = operation;
  return { op: f, key: String(key ?? ''), ...(asksOnly(operation) ? {} : { value }) };
}

/** A read answers with its value; a write or cas echoes what it was asked, as the history wants it. */
function completion({ f, value }: Invocation, answer: Answer): Completion {
  const readOnly = asksOnly({ f });
  if (answer.ok) return { type: 'ok', value: readOnly ? (answer.value ?? null) : value };
  const { code, definite, message } = answer.error ?? { code: 'unknown', definite: false, message: 'an answer without an error' };
  const kind = failed(raftErrors, code, { readOnly, message });
  // The table and the node must agree before a failure counts as final.
  return kind.type === 'fail' && !definite && !readOnly ? { type: 'info', error: kind.error } : kind;
}

/** Whether the node greets before the connection breaks or the signal aborts. */
function greeting(connection: Connection, signal: AbortSignal): Promise<boolean> {
  if (connection.greeted || signal.aborted) return Promise.resolve(connection.greeted);
  return new Promise(resolve => {
    const onAbort = () => settle(false);
    const settle = (greeted: boolean) => {
      signal.removeEventListener('abort', onAbort);
      resolve(greeted);
    };
    connection.onGreeting = settle;
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function ask(connection: Connection, request: Record<string, Json>, signal: AbortSignal): Promise<Answer | null> {
  return new Promise(resolve => {
    const onAbort = () => settle(null);
    const settle = (answer: Answer | null) => {
      connection.waiting = null;
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    if (signal.aborted || connection.socket.destroyed) {
      settle(null);
      return;
    }
    connection.waiting = answer => {
      if (answer === null || answer.id === request.id) settle(answer);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    connection.socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** Undefined for a line that is no JSON object: whatever comes after it cannot be trusted either. */
function parse(line: string): (Answer & { readonly hello?: string }) | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? (message as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function dial({ host, port }: Endpoint): Connection {
  const socket = createConnection({ host, port, noDelay: true });
  const connection: Connection = { socket, greeted: false, onGreeting: () => {}, waiting: null };
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parse(line);
      if (message === undefined) return void socket.destroy();
      if (message.hello !== undefined) {
        connection.greeted = true;
        connection.onGreeting(true);
      } else connection.waiting?.(message);
    }
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    connection.greeted = false;
    connection.onGreeting(false);
    connection.waiting?.(null);
  });
  return connection;
}
