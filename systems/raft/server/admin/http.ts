/**
 * The admin port: GET /healthz, /status, /clock, /metrics, /bugs; POST /clock {offsetMs?, rate?}; POST /members {add, address?} or {remove}.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SkewableClock } from '../clock.ts';
import { termAt } from '../core/log.ts';
import type { RaftState } from '../core/state.ts';
import type { MemberChange, Result } from '../core/types.ts';
import type { ListenAt, Listener } from '../net/listener.ts';
import type { Metrics } from './metrics.ts';

const BODY_BYTES = 64 * 1024;

export interface AdminOptions {
  readonly at: ListenAt;
  readonly clock: SkewableClock;
  readonly state: RaftState;
  readonly metrics: Metrics;
  changeMembers(change: MemberChange): Promise<Result>;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export async function listenForAdmin(options: AdminOptions): Promise<Listener> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => send(response, { status: 500, body: { error: String(error) } }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.at, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.at.port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (request.method === 'GET' && path === '/metrics') {
    const text = await options.metrics.render(options.state);
    response.writeHead(200, { 'content-type': options.metrics.contentType }).end(text);
    return;
  }
  send(response, await route(options, `${request.method} ${path}`, request));
}

async function route(options: AdminOptions, target: string, request: IncomingMessage): Promise<Reply> {
  switch (target) {
    case 'GET /healthz':
      return { status: 200, body: { ok: true } };
    case 'GET /status':
      return { status: 200, body: status(options.state) };
    case 'GET /clock':
      return { status: 200, body: clockReading(options.clock) };
    case 'POST /clock':
      return setClock(options.clock, await readBody(request));
    case 'POST /members':
      return members(options, await readBody(request));
    default:
      return { status: 404, body: { error: `nothing at ${target}` } };
  }
}

export function status(s: RaftState) {
  return {
    id: s.options.id,
    role: s.role === 'pre-candidate' ? 'candidate' : s.role,
    term: s.term,
    leader: s.leader,
    commitIndex: s.commitIndex,
    lastApplied: s.lastApplied,
    lastIndex: s.log.base.index + s.log.entries.length,
    snapshotIndex: s.snapshot?.index ?? 0,
    /** A leader that may answer reads: it has committed in its own term. */
    settled: s.role === 'leader' && termAt(s.log, s.commitIndex) === s.term,
    members: Object.keys(s.members),
    bugs: [...s.options.bugs],
  };
}

const clockReading = (clock: SkewableClock) => ({ wallMs: clock.wall(), monotonicMs: clock.now() });

function setClock(clock: SkewableClock, body: unknown): Reply {
  const { offsetMs, rate } = (body ?? {}) as { offsetMs?: unknown; rate?: unknown };
  const sound = (value: unknown) => value === undefined || (typeof value === 'number' && Number.isFinite(value));
  if (!sound(offsetMs) || !sound(rate) || (typeof rate === 'number' && (rate <= 0 || rate > 1000))) {
    return { status: 400, body: { error: 'offsetMs must be a number of ms, rate a number above 0 and up to 1000' } };
  }
  clock.skew({ offsetMs: offsetMs as number | undefined, rate: rate as number | undefined });
  return { status: 200, body: clockReading(clock) };
}

async function members(options: AdminOptions, body: unknown): Promise<Reply> {
  const { add, address, remove } = (body ?? {}) as { add?: unknown; address?: unknown; remove?: unknown };
  const change = memberChange(add, address, remove);
  if (change === null) return { status: 400, body: { error: 'say {"add": "n6", "address": "host:port"} or {"remove": "n6"}' } };
  const result = await options.changeMembers(change);
  return result.ok ? { status: 200, body: { members: Object.keys(options.state.members) } } : { status: 409, body: { error: result } };
}

function memberChange(add: unknown, address: unknown, remove: unknown): MemberChange | null {
  if (typeof add === 'string' && add !== '') return { add, address: typeof address === 'string' ? address : null };
  return typeof remove === 'string' && remove !== '' ? { remove } : null;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new Error('the request body is too long');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
