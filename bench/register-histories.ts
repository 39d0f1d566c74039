/** Histories of a simulated register, for the benchmarks: closed-loop clients with random latencies. */
import type { Event } from '../harness/history/event.ts';
import type { Json } from '../harness/std/json.ts';
import { createRng, type Rng } from '../harness/std/rng.ts';

/**
 * `wrong`: one read at 80 % answers what nobody wrote (`garbage`), what had been overwritten before it began (`stale`), or, with few
 * values, some other value (`other`), which may even be legal.
 */
export interface RegisterCase {
  readonly clients: number;
  readonly operations: number;
  readonly values: 'unique' | 'small';
  readonly info: number;
  readonly wrong: 'none' | 'stale' | 'garbage' | 'other';
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

/** The history of one case; the same case gives the same history. */
export const registerHistory = (one: RegisterCase): Event[] =>
  simulate(createRng(`${one.clients}/${one.operations}/${one.values}/${one.info}`), one);

/** Closed-loop clients with random latencies; each operation takes effect at a random moment between its call and its return. */
const simulate = (rng: Rng, { clients, operations, values, info, wrong }: RegisterCase): Event[] => {
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
const spoil = (events: Event[], wrong: RegisterCase['wrong']): Event[] => {
  const at = events.findIndex((event, i) => i > events.length * 0.8 && event.f === 'read' && event.type === 'ok');
  const told = events.find((event, i) => i > events.length / 2 && event.type === 'ok' && event.f === 'write')!;
  const value = wrong === 'garbage' ? -1 : wrong === 'stale' ? told.value : (Number(events[at]!.value) + 1) % 5;
  return events.map((event, i) => (i === at ? { ...event, value } : event));
};

export const registerCases = (most: number): RegisterCase[] =>
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
