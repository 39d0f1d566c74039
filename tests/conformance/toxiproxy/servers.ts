/** The servers under test, each a process of its own on a free port, and the `describe` that runs one suite against all of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { findRealServer } from '../../../bench/peers/toxiproxy.ts';
import { freePort } from './traffic.ts';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads from a body it knows
  readonly json: any;
}

export class Toxiproxy {
  readonly kind: 'embedded' | 'real';
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(kind: 'embedded' | 'real', url: string, child: ChildProcess) {
    this.kind = kind;
    this.url = url;
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(this.url + path, {
      method,
      headers,
      signal,
      redirect: 'manual',
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return { status: response.status, type: response.headers.get('content-type'), text: answer, json: tryJson(answer) };
  }

  /** A new proxy before the port; answers the address it listens on. */
  async proxy(name: string, upstreamPort: number): Promise<{ port: number }> {
    const { status, text, json } = await this.call('POST', '/proxies', {
      name,
      listen: '127.0.0.1:0',
      upstream: `127.0.0.1:${upstreamPort}`,
    });
    if (status !== 201) throw new Error(`creating proxy ${name}: ${status} ${text}`);
    return { port: Number(json.listen.split(':').pop()) };
  }

  async toxic(proxy: string, type: string, attributes: Record<string, number>, more: Record<string, unknown> = {}): Promise<void> {
    const { status, text } = await this.call('POST', `/proxies/${proxy}/toxics`, { type, attributes, ...more });
    if (status !== 200) throw new Error(`adding toxic ${type}: ${status} ${text}`);
  }

  /** One counter of /metrics, 0 where the series is not there yet. */
  async counter(what: 'received' | 'sent', proxy: string, direction: 'upstream' | 'downstream'): Promise<number> {
    const { text } = await this.call('GET', '/metrics');
    const lines = text.split('\n').filter(line => line.startsWith(`toxiproxy_proxy_${what}_bytes_total{`));
    const line = lines.find(each => each.includes(`proxy="${proxy}"`) && each.includes(`direction="${direction}"`));
    return Number(line?.split(' ').pop() ?? 0);
  }

  async clear(): Promise<void> {
    const { json } = await this.call('GET', '/proxies');
    for (const name of Object.keys(json)) await this.call('DELETE', `/proxies/${encodeURIComponent(name)}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

export const embeddedMain = fileURLToPath(new URL('../../../dist/nemesis/toxiproxy/main.js', import.meta.url));

/** What a suite gets: the running server, and a test that the real one is known to fail. */
export interface Suite {
  readonly server: () => Toxiproxy;
  readonly kind: 'embedded' | 'real';
  /** Passes on the embedded server; on the real one the fault is expected, and its disappearance noticed. */
  readonly betterThanReal: (claim: string, body: () => Promise<void>) => void;
}

/** Runs the suite against both. The real one is skipped with its reason where it is not installed; under CI that is a failure. */
export function describeBoth(what: string, suite: (each: Suite) => void): void {
  describe(`${what}: embedded`, () => running('embedded', startEmbedded, suite));
  const real = findRealServer();
  if ('path' in real) {
    describe(`${what}: real`, () => running('real', () => startReal(real.path), suite));
  } else if (process.env.CI) {
    test(`${what}: real`, () => {
      throw new Error(real.missing);
    });
  } else {
    describe.skip(`${what}: real (${real.missing})`, () => running('real', async () => Promise.reject(), suite));
  }
}

function running(kind: 'embedded' | 'real', start: () => Promise<Toxiproxy>, suite: (each: Suite) => void): void {
  let server: Toxiproxy;
  beforeAll(async () => {
    server = await start();
  });
  afterEach(() => server.clear());
  afterAll(() => server?.stop());
  suite({ server: () => server, kind, betterThanReal: kind === 'real' ? test.fails : test });
}

export async function startEmbedded(): Promise<Toxiproxy> {
  if (!existsSync(embeddedMain)) throw new Error(`${embeddedMain} is not there: npm run build`);
  const child = spawn(process.execPath, [embeddedMain, '--port', '0', '--proxy-metrics', '--seed', '7'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return new Toxiproxy('embedded', `http://${JSON.parse(line.toString()).address}`, child);
}

async function startReal(path: string): Promise<Toxiproxy> {
  const port = await freePort();
  const child = spawn(path, ['-port', String(port), '-host', '127.0.0.1', '-proxy-metrics'], {
    stdio: 'ignore',
    env: { ...process.env, LOG_LEVEL: 'error' },
  });
  const server = new Toxiproxy('real', `http://127.0.0.1:${port}`, child);
  for (let attempt = 0; ; attempt++) {
    try {
      await server.call('GET', '/version');
      return server;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
