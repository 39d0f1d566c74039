import { describe, expect, test } from 'vitest';
import type { Event } from '../harness/history/event.ts';
import { pairOperations } from '../harness/history/operation.ts';
import { measureAvailability, nodesHit } from './availability.ts';

const nodes = ['n1', 'n2', 'n3'];

/** One operation per row: node, invoked at, completed at (milliseconds), outcome; `open` never completes. */
const history = (rows: string): Event[] => {
  const events: Event[] = [];
  for (const [process, row] of rows.trim().split('\n').entries()) {
    const [node, start, end, outcome, error] = row.trim().split(/\s+/);
    const common = { index: 0, process, node, f: 'read', key: 'x', value: null };
    events.push({ ...common, time: Number(start) * 1e6, type: 'invoke' });
    if (outcome === 'open') continue;
    events.push({
      ...common,
      time: Number(end) * 1e6,
      type: outcome as Event['type'],
      ...(error ? { error: { name: error, message: '' } } : {}),
    });
  }
  return events.sort((a, b) => a.time - b.time).map((event, index) => ({ ...event, index }));
};

const measure = (rows: string, faults: { kind: string; targets: string[]; startMs: number; endMs: number; effective?: boolean }[]) =>
  measureAvailability({
    operations: pairOperations(history(rows)),
    faults: faults.map(fault => ({ effective: true, ...fault })),
    loadStartMs: 0,
    loadEndMs: 1000,
    nodes,
  });

const partition = { kind: 'partition', targets: ['n1>n2', 'n1>n3', 'n2>n1', 'n3>n1'], startMs: 100, endMs: 200 };

describe('success rate and latency', () => {
  test('operations on the node that the fault hit are counted apart from the others', () => {
    const rows = measure(
      `n1  10  12 ok
       n2 110 115 ok
       n1 120 300 info
       n1 130 140 ok
       n3 150 155 fail`,
      [partition],
    );
    expect(rows.map(({ kind, target, operations, successRate }) => ({ kind, target, operations, successRate }))).toEqual([
      { kind: 'none', target: 'all', operations: 1, successRate: 1 },
      { kind: 'partition', target: 'faulted', operations: 2, successRate: 0.5 },
      { kind: 'partition', target: 'others', operations: 2, successRate: 0.5 },
    ]);
    expect(rows[1]).toMatchObject({ p50Ms: 10, p95Ms: 10, p99Ms: 10 });
  });

  test('an operation that was under way when the fault came meets it; one that ended before does not', () => {
    const rows = measure(
      `n1 90 250 info
       n1 90  99 ok`,
      [partition],
    );
    expect(rows.map(row => row.operations)).toEqual([1, 1]);
    expect(rows[1]).toMatchObject({ target: 'faulted', successRate: 0, p50Ms: null });
  });

  test('an operation that never completed is no success, and meets only faults at its invocation', () => {
    const rows = measure('n1 110 - open', [partition, { ...partition, kind: 'kill', targets: ['n1'], startMs: 400, endMs: 500 }]);
    expect(rows.map(({ kind, operations }) => [kind, operations])).toEqual([
      ['none', 0],
      ['partition', 1],
      ['kill', 0],
    ]);
    expect(rows[1]!.successRate).toBe(0);
  });

  test('overlapping faults count for each', () => {
    const rows = measure('n1 110 120 ok', [partition, { kind: 'pause', targets: ['n2'], startMs: 100, endMs: 200 }]);
    expect(rows.map(({ kind, target, operations }) => [kind, target, operations])).toEqual([
      ['none', 'all', 0],
      ['partition', 'faulted', 1],
      ['pause', 'faulted', 0],
      ['pause', 'others', 1],
    ]);
  });

  test('a fault that was never proven has no row, and its time is not fault-free either', () => {
    const rows = measure('n1 110 120 ok', [{ ...partition, effective: false }]);
    expect(rows).toEqual([
      {
        kind: 'none',
        target: 'all',
        operations: 0,
        successRate: null,
        p50Ms: null,
        p95Ms: null,
        p99Ms: null,
        firstSuccessMs: null,
        normalLatencyMs: null,
      },
    ]);
  });

  test('a refused compare-and-set is an answer, a refused connection is not', () => {
    expect(measure('n1 10 12 fail cas-mismatch', [])[0]!.successRate).toBe(1);
    expect(measure('n1 10 12 fail connection-refused', [])[0]!.successRate).toBe(0);
  });

  test('what comes before and after the load is left out', () => {
    expect(measure('n1 1500 1600 ok', [])[0]!.operations).toBe(0);
  });
});

describe('time to return', () => {
  const calm = 'n2 10 12 ok\n'.repeat(3);
  const steady = (fromMs: number, latencyMs: number, count: number) =>
    Array.from({ length: count }, (_, at) => `n1 ${fromMs + at * 20} ${fromMs + at * 20 + latencyMs} ok`).join('\n');

  test('first success is counted from the heal, on the nodes hit alone', () => {
    const rows = measure(`${calm}n2 205 206 ok\nn1 150 250 ok`, [partition]);
    expect(rows[1]).toMatchObject({ target: 'faulted', firstSuccessMs: 50, normalLatencyMs: null });
  });

  test('latency is normal when the median of ten successes is back within twice the fault-free median', () => {
    // Fault-free median 2 ms. Ten at 30 ms, then 3 ms: of the last ten, half are fast at the fifth (the lower median).
    const rows = measure(`${calm}${steady(210, 30, 10)}\n${steady(600, 3, 10)}`, [partition]);
    expect(rows[1]!.normalLatencyMs).toBe(600 + 4 * 20 + 3 - 200);
    expect(rows[1]!.firstSuccessMs).toBe(40);
  });

  test('a fault whose successor came first was not seen to return', () => {
    const next = { kind: 'kill', targets: ['n3'], startMs: 230, endMs: 240 };
    const rows = measure(`${calm}${steady(210, 3, 12)}`, [partition, next]);
    expect(rows.find(({ kind }) => kind === 'partition')).toMatchObject({ firstSuccessMs: 13, normalLatencyMs: null });
  });

  test('the median over faults treats one never seen to return as infinitely long', () => {
    const at = (startMs: number) => ({ kind: 'kill', targets: ['n1'], startMs, endMs: startMs + 10 });
    const rows = measure('n1 115 120 ok\nn1 215 240 ok', [at(100), at(200), at(900)]);
    expect(rows[1]!.firstSuccessMs).toBe(30);
    expect(measure('n1 115 120 ok', [at(100), at(800), at(900)])[1]!.firstSuccessMs).toBeNull();
  });
});

describe('which nodes a fault hit', () => {
  const five = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const cut = (a: string[], b: string[]) => a.flatMap(from => b.flatMap(to => [`${from}>${to}`, `${to}>${from}`]));
  test.each([
    ['a node by name', ['n2'], ['n2']],
    ['the isolated node, not those that lose it', cut(['n1'], ['n2', 'n3', 'n4', 'n5']), ['n1']],
    ['the minority', cut(['n1', 'n2'], ['n3', 'n4', 'n5']), ['n1', 'n2']],
    ['one direction alone', ['n1>n2', 'n1>n3', 'n1>n4', 'n1>n5'], ['n1']],
    ['both ends of one link', ['n1>n2'], ['n1', 'n2']],
    ['the node that clients cannot reach', ['clients>n3'], ['n3']],
    ['nobody', [], []],
  ])('%s', (_, targets, hit) => {
    expect([...nodesHit(targets, five)].sort()).toEqual(hit);
  });
});

test('a hundred thousand operations and thirty faults take seconds, not minutes', () => {
  const rows: Event[] = [];
  for (let i = 0; i < 100_000; i++) {
    const common = { process: i, node: nodes[i % 3]!, f: 'read', value: null };
    rows.push({ ...common, index: 2 * i, time: i * 1e4, type: 'invoke' }, { ...common, index: 2 * i + 1, time: i * 1e4 + 5e3, type: 'ok' });
  }
  const faults = Array.from({ length: 30 }, (_, at) => ({
    kind: 'kill',
    targets: ['n1'],
    startMs: at * 30,
    endMs: at * 30 + 20,
    effective: true,
  }));
  const started = performance.now();
  measureAvailability({ operations: pairOperations(rows), faults, loadStartMs: 0, loadEndMs: 1000, nodes });
  expect(performance.now() - started).toBeLessThan(20_000);
});
