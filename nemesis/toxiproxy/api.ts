/**
 * The HTTP API of Toxiproxy 2.12: routes, answers, and errors down to their bodies and content types.
 * Knows no socket: a request goes in, a response comes out.
 */
import { posix } from 'node:path';
import type { ProxyCollection } from './collection.ts';
import { type ApiError, asApiError } from './errors.ts';
import { encodeJson, sortedByKey } from './json/encode.ts';
import { showToxic } from './toxic.ts';

export const TOXIPROXY_VERSION = '2.12.0';

export interface ApiRequest {
  readonly method: string;
  /** The path as it came, still escaped, without the query. */
  readonly path: string;
  readonly userAgent: string;
  readonly body: Buffer;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers one request; never rejects. */
export type Api = (request: ApiRequest) => Promise<ApiResponse>;

interface Call {
  readonly proxy: string;
  readonly toxic: string;
  readonly body: Buffer;
}

interface Route {
  readonly methods: readonly string[] | 'any';
  readonly path: RegExp;
  readonly handle: (call: Call) => ApiResponse | Promise<ApiResponse>;
}

/** `metrics` renders /metrics; without it there is no such page, as in a real server without metrics flags. */
export function createApi(proxies: ProxyCollection, metrics?: () => Promise<string>): Api {
  const routes = [...proxyRoutes(proxies), ...toxicRoutes(proxies), ...serverRoutes(proxies, metrics)];
  return async request => {
    const path = decodePath(request.path);
    const clean = cleanPath(path);
    if (clean !== path) return { status: 301, headers: { Location: encodeURI(clean) }, body: '' };
    const found = routes.filter(route => route.path.test(path));
    if (found.length === 0) return plainText(404, '404 page not found');
    const route = found.find(({ methods }) => methods === 'any' || methods.includes(request.method));
    if (route === undefined) return { status: 405, headers: {}, body: '' };
    if (request.userAgent.startsWith('Mozilla/')) return withRequestId(plainText(403, 'User agent not allowed'));
    return withRequestId(await answer(route, path, request.body));
  };
}

async function answer(route: Route, path: string, body: Buffer): Promise<ApiResponse> {
  const { proxy = '', toxic = '' } = route.path.exec(path)?.groups ?? {};
  try {
    return await route.handle({ proxy, toxic, body });
  } catch (error) {
    const failure = asApiError(error);
    // Go's http.Error makes it plain text, whatever the handler wished.
    return plainText(failure.status, encodeJson(errorBody(failure)));
  }
}

function proxyRoutes(proxies: ProxyCollection): Route[] {
  const path = /^\/proxies$/;
  const one = /^\/proxies\/(?<proxy>[^/]+)$/;
  return [
    { methods: ['GET'], path, handle: () => json(200, sortedByKey([...proxies.all()].map(([name, proxy]) => [name, proxy.show()]))) },
    { methods: ['POST'], path, handle: async ({ body }) => json(201, (await proxies.create(body)).show()) },
    { methods: ['GET'], path: one, handle: ({ proxy }) => json(200, proxies.get(proxy).show()) },
    { methods: ['POST', 'PATCH'], path: one, handle: async ({ proxy, body }) => json(200, (await proxies.update(proxy, body)).show()) },
    { methods: ['DELETE'], path: one, handle: ({ proxy }) => noContent(proxies.remove(proxy)) },
  ];
}

function toxicRoutes(proxies: ProxyCollection): Route[] {
  const path = /^\/proxies\/(?<proxy>[^/]+)\/toxics$/;
  const one = /^\/proxies\/(?<proxy>[^/]+)\/toxics\/(?<toxic>[^/]+)$/;
  const removeToxic = ({ proxy, toxic }: Call) => {
    proxies.get(proxy).removeToxic(toxic);
    return NO_CONTENT;
  };
  return [
    { methods: ['GET'], path, handle: ({ proxy }) => json(200, proxies.get(proxy).toxics.map(showToxic)) },
    { methods: ['POST'], path, handle: ({ proxy, body }) => json(200, showToxic(proxies.get(proxy).addToxic(body))) },
    { methods: ['GET'], path: one, handle: ({ proxy, toxic }) => json(200, showToxic(proxies.get(proxy).toxic(toxic))) },
    {
      methods: ['POST', 'PATCH'],
      path: one,
      handle: ({ proxy, toxic, body }) => json(200, showToxic(proxies.get(proxy).updateToxic(toxic, body))),
    },
    { methods: ['DELETE'], path: one, handle: removeToxic },
  ];
}

function serverRoutes(proxies: ProxyCollection, metrics?: () => Promise<string>): Route[] {
  const version = {
    status: 200,
    headers: { 'Content-Type': 'application/json;charset=utf-8' },
    body: `{"version": "${TOXIPROXY_VERSION}"}\n`,
  };
  const routes: Route[] = [
    { methods: ['POST'], path: /^\/reset$/, handle: () => noContent(proxies.reset()) },
    { methods: ['POST'], path: /^\/populate$/, handle: ({ body }) => populate(proxies, body) },
    { methods: ['GET'], path: /^\/version$/, handle: () => version },
  ];
  if (metrics === undefined) return routes;
  const type = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';
  const page = async () => ({ status: 200, headers: { 'Content-Type': type }, body: await metrics() });
  return [...routes, { methods: 'any', path: /^\/metrics$/, handle: page }];
}

async function populate(proxies: ProxyCollection, body: Buffer): Promise<ApiResponse> {
  const { proxies: made, error } = await proxies.populate(body);
  const shown = made.length === 0 ? null : made.map(proxy => proxy.show());
  if (error === undefined) return json(201, { proxies: shown });
  const failure = asApiError(error);
  return json(failure.status, { ...errorBody(failure), proxies: shown });
}

const errorBody = ({ message, status }: ApiError) => ({ error: message, status });

const json = (status: number, value: unknown): ApiResponse => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: encodeJson(value),
});

const NO_CONTENT: ApiResponse = { status: 204, headers: {}, body: '' };

async function noContent(done: Promise<void>): Promise<ApiResponse> {
  await done;
  return NO_CONTENT;
}

const plainText = (status: number, text: string): ApiResponse => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: `${text}\n`,
});

/** Twenty characters, the later the greater, as the real server's ids. */
let requests = 0;

function withRequestId(response: ApiResponse): ApiResponse {
  const id = Date.now().toString(32).padStart(9, '0') + (requests++).toString(32).padStart(11, '0');
  return { ...response, headers: { ...response.headers, 'X-Toxiproxy-Request-Id': id } };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const cleanPath = (path: string): string => posix.normalize(path.startsWith('/') ? path : `/${path}`);
