/**
 * One connection to a node's JSON gateway. It is dialled once: a request on a connection that broke fails and is never sent a second time,
 * because there is no other connection that it could be sent on.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import type { Endpoint } from '../../harness/protocol/system.ts';
import type { Json } from '../../harness/std/json.ts';

/** A request that got no 200. `said` is looked up in the error table: etcd's own message, or one of the client's names. */
export class GatewayError extends Error {
  readonly said: string;

  constructor(said: string, message: string) {
    super(message);
    this.name = 'GatewayError';
    this.said = said;
  }
}

export interface Gateway {
  readonly closed: boolean;
  /** Rejects with a GatewayError. One request at a time. */
  post(path: string, body: Json, signal: AbortSignal): Promise<Json>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Resolves when the node itself has answered: a proxy in between accepts connections for a node that is down. */
export async function openGateway(at: Endpoint, signal: AbortSignal): Promise<Gateway> {
  const socket = await dial(at, signal);
  const agent = agentOf(socket);
  const exchange = (method: string, path: string, body: string | undefined, until: AbortSignal): Promise<Answer> => {
    if (socket.destroyed) return Promise.reject(new GatewayError('not-sent', 'the connection was gone before the request was made'));
    return send({ agent, host: at.host, port: at.port, method, path }, body, until);
  };
  try {
    const { status } = await exchange('GET', '/version', undefined, signal);
    if (status !== 200) throw new Error(`/version answered ${status}`);
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
  return {
    get closed() {
      return socket.destroyed;
    },
    async post(path, body, until) {
      return jsonOf(await exchange('POST', path, JSON.stringify(body), until));
    },
    close: () => {
      agent.destroy();
      socket.destroy();
    },
  };
}

/** One request on a connection of its own. */
export const askOnce = async (at: Endpoint, method: 'GET' | 'POST', path: string, signal: AbortSignal): Promise<Answer> => {
  const answer = await send({ agent: false, host: at.host, port: at.port, method, path }, method === 'POST' ? '{}' : undefined, signal);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  return answer;
};

/** Hands out this connection once, and no other ever. */
function agentOf(socket: Socket): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 }) as Agent & {
    createConnection(options: unknown, done: (error: Error | null, socket?: Socket) => void): Socket | undefined;
  };
  let given = false;
  agent.createConnection = (_options, done) => {
    if (given) {
      done(new GatewayError('not-sent', 'the connection was gone before the request was made'));
      return undefined;
    }
    given = true;
    return socket;
  };
  return agent;
}

function dial({ host, port }: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true });
    const settle = (error?: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', settle);
      if (error === undefined) resolve(socket);
      else {
        socket.destroy();
        reject(error);
      }
    };
    const onAbort = (): void => settle(new Error(`no connection to ${host}:${port} in time`));
    socket.on('error', () => {}); // whoever uses it hears of it by 'close'
    socket.once('error', settle);
    socket.once('connect', () => settle());
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** Once the request is made nobody knows what a broken connection or a late answer means. */
function send(options: object, body: string | undefined, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ ...options, headers });
    const onAbort = (): void => settle(new GatewayError('no-answer', 'no answer before the deadline'));
    const settle = (error: unknown, answer?: Answer): void => {
      signal.removeEventListener('abort', onAbort);
      if (answer !== undefined) resolve(answer);
      else {
        asked.destroy();
        reject(error instanceof GatewayError ? error : new GatewayError('connection-lost', `the connection broke: ${reasonOf(error)}`));
      }
    };
    asked.on('error', settle);
    asked.on('response', response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', settle);
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        settle(undefined, { status, headers: received, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    asked.end(body);
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** 3.4 calls the words of an error `error` and `message`, 3.6 only `message`. */
function jsonOf({ status, text }: Answer): Json {
  const value = parsed(text);
  if (value === undefined) throw new GatewayError('bad-answer', `HTTP ${status}: ${text.slice(0, 200)}`);
  if (status === 200) return value;
  const { message, error } = value as { message?: unknown; error?: unknown };
  const said = [message, error].find(words => typeof words === 'string') as string | undefined;
  throw new GatewayError(said ?? 'bad-answer', said ?? `HTTP ${status}: ${text.slice(0, 200)}`);
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
