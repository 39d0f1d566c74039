import { describe, expect, test } from 'vitest';
import type { History } from '../harness/history/event.ts';
import { createRng } from '../harness/std/rng.ts';
import { implications, impliedBy, type Judged, standing, standingOf } from './lattice.ts';
import { checkers } from './registry.ts';
import { lanes } from './testing/lanes.ts';
import { weakHistory } from './testing/weak-histories.ts';

const limits = { timeLimitMs: 5000, memoryLimitBytes: 2 ** 28 };
const models = Object.keys(implications).filter(model => model !== 'eventual');

const judge = (history: History, model: string, workload = 'register'): Judged =>
  checkers.find(checker => checker.model === model)!.check(history, { workload, ...limits });

const holding = (history: History, workload = 'register'): string[] =>
  models.filter(model => judge(history, model, workload).valid === true);

/**
 * A history for each neighbouring pair: what holds of it, all told. From the papers where they have one: Bouajjani et al. 2017 (fig. 2 and 3),
 * Ahamad et al. 1995 and 1993, Lipton & Sandberg 1988, Terry et al. 1994.
 */
const separating: Readonly<
  Record<string, { readonly history: History; readonly holds: readonly string[]; readonly anomaly: readonly [string, string] }>
> = {
  'sequential, not linearizable: a stale read in real time': {
    history: lanes`
      p0  |x: write 1|
      p1                 |x: read|
    `,
    holds: models.filter(model => model !== 'linearizable'),
    anomaly: ['linearizable', 'lost-write'],
  },
  'causal-memory, causal-convergence and processor, not sequential: two writers miss each other (Dekker)': {
    history: lanes`
      p0  |x: write 1| |y: read|
      p1  |y: write 1| |x: read|
    `,
    holds: models.filter(model => model !== 'linearizable' && model !== 'sequential'),
    anomaly: ['sequential', 'CyclicSC'],
  },
  'causal-memory, not causal-convergence, not processor: two sessions see two writes in two orders': {
    history: lanes`
      p0  |x: write 1|
      p1  |x: write 2|
      p2                 |x: read 1| |x: read 2|
      p3                 |x: read 2| |x: read 1|
    `,
    holds: ['causal-memory', 'causal', 'pram', 'writes-follow-reads', 'monotonic-writes', 'monotonic-reads', 'read-your-writes'],
    anomaly: ['causal-convergence', 'CyclicCF'],
  },
  'causal-convergence, not pram and so not causal-memory: Bouajjani et al., fig. 2': {
    history: lanes`
      p0  |z: write 1| |x: write 1| |y: write 1|
      p1  |x: write 2| |z: read|    |y: read 1| |x: read 2|
    `,
    holds: ['causal-convergence', 'causal', 'writes-follow-reads', 'monotonic-writes', 'monotonic-reads', 'read-your-writes'],
    anomaly: ['causal-memory', 'WriteHBInitRead'],
  },
  'causal, not causal-convergence, not causal-memory: a session wavers between two writes': {
    history: lanes`
      p0  |x: write 1|
      p1  |x: write 2|
      p2                 |x: read 1| |x: read 2| |x: read 1|
    `,
    holds: ['causal', 'writes-follow-reads', 'monotonic-writes', 'read-your-writes'],
    anomaly: ['monotonic-reads', 'monotonic-reads'],
  },
  'pram and processor, not causal: an effect without its cause': {
    history: lanes`
      p0  |x: write 1|
      p1               |x: read 1| |y: write 1|
      p2                                        |y: read 1| |x: read|
    `,
    holds: ['processor', 'pram', 'monotonic-writes', 'monotonic-reads', 'read-your-writes'],
    anomaly: ['writes-follow-reads', 'writes-follow-reads'],
  },
  'pram, not processor, not causal: no agreed order of an object, no causes': {
    history: lanes`
      p0  |x: write 1|
      p1               |x: read 1| |x: write 2|
      p2                                        |x: read 1| |x: read 2|
      p3                                        |x: read 2| |x: read 1|
    `,
    holds: ['pram', 'monotonic-writes', 'monotonic-reads', 'read-your-writes'],
    anomaly: ['causal', 'WriteCORead'],
  },
  'not causal, although all four session guarantees hold: a cycle of reads': {
    history: lanes`
      p0  |x: read 1| |y: write 1|
      p1  |y: read 1| |x: write 1|
    `,
    holds: ['processor', 'pram', 'monotonic-writes', 'writes-follow-reads', 'monotonic-reads', 'read-your-writes'],
    anomaly: ['causal', 'CyclicCO'],
  },
  'only read-your-writes fails': {
    history: lanes`
      p0  |x: write 1| |x: read|
    `,
    holds: ['monotonic-reads', 'monotonic-writes', 'writes-follow-reads'],
    anomaly: ['read-your-writes', 'read-your-writes'],
  },
  'monotonic-writes fails: a later write of a session without an earlier one': {
    history: lanes`
      p0  |x: write 1| |y: write 2|
      p1                             |y: read 2| |x: read|
    `,
    holds: ['monotonic-reads', 'writes-follow-reads', 'read-your-writes'],
    anomaly: ['monotonic-writes', 'monotonic-writes'],
  },
  'only monotonic-reads fails of the four: a value seen, then gone': {
    history: lanes`
      p0  |x: write 1|
      p1                 |x: read 1| |x: read|
    `,
    holds: ['monotonic-writes', 'writes-follow-reads', 'read-your-writes'],
    anomaly: ['monotonic-reads', 'monotonic-reads'],
  },
};

describe('histories that separate neighbours', () => {
  test.each(Object.entries(separating))('%s', (_, { history, holds, anomaly: [model, type] }) => {
    expect(holding(history).sort()).toEqual([...holds].sort());
    expect(judge(history, model).anomalies[0]).toMatchObject({ type });
  });
});

test('every implication of the table holds, and no other: some history separates each pair that it leaves apart', () => {
  const together = new Map(models.map(model => [model, new Set(models)]));
  const learn = (holds: readonly string[]): void => {
    for (const model of holds) for (const other of models) if (!holds.includes(other)) together.get(model)!.delete(other);
  };
  for (const { history } of Object.values(separating)) learn(holding(history));
  for (let i = 0; i < 1500; i++) {
    const rng = createRng(`lattice/${i}`);
    const several = i % 5 === 4;
    const size = {
      operations: 4 + rng.int(7),
      sessions: 2 + rng.int(3),
      objects: 1 + rng.int(2),
      values: 0,
      info: rng.pick([0, 0.1]),
      lie: rng.pick([0, 0.1]),
      cas: rng.pick([0, 0.2]),
      disorder: rng.pick([0, 0.4]),
      several,
    };
    const history = weakHistory(rng, size);
    const holds = holding(history, several ? 'multi-register' : 'register');
    for (const model of holds)
      for (const weaker of impliedBy(model)) if (weaker !== 'eventual') expect(holds, `${i}: ${model}`).toContain(weaker);
    learn(holds);
  }
  for (const model of models) {
    const implied = [...together.get(model)!].filter(other => other !== model);
    expect([model, implied.sort()]).toEqual([model, [...impliedBy(model)].filter(other => other !== 'eventual').sort()]);
  }
});

test('says the strongest that hold and the weakest that fail, with a witness each', () => {
  const { history } = separating['causal-convergence, not pram and so not causal-memory: Bouajjani et al., fig. 2']!;
  const { satisfies, violates } = standing(history, { workload: 'register', ...limits }, []);
  expect(satisfies).toEqual(['causal-convergence']);
  expect(violates).toMatchObject([{ model: 'pram', anomalies: [{ type: 'WriteHBInitRead' }] }]);
});

test('asks nothing that follows', () => {
  const asked: string[] = [];
  const ask = (model: string): Judged => {
    asked.push(model);
    return { valid: true, anomalies: [] };
  };
  expect(standingOf(ask, new Map([['linearizable', { valid: true, anomalies: [] }]]))).toEqual({
    satisfies: ['linearizable'],
    violates: [],
  });
  expect(asked).toEqual([]);
});

test('what is undecided is in neither list', () => {
  const ask = (model: string): Judged => ({
    valid: model === 'pram' ? 'unknown' : model.startsWith('monotonic') ? false : 'unknown',
    anomalies: [],
  });
  const { satisfies, violates } = standingOf(ask, new Map());
  expect(satisfies).toEqual([]);
  expect(violates.map(({ model }) => model)).toEqual(['monotonic-writes', 'monotonic-reads']);
});
