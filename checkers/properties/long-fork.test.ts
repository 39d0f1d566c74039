import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { longFork } from './long-fork.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 1000);

const judge = (history: History) => longFork.check(history, { workload: 'long-fork', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });

/** One transaction after the other: `w x` writes 1 to x; `r x=1 y` reads x, which is there, and y, which is not. */
const transactions = (...texts: readonly string[]): History =>
  texts.flatMap((text, at) => {
    const [verb, ...rest] = text.replace(' fail', '').split(' ');
    const steps = (answered: boolean): Json =>
      rest.map(one => [verb!, one.split('=')[0]!, verb === 'w' ? 1 : answered && one.includes('=') ? Number(one.split('=')[1]) : null]);
    const type = text.endsWith(' fail') ? ('fail' as const) : ('ok' as const);
    const common = { process: at, f: 'txn' };
    return [
      { index: 2 * at, time: at * 2000, type: 'invoke' as const, value: steps(false), ...common },
      { index: 2 * at + 1, time: at * 2000 + 1000, type, value: steps(true), ...common },
    ];
  });

test('accepts: reads that see more and more, old snapshots too', () => {
  expect(judge(transactions('w x', 'w y', 'r x=1 y', 'r x y', 'r y=1 x=1', 'r x=1 y'))).toMatchObject({
    valid: true,
    measured: { groups: 1 },
  });
});

test('rejects: two reads that see two writes in opposite orders, and names all four', () => {
  const { valid, anomalies } = judge(transactions('w x', 'w y', 'r x=1 y', 'r x y', 'r y=1 x'));
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'long-fork', operations: [1, 3, 5, 9] }] });
  expect(anomalies[0]!.explanation).toContain('saw the write of x but not that of y');
});

test('accepts: groups of different keys are not compared', () => {
  expect(judge(transactions('w x', 'w y', 'r x=1 y', 'r y=1 x=1 z', 'r x y=1 z', 'r z')).valid).toBe(true);
});

test('rejects: what nobody wrote, or only a transaction that failed', () => {
  expect(judge(transactions('w x fail', 'r x=1 y=2')).anomalies).toMatchObject([
    { type: 'unexpected', key: 'x', operations: [1, 3] },
    { type: 'unexpected', key: 'y', operations: [3] },
  ]);
});

test('unknown: a key that is written twice', () => {
  expect(judge(transactions('w x', 'w x', 'r x=1 y'))).toMatchObject({ valid: 'unknown' });
});

test('agrees with the definition: some pair of reads is forked or none is', () => {
  const counts = { yes: 0, no: 0 };
  for (let i = 0; i < histories; i++) {
    const rng = createRng(`long-fork/${i}`);
    const keys = ['a', 'b', 'c'];
    const reads = Array.from({ length: 2 + rng.int(3) }, () => keys.filter(() => rng.chance(0.5)));
    const forked = reads.some(one => reads.some(other => one.some(key => !other.includes(key)) && other.some(key => !one.includes(key))));
    const history = transactions(
      'w a',
      'w b',
      'w c',
      ...reads.map(
        seen =>
          `r ${rng
            .shuffle(keys)
            .map(key => (seen.includes(key) ? `${key}=1` : key))
            .join(' ')}`,
      ),
    );
    counts[forked ? 'yes' : 'no']++;
    expect(judge(history).valid, `${i}`).toBe(!forked);
  }
  expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(histories / 10);
});
