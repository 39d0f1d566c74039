/**
 * Runs that never happened, for tests and for work on the report: a plausible history of a register workload under faults, the results
 * and node logs to go with it. Everything is drawn from the seed.
 */
import type { Event } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';
import { measureAvailability } from '../availability.ts';
import type { Results } from '../contract.ts';
import { excerptLogs, type LogExcerpt, logWindows } from '../html/logs.ts';

export interface SyntheticOptions {
  readonly operations: number;
  readonly verdict: Results['valid'];
  readonly seed?: number;
  readonly durationMs?: number;
  readonly faults?: boolean;
}

export interface SyntheticRun {
  readonly results: Results;
  readonly history: Event[];
  readonly logs: LogExcerpt[];
}

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
const concurrency = 10;
const startedAt = '2026-03-02T09:15:00.000Z';

export const syntheticRun = ({ operations, verdict, seed = 7, durationMs = 30_000, faults = true }: SyntheticOptions): SyntheticRun => {
  const rng = createRng(seed);
  const injected = faults ? drawFaults(rng.fork('faults'), durationMs) : [];
  const drawn = drawHistory(rng.fork('history'), { operations, durationMs, faults: injected });
  const stale = verdict === false ? addStaleRead(drawn, durationMs) : { history: drawn, operations: [] };
  const history = stale.history;
  const paired = pairOperations(history);
  const count = { ok: 0, fail: 0, info: 0 };
  for (const { type } of paired) count[type]++;
  const leaders = drawLeaders(injected);
  const anomalies =
    verdict === false
      ? [{ type: 'stale-read', key: 'r0', operations: stale.operations, explanation: explain(history, stale.operations) }]
      : [];
  const results: Results = {
    version: 1,
    valid: verdict,
    system: 'raft',
    systemVersion: '0.1.0',
    workload: 'register',
    model: 'linearizable',
    seed,
    nodes,
    bugs: verdict === false ? ['stale-read'] : [],
    nemesis: ['partition', 'kill', 'clock'],
    startedAt,
    durationMs: durationMs + 4200,
    loadStartMs: 1000,
    loadEndMs: durationMs,
    command: `ordeal run --system raft --nodes 5 --workload register${verdict === false ? ' --bug stale-read' : ''} --nemesis partition,kill,clock --seed ${seed} --time-limit ${durationMs / 1000}s`,
    versions: { ordeal: '0.1.0', node: 'v24.2.0', raft: '0.1.0', toxiproxy: 'embedded 0.1.0' },
    checks: [
      {
        valid: verdict,
        workload: 'register',
        model: 'linearizable',
        operations: paired.length,
        keys: 8,
        elapsedMs: 412,
        anomalies,
        method: 'search',
        ...(verdict === 'unknown'
          ? { unknown: 'the search on key r3 ran out of time after 60 s; verified up to operation 1,204 of 3,377' }
          : {}),
      },
      {
        valid: true,
        workload: 'raft',
        model: 'raft-safety',
        operations: paired.length,
        keys: 0,
        elapsedMs: 35,
        anomalies: [],
        warnings: ['n4: the event log ends in a torn line, which was left out'],
      },
    ],
    faults: injected,
    operations: count,
    recoveryMs: 640,
    availability: measureAvailability({ operations: paired, faults: injected, loadStartMs: 1000, loadEndMs: durationMs, nodes }),
    leaders,
    exits: verdict === 'unknown' ? [{ timeMs: 17_420, node: 'n4', reason: 'exit code 1: fsync: no space left on device' }] : [],
    lint: [
      {
        code: 'repeated-values',
        severity: 'note',
        operations: [17, 40],
        count: 2,
        message: '2 operations wrote a value that the same object had been given before. Number the values.',
      },
    ],
    power: syntheticPower,
    warnings: verdict === true ? [] : ['the clock of n2 was still 3 ms off when the load ended'],
    folder: 'runs/raft-register/20260302T091500-7',
  };
  return { results, history, logs: drawLogs(results, history, stale.operations) };
};

const drawFaults = (rng: Rng, durationMs: number): Results['faults'] => {
  const kinds = ['partition', 'kill', 'clock', 'partition', 'pause', 'latency'];
  const faults: Results['faults'] = [];
  for (let startMs = 3000, id = 0; startMs + 3500 < durationMs; startMs += 5000, id++) {
    const kind = kinds[id % kinds.length]!;
    const victim = rng.pick(nodes);
    const effective = id !== 2;
    const targets =
      kind === 'partition' ? nodes.filter(node => node !== victim).flatMap(node => [`${victim}>${node}`, `${node}>${victim}`]) : [victim];
    const proof = effective
      ? `probed: ${victim} did not answer for 250 ms`
      : `${victim} still reads the true time (0.4 ms off, 5000 ms expected)`;
    const healProof = `${victim} answered after ${rng.int(300)} ms`;
    const params: Results['faults'][number]['params'] =
      kind === 'partition' ? { shape: 'isolate-one' } : kind === 'clock' ? { jumpMs: 5000 } : {};
    faults.push({ id, kind, targets, startMs, endMs: startMs + 2500 + rng.int(900), effective, proof, healed: true, healProof, params });
  }
  return faults;
};

interface HistoryPlan {
  readonly operations: number;
  readonly durationMs: number;
  readonly faults: Results['faults'];
}

/** Each process asks, waits and asks again; during a fault the nodes it hit answer late, refuse, or not at all. */
const drawHistory = (rng: Rng, { operations, durationMs, faults }: HistoryPlan): Event[] => {
  const paceMs = ((durationMs - 1000) * concurrency) / operations;
  const events: Event[] = [];
  const registers = new Map<string, number>();
  const threads = Array.from({ length: concurrency }, (_, thread) => ({ process: thread, freeMs: 1000 + rng.float() * paceMs }));
  for (let n = 0; n < operations; n++) {
    const thread = threads.reduce((first, other) => (other.freeMs < first.freeMs ? other : first));
    const node = nodes[thread.process % nodes.length]!;
    const startMs = thread.freeMs;
    const trouble = faults.find(
      fault =>
        fault.effective && startMs >= fault.startMs && startMs < fault.endMs && fault.targets.some(target => target.startsWith(node)),
    );
    const luck = rng.float();
    const type = trouble === undefined ? (luck < 0.002 ? 'fail' : 'ok') : luck < 0.25 ? 'info' : luck < 0.6 ? 'fail' : 'ok';
    const spread = Math.min(paceMs * 0.8, 1.5) * Math.exp(rng.float() * 2.4 - 1.2) * (rng.chance(0.01) ? 12 : 1);
    const tookMs = type === 'info' ? 1000 + rng.float() * 30 : trouble === undefined ? spread : spread * (type === 'ok' ? 60 : 4);
    const key = `r${rng.int(8)}`;
    const f = rng.pick(['read', 'write', 'write', 'cas', 'read']);
    const held = registers.get(key) ?? null;
    const value = f === 'read' ? null : f === 'write' ? n : [held, n];
    if (type === 'ok' && f !== 'read') registers.set(key, n);
    const common = { index: 0, process: thread.process, node, f, key };
    const error = {
      name: type === 'info' ? 'timeout' : 'not-leader',
      message: type === 'info' ? 'no answer within 1000 ms' : 'this node is not the leader',
    };
    events.push({ ...common, time: Math.round(startMs * 1e6), type: 'invoke', value });
    events.push({
      ...common,
      time: Math.round((startMs + tookMs) * 1e6),
      type,
      value: f === 'read' && type === 'ok' ? held : value,
      ...(type === 'ok' ? {} : { error }),
    });
    if (type === 'info') thread.process += concurrency;
    thread.freeMs = startMs + Math.max(tookMs, paceMs * (0.6 + rng.float() * 0.8));
  }
  return inOrder(events);
};

const inOrder = (events: Event[]): Event[] => events.sort((a, b) => a.time - b.time).map((event, index) => ({ ...event, index }));

/** Write 1, overwrite it by 2, see 2, then see 1 again: the last one is stale. A write of 3 that timed out is part of it. */
const addStaleRead = (history: readonly Event[], durationMs: number): { history: Event[]; operations: number[] } => {
  const base = durationMs * 0.45;
  const planted: [process: number, f: string, value: number | null, result: number | null, startMs: number, tookMs: number | null][] = [
    [9001, 'write', 91, 91, 0, 2.1],
    [9002, 'write', 92, 92, 310, 3.4],
    [9003, 'write', 93, null, 311, null],
    [9001, 'read', null, 92, 318, 1.2],
    [9004, 'read', null, 91, 341, 1.9],
  ];
  const events: Event[] = [];
  for (const [process, f, value, result, startMs, tookMs] of planted) {
    const common = { index: 0, process, node: nodes[process % 5]!, f, key: 'r0', planted: true };
    events.push({ ...common, type: 'invoke', value, time: Math.round((base + startMs) * 1e6) });
    const error = { name: 'timeout', message: 'no answer within 1000 ms' };
    if (tookMs === null) events.push({ ...common, type: 'info', value, error, time: Math.round((base + startMs + 1000) * 1e6) });
    else events.push({ ...common, type: 'ok', value: result, time: Math.round((base + startMs + tookMs) * 1e6) });
  }
  const all = inOrder([...history, ...events]);
  const named = all.filter(event => event.planted && (event.type === 'ok' || (event.type === 'invoke' && event.value === 93)));
  return { history: all, operations: named.map(({ index }) => index) };
};

const explain = (history: readonly Event[], [, , , fresh, stale]: readonly number[]): string =>
  `Operation ${stale} read r0=91, but operation ${fresh} had already read r0=92, which overwrote 91, and it ended ` +
  `${((history[stale!]!.time - history[fresh!]!.time) / 1e6).toFixed(1)} ms before the answer to operation ${stale}. No later write put 91 back.`;

const drawLeaders = (faults: Results['faults']): Results['leaders'] => [
  { timeMs: 620, leader: 'n1', term: 1 },
  ...faults.slice(0, 4).flatMap(({ startMs }, at) => [
    { timeMs: startMs + 180, leader: null, term: at + 1 },
    { timeMs: startMs + 460, leader: nodes[(at + 2) % 5]!, term: at + 2 },
  ]),
];

const drawLogs = (results: Results, history: readonly Event[], accused: readonly number[]): LogExcerpt[] => {
  const last = history[accused.at(-1) ?? -1];
  if (last === undefined) return [];
  const lastMs = last.time / 1e6;
  const line = (node: string, timeMs: number, event: string, context: object): string =>
    JSON.stringify({
      level: 'info',
      timestamp: new Date(Date.parse(startedAt) + timeMs).toISOString(),
      node_id: node,
      term: 3,
      event,
      context,
    });
  const logs = nodes.slice(0, 3).map((node, at) => {
    const text = Array.from({ length: 40 }, (_, n) =>
      line(node, lastMs - 4000 + n * 200 + at * 13, n % 9 === 4 ? 'election_started' : 'commit_applied', { index: 4000 + n }),
    );
    return [node, new Map([['events.jsonl', text.join('\n')]])] as const;
  });
  return excerptLogs(new Map(logs), results.startedAt, logWindows(results, history));
};

const syntheticPower: Results['power'] = {
  coverage: {
    operations: 3000,
    processes: 10,
    keys: 8,
    concurrencyMean: 4.8,
    concurrencyMax: 10,
    overlapping: 0.47,
    written: 900,
    read: 640,
    faults: [{ kind: 'partition', faults: 2, succeededDuring: 310, succeededAfter: 96, keysWritten: 8, keysReadAfter: 8 }],
  },
  model: 'linearizable',
  seed: 7,
  kinds: [
    {
      kind: 'stale read',
      summary: 'a read is answered by a replica that lags',
      injected: 200,
      caught: 74,
      silent: 110,
      undecided: 0,
      share: 0.37,
      low: 0.306,
      high: 0.439,
    },
    {
      kind: 'dirty read',
      summary: 'a read shows what it must not',
      injected: 200,
      caught: 200,
      silent: 0,
      undecided: 0,
      share: 1,
      low: 0.981,
      high: 1,
    },
  ],
  advice: [
    '37 % of injected stale reads would have been caught (31 % to 44 %): in 110 of 200 no answer would have changed: nothing had changed shortly before most reads. Raise the rate, or use fewer keys.',
  ],
  elapsedMs: 480,
};
