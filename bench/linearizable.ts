/**
 * How fast linearizability is judged: `npm run bench -- linearizable [--json] [--max 100000] [--time-limit 10]`.
 * A simulated register answers 5 to 50 clients; each row is one history. `wrong`: one read at 80 % answers what nobody wrote (`garbage`),
 * what had been overwritten before it began (`stale`), or, with few values, some other value (`other`), which may even be legal.
 */
import { parseArgs } from 'node:util';
import { checkLinearizable } from '../checkers/linearizable/check.ts';
import { register } from '../checkers/models/register.ts';
import type { Event } from '../harness/history/event.ts';
import type { Json } from '../harness/std/json.ts';
import { createRng, type Rng } from '../harness/std/rng.ts';

interface Case {
  readonly clients: number;
  readonly operations: number;
  readonly values: 'unique' | 'small';
  readonly info: number;
  readonly wrong: 'none' | 'stale' | 'garbage' | 'other';
}

interface Row extends Case {
  readonly valid: boolean | 'unknown';
  readonly method: string | undefined;
  readonly elapsedMs: number;
  /** What the check allocated, as far as it was not collected meanwhile. */
  readonly memoryMb: number;
}

interface Client {
  process: number;
  lastSeen: Json;
  at: number;
  step: 'call' | 'apply' | 'return';
  request: { readonly f: string; readonly value: Json };
  answer: Json;
  ok: boolean;
  doomed: boolean;
}

/** Closed-loop clients with random latencies; each operation takes effect at a random moment between its call and its return. */
const simulate = (rng: Rng, { clients, operations, values, info, wrong }: Case): Event[] => {
  const events: Event[] = [];
  let held: Json = null;
  let unique = 0;
  let [started, processes] = [0, clients];
  const fresh = (): Json => (values === 'unique' ? ++unique : rng.int(5));
  const idle = { f: '', value: null };
  const all: Client[] = Array.from({ length: clients }, (_, process) => ({
    process,
    lastSeen: null,
    at: rng.float(),
    step: 'call',
    request: idle,
    answer: null,
    ok: true,
    doomed: false,
  }));
  const ghosts: { at: number; request: Client['request'] }[] = [];
  const log = (client: Client, type: Event['type'], value: Json): void => {
    events.push({ index: events.length, time: events.length * 1000, process: client.process, type, f: client.request.f, key: 'x', value });
  };
  const apply = ({ f, value }: Client['request']): { answer: Json; ok: boolean } => {
    if (f === 'read') return { answer: held, ok: true };
    const [from, to] = f === 'cas' ? (value as readonly [Json, Json]) : [held, value];
    const ok = held === from;
    if (ok) held = to;
    return { answer: value, ok };
  };
  for (;;) {
    const client = all.reduce((first, other) => (other.at < first.at ? other : first));
    if (client.at === Number.POSITIVE_INFINITY) break;
    while (ghosts.length > 0 && ghosts[0]!.at <= client.at) apply(ghosts.shift()!.request);
    if (client.step === 'call') {
      if (started++ >= operations) {
        client.at = Number.POSITIVE_INFINITY;
        continue;
      }
      const kind = rng.int(3);
      const expected = values === 'unique' ? client.lastSeen : rng.int(5);
      client.request =
        kind === 0 ? { f: 'read', value: null } : kind === 1 ? { f: 'write', value: fresh() } : { f: 'cas', value: [expected, fresh()] };
      client.doomed = rng.chance(info);
      log(client, 'invoke', client.request.value);
      client.step = client.doomed ? 'return' : 'apply';
      if (client.doomed && rng.chance(0.5)) ghosts.push({ at: client.at + rng.float() * 4, request: client.request });
      ghosts.sort((a, b) => a.at - b.at);
      client.at += 0.1 + rng.float() * 0.9;
    } else if (client.step === 'apply') {
      Object.assign(client, apply(client.request), { step: 'return' });
      client.at += 0.1 + rng.float() * 0.9;
    } else {
      if (client.doomed) {
        log(client, 'info', client.request.value);
        client.process = processes++;
      } else {
        log(client, client.ok ? 'ok' : 'fail', client.answer);
        if (client.ok) client.lastSeen = client.request.f === 'cas' ? (client.answer as readonly Json[])[1]! : client.answer;
      }
      client.step = 'call';
      client.at += rng.float() * 0.2;
    }
  }
  return wrong === 'none' ? events : spoil(events, wrong);
};

/** Replaces the answer of one read at about 80 %. */
const spoil = (events: Event[], wrong: Case['wrong']): Event[] => {
  const at = events.findIndex((event, i) => i > events.length * 0.8 && event.f === 'read' && event.type === 'ok');
  const told = events.find((event, i) => i > events.length / 2 && event.type === 'ok' && event.f === 'write')!;
  const value = wrong === 'garbage' ? -1 : wrong === 'stale' ? told.value : (Number(events[at]!.value) + 1) % 5;
  return events.map((event, i) => (i === at ? { ...event, value } : event));
};

const cases = (most: number): Case[] =>
  [100, 1000, 10_000, 100_000]
    .filter(operations => operations <= most)
    .flatMap(operations =>
      [5, 10, 20, 50].flatMap(clients =>
        [0, 0.05].flatMap(info =>
          (['unique', 'small'] as const).flatMap(values =>
            (values === 'unique' ? (['none', 'stale'] as const) : (['none', 'garbage', 'other'] as const)).map(wrong => ({
              clients,
              operations,
              values,
              info,
              wrong,
            })),
          ),
        ),
      ),
    );

const measure = (one: Case, timeLimitMs: number): Row => {
  const history = simulate(createRng(`${one.clients}/${one.operations}/${one.values}/${one.info}`), one);
  globalThis.gc?.();
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  const { valid, method, elapsedMs } = checkLinearizable(history, register, { timeLimitMs });
  return { ...one, valid, method, elapsedMs: Math.round(elapsedMs * 100) / 100, memoryMb: Math.round((used() - before) / 1e5) / 10 };
};

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, max: { type: 'string', default: '100000' }, 'time-limit': { type: 'string', default: '10' } },
});
const rows: Row[] = [];
for (const one of cases(Number(flags.max))) {
  const row = measure(one, Number(flags['time-limit']) * 1000);
  rows.push(row);
  if (!flags.json)
    console.log(
      [
        `${row.operations} operations`.padStart(18),
        `${row.clients} clients`.padStart(10),
        row.values.padEnd(6),
        `${row.info * 100} % unknown`.padStart(11),
        row.wrong.padEnd(7),
        String(row.valid).padEnd(7),
        `${row.elapsedMs} ms`.padStart(12),
        `${row.memoryMb} MB`.padStart(10),
        row.method ?? '',
      ].join('  '),
    );
}
if (flags.json) console.log(JSON.stringify({ benchmark: 'linearizable', rows }));
