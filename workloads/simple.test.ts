/** Counter, identifiers, monotonic and bank against simulated systems: healthy ones pass, each seeded break is caught and named. */
import { expect, test } from 'vitest';
import { bank as bankChecker } from '../checkers/properties/bank.ts';
import { counterBounds } from '../checkers/properties/counter.ts';
import { monotonic as monotonicChecker } from '../checkers/properties/monotonic.ts';
import { uniqueIds as idsChecker } from '../checkers/properties/unique-ids.ts';
import type { Verdict } from '../harness/protocol/checker.ts';
import type { Json } from '../harness/std/json.ts';
import { overSeeds, type Simulated } from '../tests/support/workload-run.ts';
import { bank } from './bank.ts';
import { counter } from './counter.ts';
import { monotonic } from './monotonic.ts';
import { uniqueIds } from './unique-ids.ts';

const seeds = 25;
const types = (verdicts: readonly Verdict[]): Set<string> =>
  new Set(verdicts.flatMap(({ anomalies }) => anomalies.map(({ type }) => type)));
const passes = (verdicts: readonly Verdict[]): void => {
  for (const verdict of verdicts) expect(verdict).toMatchObject({ valid: true, anomalies: [] });
};
/** Every run is caught, and for this reason. */
const caught = (verdicts: readonly Verdict[], type: string): void => {
  for (const { valid } of verdicts) expect(valid).toBe(false);
  expect(types(verdicts)).toContain(type);
};

const counters =
  (change: (sum: number, amount: number, n: number) => number = (sum, amount) => sum + amount, show = (sum: number, _n: number) => sum) =>
  (): Simulated => {
    const sums = new Map<unknown, number>();
    let n = 0;
    return ({ f, key, value }) => {
      const sum = sums.get(key) ?? 0;
      n++;
      if (f === 'read') return show(sum, n);
      const next = change(sum, value === null ? 1 : Number(value), n);
      sums.set(key, next);
      return f === 'inc' ? next : value;
    };
  };

test('counter: healthy ones pass, subtraction or not', () => {
  passes(overSeeds(seeds, counterBounds, counter, counters()));
  passes(overSeeds(seeds, counterBounds, counter, counters(), { options: { largest: 5, subtract: 0.4 } }));
});

test('counter: a lost, and a doubled, add is caught', () => {
  caught(
    overSeeds(
      seeds,
      counterBounds,
      counter,
      counters((sum, amount, n) => (n % 20 === 3 ? sum : sum + amount)),
      { lossRate: 0 },
    ),
    'too-low',
  );
  caught(
    overSeeds(
      seeds,
      counterBounds,
      counter,
      counters((sum, amount, n) => sum + (n % 20 === 3 ? 2 : 1) * amount),
      { lossRate: 0 },
    ),
    'too-high',
  );
});

test('monotonic: healthy ones pass; reads of old values and equal increments are caught', () => {
  passes(overSeeds(seeds, monotonicChecker, monotonic, counters()));
  caught(
    overSeeds(
      seeds,
      monotonicChecker,
      monotonic,
      counters(undefined, (sum, n) => (n % 10 === 3 ? sum - 20 : sum)),
    ),
    'non-monotonic-read',
  );
  caught(
    overSeeds(
      seeds,
      monotonicChecker,
      monotonic,
      counters((sum, _, n) => (n % 20 < 2 ? sum : sum + 1)),
    ),
    'duplicate-inc',
  );
});

test('unique-ids: healthy ones pass; one that repeats itself is caught', () => {
  const ids = (again: number) => (): Simulated => {
    let last = 0;
    return () => (last++ % 50 === again ? `id ${last - 2}` : `id ${last}`);
  };
  passes(overSeeds(seeds, idsChecker, uniqueIds, ids(-1)));
  caught(overSeeds(seeds, idsChecker, uniqueIds, ids(7), { lossRate: 0 }), 'duplicate-id');
});

/** `torn`: a read now and then sees what was credited last, but not what was debited. */
const accounts =
  ({ torn = false, overdraw = false } = {}) =>
  (): Simulated => {
    let balances: Record<string, number> = {};
    let last: { from: string; amount: number } | undefined;
    let n = 0;
    return ({ f, value }): Json | undefined => {
      n++;
      if (f === 'open') {
        if (Object.keys(balances).length === 0) balances = { ...(value as Record<string, number>) };
        return value;
      }
      if (f === 'read')
        return torn && last && n % 10 === 3 ? { ...balances, [last.from]: balances[last.from]! + last.amount } : { ...balances };
      const { from, to, amount } = value as { from: string; to: string; amount: number };
      if (!overdraw && balances[from]! < amount) return undefined;
      balances[from]! -= amount;
      balances[to]! += amount;
      last = { from, amount };
      return value;
    };
  };

test('bank: healthy ones pass; torn reads and overdrawn accounts are caught', () => {
  passes(overSeeds(seeds, bankChecker, bank, accounts()));
  const torn = overSeeds(seeds, bankChecker, bank, accounts({ torn: true }));
  caught(torn, 'wrong-total');
  expect(types(torn)).toEqual(new Set(['wrong-total']));
  expect(torn.every(({ anomalies }) => anomalies.every(({ operations }) => operations.length === 3))).toBe(true);
  caught(overSeeds(seeds, bankChecker, bank, accounts({ overdraw: true }), { count: 600 }), 'negative-balance');
});
