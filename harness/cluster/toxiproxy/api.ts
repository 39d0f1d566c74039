/**
 * The one place that talks to Toxiproxy. It speaks through toxiproxy-node-client and makes up for what that client lacks:
 * deadlines, the server's own words in errors, names that survive a URL, and the calls it does not know (toxics in force, metrics).
 */
import { Agent, type RequestOptions, request } from 'node:http';
import { Proxy as ClientProxy, Toxic as ClientToxic, Toxiproxy } from 'toxiproxy-node-client';
import type { Toxic } from '../../protocol/cluster.ts';
import { within } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';

export type Stream = 'upstream' | 'downstream';

export interface NamedToxic extends Toxic {
  readonly name: string;
  readonly stream: Stream;
}

export interface ProxyBody {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  /** True by default. One that is not refuses connections until it is. */
  readonly enabled?: boolean;
}

/** A call that Toxiproxy refused, or did not answer in time. `status` is undefined where no answer came. */
export class ToxiproxyError extends Error {
  readonly status: number | undefined;
  readonly timedOut: boolean;

  constructor(message: string, options: { status?: number; timedOut?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ToxiproxyError';
    this.status = options.status;
    this.timedOut = options.timedOut ?? false;
  }
}

export interface ToxiproxyApi {
  readonly url: string;
  version(): Promise<string>;
  /** Resolves to the address it listens on, with the port that the server chose for port 0. */
  createProxy(body: ProxyBody): Promise<string>;
  enableProxy(body: ProxyBody): Promise<void>;
  /** Harmless when there is none of this name. */
  removeProxy(name: string): Promise<void>;
  addToxic(proxy: string, toxic: NamedToxic): Promise<void>;
  /** Harmless when there is none of this name. */
  removeToxic(proxy: string, toxic: string): Promise<void>;
  /**
   * Names of the toxics in force on one proxy, none where there is no such proxy. Never asked for all proxies at once: on the real server that call waits for a proxy that
   * hangs while it holds the lock that deleting the proxy needs.
   */
  toxics(proxy: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Prometheus text. */
  metrics(signal: AbortSignal): Promise<string>;
}

/** Throws ToxiproxyError from every call; none takes longer than `deadlineMs`. */
export const createToxiproxyApi = (url: string, deadlineMs = 3000): ToxiproxyApi => {
  const http = createTransport(deadlineMs);
  const client = new Toxiproxy(url);
  // The client's transport has no deadline and drops error bodies; it is a public field, so ours takes its place.
  Object.assign(client, { api: http });
  // The client's proxies and toxics are snapshots that only need a name to make calls; asking the server for them first would be a call more.
  const handle = (name: string) => new ClientProxy(client, { name, listen: '', upstream: '', enabled: true, toxics: [] });
  return {
    url,
    version: async () => (JSON.parse(await client.getVersion()) as { version: string }).version,
    createProxy: async body => (await client.createProxy({ enabled: true, ...body })).listen,
    enableProxy: async ({ name, listen, upstream }) => void (await handle(name).update({ listen, upstream, enabled: true })),
    removeProxy: name => ignoreMissing(handle(name).remove()),
    addToxic: async (proxy, toxic) => {
      await handle(proxy).addToxic({ toxicity: 1, ...toxic });
    },
    removeToxic: (proxy, toxic) => ignoreMissing(new ClientToxic(client.api, handle(proxy).getPath(), toxicBody(toxic)).remove()),
    toxics: async (proxy, signal) => {
      const answer = await orMissing(http.get<readonly { name: string }[]>(`${url}/proxies/${proxy}/toxics`, signal));
      return answer?.data.map(toxic => toxic.name) ?? [];
    },
    metrics: signal => http.getText(`${url}/metrics`, signal),
  };
};

/** Throws a UserError when nothing at the address behaves like Toxiproxy. */
export const assertToxiproxy = async (api: ToxiproxyApi): Promise<void> => {
  try {
    await api.version();
  } catch (cause) {
    throw new UserError('environment', 'toxiproxy-unreachable', `no Toxiproxy answers at ${api.url}: ${messageOf(cause)}`, {
      hint: 'start one with `ordeal toxiproxy`, or leave out --toxiproxy to use the embedded one',
      cause,
    });
  }
};

/** Where what a proxy leads to, or where it listens, is on loopback: a Toxiproxy on another machine could not serve. */
export const refuseFarAway = (url: string, why: string): void => {
  const host = URL.canParse(url) ? new URL(url).hostname : undefined;
  if (host !== undefined && /^(localhost|127\.[\d.]+|\[::1\])$/.test(host)) return;
  throw new UserError('usage', 'toxiproxy-not-local', `--toxiproxy ${url}: expected the address of a Toxiproxy on this machine`, {
    hint: `for instance http://127.0.0.1:8474; ${why}`,
  });
};

/** Names that need no escaping in a URL. Distinct names stay distinct only if the caller adds a number of its own. */
export const urlSafe = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_');

/** What the client wants to know of a toxic before it removes it; only the name counts. */
const toxicBody = (name: string) => ({ name, type: 'latency' as const, stream: 'upstream' as const, toxicity: 1, attributes: {} });

const ignoreMissing = async (call: Promise<unknown>): Promise<void> => void (await orMissing(call));

const orMissing = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof ToxiproxyError && thrown.status === 404) return undefined;
    throw thrown;
  }
};

interface Transport {
  get<T>(url: string, signal?: AbortSignal): Promise<{ data: T }>;
  post<T>(url: string, body?: unknown): Promise<{ data: T }>;
  delete(url: string): Promise<void>;
  getText(url: string, signal?: AbortSignal): Promise<string>;
}

/**
 * The shape of the client's own transport. node:http with a pool of connections costs the controller a quarter of what fetch does, which
 * counts when forty toxics go out in the middle of a load; and fetch refuses some ports.
 */
const createTransport = (deadlineMs: number): Transport => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const text = async (method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<string> => {
    const deadline = within(deadlineMs);
    const called = `${method} ${url}`;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const options = { method, agent, signal: signal ? AbortSignal.any([signal, deadline]) : deadline };
    try {
      const { status, answer } = await send(url, options, payload);
      if (status >= 300) throw new ToxiproxyError(`${called}: ${status} ${wordsOf(answer)}`, { status });
      return answer;
    } catch (cause) {
      if (cause instanceof ToxiproxyError) throw cause;
      if (deadline.aborted) throw new ToxiproxyError(`${called}: no answer within ${deadlineMs} ms`, { timedOut: true, cause });
      throw new ToxiproxyError(`${called}: ${messageOf(cause)}`, { cause });
    }
  };
  const json = async <T>(answer: Promise<string>): Promise<{ data: T }> => {
    const said = await answer;
    return { data: (said === '' ? undefined : JSON.parse(said)) as T };
  };
  return {
    get: (url, signal) => json(text('GET', url, undefined, signal)),
    post: (url, body) => json(text('POST', url, body)),
    delete: async url => void (await text('DELETE', url)),
    getText: (url, signal) => text('GET', url, undefined, signal),
  };
};

/** One request; asked again, once, when the server had closed a pooled connection just as it was taken. */
const send = (url: string, options: RequestOptions, payload: string | undefined): Promise<{ status: number; answer: string }> =>
  new Promise((resolve, reject) => {
    const headers = {
      'user-agent': 'ordeal',
      ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    };
    const asked = request(url, { ...options, headers }, response => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer }));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(send(url, { ...options, agent: false }, payload));
      else reject(error);
    });
    asked.end(payload);
  });

/** The server says `{error, status}`; anything else is quoted as it is. */
const wordsOf = (answer: string): string => {
  try {
    return (JSON.parse(answer) as { error?: string }).error ?? answer;
  } catch {
    return answer.trim().slice(0, 200);
  }
};
