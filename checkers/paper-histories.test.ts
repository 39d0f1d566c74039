/**
 * The histories by which papers tell the weaker models apart, each accepted and rejected as its source says, by the checkers and by the bare
 * definitions alike.
 */
import { describe, expect, test } from 'vitest';
import type { History } from '../harness/history/event.ts';
import { checkers } from './registry.ts';
import { deltaByBruteForce, kByBruteForce } from './testing/atomicity-brute-force.ts';
import { lanes } from './testing/lanes.ts';
import { weakDefinitions } from './testing/weak-brute-force.ts';

interface PaperHistory {
  readonly name: string;
  readonly source: string;
  readonly history: History;
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
}

const bouajjani = 'Bouajjani, Enea, Guerraoui & Hamza, POPL 2017, figure 3';
const ahamad = 'Ahamad, Neiger, Burns, Kohli & Hutto, Distributed Computing 1995';
const terry = 'Terry et al., PDIS 1994';
const guarantees = ['read-your-writes', 'monotonic-reads', 'monotonic-writes', 'writes-follow-reads'];
const allBut = (one: string): readonly string[] => guarantees.filter(other => other !== one);

const histories: readonly PaperHistory[] = [
  {
    name: "each of two sessions takes the other one's write for the later",
    source: `${bouajjani} (a)`,
    history: lanes`
      p0  |x: write 1| |x: read 2|
      p1  |x: write 2| |x: read 1|
    `,
    accepted: ['causal', 'causal-memory', 'pram'],
    rejected: ['causal-convergence', 'processor', 'sequential'],
  },
  {
    name: 'one order of writes for all, which no session can have seen grow',
    source: `${bouajjani} (b)`,
    history: lanes`
      p0  |z: write 1| |x: write 1| |y: write 1|
      p1  |x: write 2| |z: read|    |y: read 1| |x: read 2|
    `,
    accepted: ['causal', 'causal-convergence'],
    rejected: ['causal-memory', 'pram', 'sequential'],
  },
  {
    name: 'a session wavers between two writes',
    source: `${bouajjani} (c)`,
    history: lanes`
      p0  |x: write 1|
      p1  |x: write 2| |x: read 1| |x: read 2|
    `,
    accepted: ['causal'],
    rejected: ['causal-memory', 'causal-convergence', 'sequential'],
  },
  {
    name: 'two sessions that do not see each other',
    source: `${bouajjani} (d)`,
    history: lanes`
      p0  |x: write 1| |y: read| |y: write 1| |x: read 1|
      p1  |x: write 2| |y: read| |y: write 2| |x: read 2|
    `,
    accepted: ['causal', 'causal-memory', 'causal-convergence', 'pram'],
    rejected: ['sequential'],
  },
  {
    name: 'an overwritten value is read after what overwrote it',
    source: `${bouajjani} (e)`,
    history: lanes`
      p0  |x: write 1| |y: write 1|
      p1                             |y: read 1| |x: write 2|
      p2                                                       |x: read 2| |x: read 1|
    `,
    accepted: ['pram'],
    rejected: ['causal', 'causal-memory', 'causal-convergence', 'sequential'],
  },
  {
    name: 'concurrent writes, seen in two orders after a common cause',
    source: `${ahamad}: causal, not sequentially consistent`,
    history: lanes`
      p0  |x: write 1|                          |x: write 3|
      p1               |x: read 1| |x: write 2|
      p2               |x: read 1|                           |x: read 3| |x: read 2|
      p3               |x: read 1|                           |x: read 2| |x: read 3|
    `,
    accepted: ['causal', 'causal-memory', 'pram'],
    rejected: ['causal-convergence', 'processor', 'sequential'],
  },
  {
    name: 'a write and the one that it caused, seen the wrong way round',
    source: `${ahamad}: PRAM, not causal; Lipton & Sandberg 1988`,
    history: lanes`
      p0  |x: write 1|
      p1               |x: read 1| |x: write 2|
      p2                                        |x: read 2| |x: read 1|
      p3                                        |x: read 1| |x: read 2|
    `,
    accepted: ['pram'],
    rejected: ['causal', 'causal-memory', 'causal-convergence', 'processor', 'sequential'],
  },
  {
    name: 'the writes of one session out of order',
    source: 'Lipton & Sandberg 1988: what a pipelined memory cannot do',
    history: lanes`
      p0  |x: write 1| |x: write 2|
      p1                             |x: read 2| |x: read 1|
    `,
    accepted: ['read-your-writes', 'writes-follow-reads'],
    rejected: ['pram', 'monotonic-reads', 'monotonic-writes', 'causal', 'processor'],
  },
  {
    name: "two sessions disagree about the order of one object's writes",
    source: 'Goodman 1989; Ahamad, Bazzi, John, Kohli & Neiger, SPAA 1993: PRAM, not processor consistent',
    history: lanes`
      p0  |x: write 1|
      p1  |x: write 2|
      p2                 |x: read 1| |x: read 2|
      p3                 |x: read 2| |x: read 1|
    `,
    accepted: ['pram', 'causal-memory'],
    rejected: ['processor', 'causal-convergence', 'sequential'],
  },
  {
    name: 'every object alone is in order, but not the writes of a session',
    source: 'Goodman 1989: coherent (cache consistent), not processor consistent',
    history: lanes`
      p0  |x: write 1| |y: write 1|
      p1                             |y: read 1| |x: read|
    `,
    accepted: allBut('monotonic-writes'),
    rejected: ['processor', 'pram', 'causal', 'monotonic-writes'],
  },
  {
    name: 'each writes, then misses what the other wrote (Dekker)',
    source: 'Goodman 1989; Lamport 1979: processor consistent, not sequentially',
    history: lanes`
      p0  |x: write 1| |y: read|
      p1  |y: write 1| |x: read|
    `,
    accepted: ['processor', 'causal-memory', 'causal-convergence', 'pram'],
    rejected: ['sequential'],
  },
  {
    name: 'an effect without its cause',
    source: 'Ahamad et al., SPAA 1993: processor consistent, not causal',
    history: lanes`
      p0  |x: write 1|
      p1               |x: read 1| |y: write 1|
      p2                                        |y: read 1| |x: read|
    `,
    accepted: ['processor', 'pram'],
    rejected: ['causal', 'writes-follow-reads', 'sequential'],
  },
  {
    name: 'a changed password that does not work',
    source: `${terry}, read your writes`,
    history: lanes`
      p0  |x: write 1| |x: read|
    `,
    accepted: allBut('read-your-writes'),
    rejected: ['read-your-writes', 'causal', 'pram'],
  },
  {
    name: 'an appointment that is there and then is not',
    source: `${terry}, monotonic reads`,
    history: lanes`
      p0  |x: write 1|
      p1                 |x: read 1| |x: read|
    `,
    accepted: allBut('monotonic-reads'),
    rejected: ['monotonic-reads', 'causal', 'pram'],
  },
  {
    name: 'a program without the library that was written before it',
    source: `${terry}, monotonic writes`,
    history: lanes`
      p0  |library: write 1| |program: write 2|
      p1                                         |program: read 2| |library: read|
    `,
    accepted: allBut('monotonic-writes'),
    rejected: ['monotonic-writes', 'causal', 'pram'],
  },
  {
    name: 'an answer on the bulletin board without its question',
    source: `${terry}, writes follow reads`,
    history: lanes`
      p0  |question: write 1|
      p1                       |question: read 1| |answer: write 2|
      p2                                                             |answer: read 2| |question: read|
    `,
    accepted: [...allBut('writes-follow-reads'), 'pram', 'processor'],
    rejected: ['writes-follow-reads', 'causal'],
  },
];

const judged = (history: History, model: string): unknown =>
  checkers.find(checker => checker.model === model)!.check(history, { workload: 'register', timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 })
    .valid;

describe.each(histories)('$name ($source)', ({ history, accepted, rejected }) => {
  test.each(accepted)('%s accepts it', model => {
    expect([judged(history, model), weakDefinitions[model]!(history)]).toEqual([true, true]);
  });
  test.each(rejected)('%s rejects it', model => {
    expect([judged(history, model), weakDefinitions[model]!(history)]).toEqual([false, false]);
  });
});

test('every model accepts some and rejects some', () => {
  for (const model of Object.keys(weakDefinitions)) {
    expect(histories.some(({ accepted }) => accepted.includes(model)) || model === 'sequential', model).toBe(true);
    expect(
      histories.some(({ rejected }) => rejected.includes(model)),
      model,
    ).toBe(true);
  }
});

const limits = { timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 };
const verdictOf = (model: string, history: History, workload = 'register', staleness = {}) =>
  checkers.find(checker => checker.model === model)!.check(history, { workload, ...limits, staleness });

describe('bounded staleness (Golab, Li & Shah, PODC 2011: delta-atomicity and k-atomicity)', () => {
  const bounded = (history: History, staleness = {}) => verdictOf('bounded-staleness', history, 'register', staleness);

  test('a read of the value before the last: by as much as it was called after the last write had returned', () => {
    const history = lanes`
      p0  |write 1| |write 2|
      p1                       |read 1|
    `;
    expect(bounded(history).measured).toEqual({ staleReads: 1, stalenessMs: 3, stalenessVersions: 1 });
    expect([deltaByBruteForce(history), kByBruteForce(history)]).toEqual([3, 2]);
    expect(bounded(history, { ms: 3 }).valid).toBe(true);
    expect(bounded(history, { ms: 2.999 })).toMatchObject({ valid: false, anomalies: [{ type: 'stale-read', operations: [1, 3, 5] }] });
    expect(bounded(history, { versions: 1 }).valid).toBe(true);
    expect(bounded(history, { versions: 0 }).valid).toBe(false);
  });

  test('a read that misses two writes is stale since the first of them', () => {
    const history = lanes`
      p0  |write 1| |write 2| |write 3|
      p1                                 |read 1|
    `;
    expect(bounded(history).measured).toEqual({ staleReads: 1, stalenessMs: 13, stalenessVersions: 2 });
    expect([deltaByBruteForce(history), kByBruteForce(history)]).toEqual([13, 3]);
    expect([bounded(history, { ms: 13, versions: 2 }).valid, bounded(history, { ms: 12 }).valid]).toEqual([true, false]);
    expect(bounded(history, { versions: 1 }).valid).toBe(false);
  });

  test('a read that overlaps the write it misses is not stale', () => {
    const history = lanes`
      p0  |write 1| |write 2|
      p1                 |read 1|
    `;
    expect(bounded(history, { ms: 0, versions: 0 })).toMatchObject({ valid: true, measured: { staleReads: 0, stalenessMs: 0 } });
    expect([deltaByBruteForce(history), kByBruteForce(history)]).toEqual([0, 1]);
  });

  test('reads that waver between concurrent writes: delta is not 0, and yet no one read is certainly stale', () => {
    const history = lanes`
      p0  |write 1                       |
      p1  |write 2                       |
      p2    |read 1|  |read 2|  |read 1|
    `;
    expect(bounded(history, { ms: 0, versions: 0 })).toMatchObject({ valid: true, measured: { staleReads: 0, stalenessVersions: 0 } });
    expect([deltaByBruteForce(history), kByBruteForce(history)]).toEqual([3, 2]);
    expect(verdictOf('sequential', history).valid).toBe(false);
  });
});

describe('eventual and strong eventual consistency (Shapiro, Preguiça, Baquero & Zawirski, SSS 2011)', () => {
  test('rejected: replicas that apply two writes in two orders and keep to that', () => {
    const history = lanes`
      p0@n1  |write 1| |read 1| |read 2| |read 2|
      p1@n2  |write 2| |read 2| |read 1| |read 1|
    `;
    expect(verdictOf('eventual', history)).toMatchObject({ valid: false, anomalies: [{ type: 'divergence', operations: [14, 15] }] });
  });

  test('accepted: replicas that waver until they agree, which are eventually consistent, and strongly so or not: deliveries are not recorded', () => {
    const history = lanes`
      p0@n1  |write 1| |read 1| |read 2| |read 1|
      p1@n2  |write 2| |read 2| |read 2|          |read 1|
    `;
    expect(verdictOf('eventual', history)).toMatchObject({ valid: true, measured: { convergenceMs: 18 } });
  });

  test('accepted: a set whose replicas merge what both have added (a state-based CRDT)', () => {
    const history = lanes`
      p0@n1  |add 1| |read [1]| |read [1,2]|
      p1@n2  |add 2| |read [2]| |read [2,1]|
    `;
    expect(verdictOf('eventual', history, 'set')).toMatchObject({ valid: true, measured: { convergenceMs: 11 } });
  });

  test('rejected: the same set, where each replica keeps its own', () => {
    const history = lanes`
      p0@n1  |add 1| |read [1]|
      p1@n2  |add 2| |read [2]|
    `;
    expect(verdictOf('eventual', history, 'set')).toMatchObject({ valid: false, anomalies: [{ type: 'divergence', operations: [6, 7] }] });
  });

  test('by clients all agree in the end, by replicas they do not', () => {
    const history = lanes`
      p0@n1  |write 1|                       |read 1|
      p1@n2  |write 2| |read 2|
      p1@n1                      |read 1|
    `;
    expect(verdictOf('eventual', history)).toMatchObject({ valid: false, anomalies: [{ type: 'divergence', operations: [5, 9] }] });
    const byClient = history.map(({ node: _, ...event }) => event);
    expect(verdictOf('eventual', byClient)).toMatchObject({ valid: true, measured: { convergenceMs: 9 } });
  });
});
