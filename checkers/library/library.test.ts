/** The public entry: each function accepts and rejects, refuses what it does not know, and what it imports is known. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { projectRoot } from '../../harness/std/paths.ts';
import * as library from '../index.ts';
import { models } from '../models/registry.ts';
import { checkers } from '../registry.ts';

const { lanes, register, kv, counter, fifoQueue, multiRegister, mutex, set } = library;

const stale = lanes`
  p0  |write 1| |write 2|
  p1                       |read 1|
`;
const fresh = lanes`
  p0  |write 1| |write 2|
  p1                       |read 2|
`;

test('objects: linearizable and sequential, by any model', () => {
  expect(library.checkLinearizable(fresh, register)).toMatchObject({ valid: true, model: 'linearizable', workload: 'register' });
  const { valid, anomalies } = library.checkLinearizable(stale, register);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'lost-write', operations: [1, 3, 5] }] });
  expect(library.checkSequential(stale, register).valid).toBe(true);
  const disordered = lanes`
    p0  |enqueue 1| |enqueue 2| |dequeue 2|
  `;
  expect(library.checkLinearizable(disordered, fifoQueue).valid).toBe(false);
  expect(library.checkSequential(disordered, fifoQueue)).toMatchObject({ valid: false, anomalies: [{ type: 'non-sequential' }] });
  expect(library.checkLinearizable(lanes`p0 |add 1| |read 2|`, counter).valid).toBe(false);
  expect(library.checkLinearizable(lanes`p0 |add 1| |read [1]|`, set).valid).toBe(true);
  expect(library.checkLinearizable(lanes`p0 |acquire| |acquire|`, mutex).valid).toBe(false);
  expect(library.checkLinearizable(lanes`p0 |put "a"| |get "b"|`, kv).valid).toBe(false);
  expect(library.checkSequential(lanes`p0 |write {"x":1}| |read {"x":1}|`, multiRegister()).valid).toBe(true);
});

test('objects of one’s own, and how long it may take', () => {
  const maximum: library.Model<number> = {
    name: 'maximum',
    init: 0,
    step: (most, { f, input, output }) =>
      f === 'put' ? Math.max(most, Number(input)) : output === undefined || output === most ? most : undefined,
    describe: ({ f, input }) => `${f} ${input}`,
  };
  expect(library.checkLinearizable(lanes`p0 |put 2| |put 1| |top 2|`, maximum)).toMatchObject({ valid: true, workload: 'maximum' });
  expect(library.checkLinearizable(lanes`p0 |put 2| |put 1| |top 1|`, maximum).valid).toBe(false);
  expect(library.checkLinearizable(fresh, register, { timeLimitMs: 0 })).toMatchObject({ valid: 'unknown' });
});

test('transactions: strict serializability', () => {
  const lost = lanes`
    p0  |txn ["append",1,1]|
    p1                        |txn ["r",1,[]]|
  `.map(event => ({ ...event, value: [event.value] })) as unknown as History;
  expect(library.checkListAppend(lost).valid).toBe(false);
  expect(library.checkListAppend(lost.slice(0, 2)).valid).toBe(true);
  expect(library.checkSerializable(lost.slice(0, 2))).toMatchObject({ valid: true, model: 'serializable' });
});

const weaker: readonly (readonly [name: string, check: (history: History) => library.Verdict, accepts: History, rejects: History])[] =
  (() => {
    const backwards = lanes`
    p0  |x: write 1| |x: write 2|
    p1                            |x: read 2| |x: read 1|
  `;
    const own = lanes`p0 |x: write 1| |x: read null|`;
    const outOfOrder = lanes`
    p0  |x: write 1| |y: write 2|
    p1                            |y: read 2| |x: read null|
  `;
    const follows = lanes`
    p0  |x: write 1|
    p1               |x: read 1| |y: write 2|
    p2                                        |y: read 2| |x: read null|
  `;
    const twoOrders = lanes`
    p0  |x: write 1|
    p1  |x: write 2|
    p2                |x: read 1| |x: read 2|
    p3                |x: read 2| |x: read 1|
  `;
    const apart = lanes`
    p0  |write 1| |read 1|
    p1                      |read null|
  `;
    const { checkCausal, checkCausalConvergence, checkCausalMemory, checkPram, checkProcessor } = library;
    return [
      ['read-your-writes', library.checkReadYourWrites, backwards, own],
      ['monotonic-reads', library.checkMonotonicReads, outOfOrder, backwards],
      ['monotonic-writes', library.checkMonotonicWrites, follows, outOfOrder],
      ['writes-follow-reads', library.checkWritesFollowReads, own, follows],
      ['causal', checkCausal, twoOrders, follows],
      ['causal-convergence', checkCausalConvergence, stale, twoOrders],
      ['causal-memory', checkCausalMemory, twoOrders, backwards],
      ['pram', checkPram, twoOrders, backwards],
      ['processor', checkProcessor, stale, twoOrders],
      ['eventual', library.checkEventual, fresh, apart],
      ['bounded-staleness', history => library.checkBoundedStaleness(history, { versions: 0 }), fresh, stale],
    ];
  })();

test.each(weaker)('%s: accepts, rejects', (name, check, accepts, rejects) => {
  expect(check(accepts)).toMatchObject({ model: name, valid: true, anomalies: [] });
  const verdict = check(rejects);
  expect(verdict).toMatchObject({ model: name, valid: false });
  expect(verdict.anomalies[0]!.operations.length).toBeGreaterThan(0);
});

const workloads: readonly (readonly [model: string, check: (history: History) => library.Verdict, accepts: History, rejects: History])[] = [
  ['bank', library.checkBank, lanes`p0 |open {"a":5,"b":5}| |read {"a":5,"b":5}|`, lanes`p0 |open {"a":5,"b":5}| |read {"a":5,"b":6}|`],
  ['broadcast', library.checkBroadcast, lanes`p0 |broadcast 1| |read [1]|`, lanes`p0 |broadcast 1| |read []|`],
  ['counter', library.checkCounter, lanes`p0 |add 1| |read 1|`, lanes`p0 |add 1| |read 2|`],
  ['leader-election', library.checkLeaderElection, leaders('n1'), leaders('n2')],
  ['lock', library.checkLock, lanes`p0 |acquire| |release|`, lanes`p0 |acquire| |acquire|`],
  ['fenced-lock', library.checkFencedLock, tokens(1, 2), tokens(2, 1)],
  ['kafka', library.checkKafka, polled(0), polled(1)],
  ['long-fork', library.checkLongFork, forked(false), forked(true)],
  ['monotonic', library.checkMonotonic, lanes`p0 |read 1| |read 2|`, lanes`p0 |read 2| |read 1|`],
  ['total-queue', library.checkTotalQueue, lanes`p0 |enqueue 1| |dequeue 1|`, lanes`p0 |enqueue 1| |dequeue 1| |dequeue 1|`],
  ['at-least-once-queue', library.checkAtLeastOnceQueue, lanes`p0 |enqueue 1| |dequeue 1| |dequeue 1|`, lanes`p0 |dequeue 1|`],
  [
    'fifo-queue',
    library.checkFifoQueue,
    lanes`p0 |enqueue 1| |enqueue 2| |dequeue 1| |dequeue 2|`,
    lanes`p0 |enqueue 1| |enqueue 2| |dequeue 2| |dequeue 1|`,
  ],
  ['set', library.checkSet, lanes`p0 |add 1| |read []| |read [1]|`, lanes`p0 |add 1| |read []|`],
  ['set-full', library.checkSetFull, lanes`p0 |add 1| |read [1]|`, lanes`p0 |add 1| |read []| |read [1]|`],
  ['unique-ids', library.checkUniqueIds, lanes`p0 |generate 1| |generate 2|`, lanes`p0 |generate 1| |generate 1|`],
];

function leaders(second: string): History {
  return lanes`p0 |leader ${{ term: 1, leader: 'n1' }}| |leader ${{ term: 1, leader: second }}|`.map(event =>
    event.type === 'invoke' ? { ...event, value: null } : event,
  );
}

function tokens(first: number, second: number): History {
  return lanes`p0 |acquire ${first}| |release| |acquire ${second}|`.map(event =>
    event.type === 'invoke' ? { ...event, value: null } : event,
  );
}

/** A value was sent, and stands at offset 0; where does a consumer find it? */
function polled(offset: number): History {
  const events = lanes`p0 |k: send 1| |poll ${{ k: [[offset, 1]] }}|`;
  return events.map((event, at) => (at === 1 ? { ...event, value: [0, 1] } : event));
}

function forked(opposite: boolean): History {
  const step = (process: number, value: readonly (readonly [string, string, number | null])[]) => ({ process, f: 'txn', value });
  const transactions = [
    step(0, [['w', 'x', 1]]),
    step(1, [['w', 'y', 1]]),
    step(2, [
      ['r', 'x', 1],
      ['r', 'y', null],
    ]),
    step(3, [
      ['r', 'x', opposite ? null : 1],
      ['r', 'y', 1],
    ]),
  ];
  const events = transactions.flatMap(transaction => [
    { ...transaction, type: 'invoke' as const },
    { ...transaction, type: 'ok' as const },
  ]);
  return events.map((event, index) => ({ ...event, index, time: index }));
}

test.each(workloads)('%s: accepts, rejects', (name, check, accepts, rejects) => {
  expect(check(accepts)).toMatchObject({ model: name, valid: true, anomalies: [] });
  const verdict = check(rejects);
  expect(verdict).toMatchObject({ model: name, valid: false });
  expect(verdict.anomalies[0]!.operations.length).toBeGreaterThan(0);
});

test('errors that nobody foresaw are never a violation', () => {
  expect(library.checkUnhandledExceptions(stale)).toMatchObject({ model: 'unhandled-exceptions', valid: true });
});

test('every checker of the command line is in the library', () => {
  const known = new Set(
    [...weaker, ...workloads]
      .map(([model]) => model)
      .concat('linearizable', 'sequential', 'all', 'unhandled-exceptions', 'serializable', 'repeatable-read'),
  );
  expect(checkers.map(({ model }) => model).filter(model => !known.has(model))).toEqual([]);
});

test('every model of the command line is in the library, and says which operations it knows', () => {
  const made = [multiRegister(), library.priorityQueue(), library.priorityQueue('largest')];
  const exported = [...Object.values(library), ...made].map(one => (one as { readonly workload?: string }).workload);
  for (const workload of Object.keys(models)) {
    expect(models[workload]!(model => model.workload)).toBe(workload);
    expect(exported).toContain(workload);
  }
});

test('where a history stands', () => {
  const { satisfies, violates } = library.findStanding(stale);
  expect(satisfies).toEqual(['sequential', 'eventual']);
  expect(violates).toMatchObject([{ model: 'linearizable', anomalies: [{ type: 'lost-write' }] }]);
});

test('histories of something else are refused: they would be valid for no reason', () => {
  const foreign = lanes`p0 |put 1| |get 2|`;
  const refusal = 'event 0 of the history: expected an operation of workload';
  for (const check of [library.checkCausal, library.checkEventual, library.findStanding, library.checkBank, library.checkUniqueIds])
    expect(() => check(foreign)).toThrow(refusal);
  expect(() => library.checkLinearizable(foreign, register)).toThrow(refusal);
  expect(() => library.checkSequential(foreign, register)).toThrow(refusal);
  expect(() => library.checkBoundedStaleness(foreign, {})).toThrow(refusal);
  expect(() => library.checkListAppend(foreign)).toThrow(refusal);
  expect(() => library.checkEventual(lanes`p0 |acquire|`, mutex)).toThrow('eventual consistency of a mutex is not known here');
});

test('from text to a verdict, and back', () => {
  const text = library.formatHistory(stale);
  expect(library.parseHistory(text).history).toEqual(stale);
  expect(library.parseHistory(Buffer.from(text)).history).toEqual(stale);
  const edn = '{:process 0 :type :invoke :f :write :value 1}\n{:process 0 :type :ok :f :write :value 1}\n';
  expect(library.checkLinearizable(library.parseHistory(edn).history, register).valid).toBe(true);
  expect(() => library.parseHistory('{"process":0', 'a.jsonl').history).not.toThrow();
  expect(() => library.parseHistory('nothing of the kind', 'a.jsonl')).toThrow('a.jsonl:1:1: expected a history');
});

test('a verdict in words and lanes', () => {
  const verdict = library.checkLinearizable(stale, register);
  expect(library.describeVerdict(stale, verdict)).toBe(
    [
      'linearizable: violated',
      '',
      'lost-write',
      '',
      '  p0  |write 1| |write 2|',
      '  p1                      |read 1|',
      '',
      verdict.anomalies[0]!.explanation,
    ].join('\n'),
  );
  expect(library.describeVerdict(fresh, library.checkLinearizable(fresh, register))).toBe('linearizable: all 3 operations agree with it');
  const undecided = library.checkLinearizable(fresh, register, { timeLimitMs: 0 });
  expect(library.describeVerdict(fresh, undecided)).toMatch(/^linearizable: not decided: .*time limit/);
});

/** What a module imports, directly or not, types left out. */
const graphOf = (entry: string): Set<string> => {
  const seen = new Set([entry]);
  for (const file of seen) {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    for (const [, target] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm))
      seen.add(target!.startsWith('.') ? relative(projectRoot, join(projectRoot, dirname(file), target!)) : target!);
    for (const gone of [...seen].filter(name => !name.endsWith('.ts'))) {
      seen.delete(gone);
      outside.add(gone);
    }
  }
  return seen;
};
const outside = new Set<string>();

test('importing it does nothing: no package, and nothing of the run, the cluster or the command line', () => {
  outside.clear();
  const graph = [...graphOf('checkers/index.ts')];
  expect(graph.length).toBeGreaterThan(60);
  const allowed = /^(checkers\/|harness\/(history|std|protocol)\/|harness\/store\/(read-history|byte-source)\.ts$)/;
  expect(graph.filter(file => !allowed.test(file))).toEqual([]);
  expect([...outside].filter(name => !/^node:(buffer|zlib|fs\/promises|stream\/consumers)$/.test(name))).toEqual([]);
  const statements = graph.flatMap(file =>
    readFileSync(join(projectRoot, file), 'utf8')
      .split('\n')
      .filter(line => /^[\w.]+\(|^(?:if|await|throw|delete) |^(?:globalThis|process)\b/.test(line))
      .map(line => `${file}: ${line}`),
  );
  expect(statements).toEqual([]);
});

test('the linearizability checker alone needs none of the others', () => {
  const alone = [...graphOf('checkers/linearizable/check.ts')];
  expect(alone.length).toBeGreaterThan(10);
  expect(alone.filter(file => /sequential|causal|sessions|properties|list-append|edn|store/.test(file))).toEqual([]);
});
