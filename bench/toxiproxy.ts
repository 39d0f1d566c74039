/**
 * Our Toxiproxy against the real one, without toxics: megabytes a second one way, and small round trips on 1 and on 50 connections.
 * Rounds are interleaved (embedded, real, embedded, …) and the median counts, so that a busy machine slows both alike.
 *
 *   npm run bench -- toxiproxy [--json] [--rounds 5] [--seconds 0.8]
 *
 * `--json` answers {"embedded": {throughput, roundTrips1, roundTrips50}, "real": {…} | null, "ratios": {…} | null}; ratios are
 * embedded / real, 1 is a draw. Without a real server on the machine `real` is null and `reason` says how to get one.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findRealServer } from './peers/toxiproxy.ts';
import type { LoadReady, LoadRequest, LoadResult, Measure } from './peers/toxiproxy-load.ts';

type Figures = Record<Measure, number>;
const MEASURES = ['throughput', 'roundTrips1', 'roundTrips50'] as const satisfies readonly Measure[];

/** A server with one proxy before each upstream. */
interface Contestant {
  readonly child: ChildProcess;
  readonly ports: Record<Measure, number>;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '0.8' } },
  allowPositionals: true,
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function main(): Promise<void> {
  const load = fork(here('./peers/toxiproxy-load.js'));
  const [ready] = (await once(load, 'message')) as [LoadReady];
  const real = findRealServer();
  const contestants = new Map<'embedded' | 'real', Contestant>([['embedded', await start(...embedded(), ready)]]);
  if ('path' in real) contestants.set('real', await start(real.path, [], ready));
  try {
    report(await compete(load, contestants), 'missing' in real ? real.missing : undefined);
  } finally {
    for (const { child } of contestants.values()) child.kill('SIGTERM');
    load.disconnect();
  }
}

const embedded = (): [string, string[]] => [process.execPath, [here('../nemesis/toxiproxy/main.js')]];

async function start(command: string, args: string[], { sinkPort, echoPort }: LoadReady): Promise<Contestant> {
  const port = await freePort();
  const flags = ['-host', '127.0.0.1', '-port', String(port), '-proxy-metrics'];
  const child = spawn(command, [...args, ...flags], { stdio: 'ignore', env: { ...process.env, LOG_LEVEL: 'error' } });
  const api = `http://127.0.0.1:${port}`;
  await answers(api);
  const sink = await proxy(api, 'sink', sinkPort);
  const echo = await proxy(api, 'echo', echoPort);
  return { child, ports: { throughput: sink, roundTrips1: echo, roundTrips50: echo } };
}

async function compete(load: ChildProcess, contestants: ReadonlyMap<string, Contestant>): Promise<Map<string, Figures>> {
  const samples = new Map(
    [...contestants.keys()].map(name => [name, { throughput: [], roundTrips1: [], roundTrips50: [] } as Record<Measure, number[]>]),
  );
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const measure of MEASURES) {
      for (const [name, { ports }] of contestants) {
        const perSecond = await ask(load, { measure, port: ports[measure], seconds: Number(values.seconds) });
        if (round > 0) samples.get(name)![measure].push(perSecond); // the first round warms both up
      }
    }
  }
  const medians = (each: Record<Measure, number[]>): Figures => ({
    throughput: Math.round(median(each.throughput)),
    roundTrips1: Math.round(median(each.roundTrips1)),
    roundTrips50: Math.round(median(each.roundTrips50)),
  });
  return new Map([...samples].map(([name, each]) => [name, medians(each)]));
}

async function ask(load: ChildProcess, request: LoadRequest): Promise<number> {
  load.send(request);
  const [{ perSecond }] = (await once(load, 'message')) as [LoadResult];
  return perSecond;
}

function report(figures: Map<string, Figures>, reason: string | undefined): void {
  const ours = figures.get('embedded')!;
  const real = figures.get('real') ?? null;
  const ratio = (measure: Measure) => (real === null ? null : Math.round((ours[measure] / real[measure]) * 100) / 100);
  const ratios = real === null ? null : Object.fromEntries(MEASURES.map(measure => [measure, ratio(measure)]));
  if (values.json) {
    console.log(JSON.stringify({ embedded: ours, real, ratios, ...(reason === undefined ? {} : { reason }) }));
    return;
  }
  const units: Record<Measure, string> = {
    throughput: 'MB/s one way',
    roundTrips1: 'round trips/s, 1 connection',
    roundTrips50: 'round trips/s, 50 connections',
  };
  for (const measure of MEASURES) {
    const against = real === null ? '' : `real ${real[measure]}, ratio ${ratio(measure)}`;
    console.log(`${units[measure].padEnd(30)} embedded ${ours[measure]}  ${against}`);
  }
  if (reason !== undefined) console.log(`The real server was not measured: ${reason}.`);
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function proxy(api: string, name: string, upstreamPort: number): Promise<number> {
  const body = JSON.stringify({ name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstreamPort}` });
  const response = await fetch(`${api}/proxies`, { method: 'POST', body });
  const { listen } = (await response.json()) as { listen: string };
  return Number(listen.split(':').pop());
}

async function answers(api: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answered = await fetch(`${api}/version`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${api} does not answer within 5 s`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

await main();
