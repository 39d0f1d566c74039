import { expect, test } from 'vitest';
import { fencedLock, lock as lockChecker } from '../checkers/properties/lock.ts';
import { longFork as forkChecker } from '../checkers/properties/long-fork.ts';
import type { Verdict } from '../harness/protocol/checker.ts';
import type { Json } from '../harness/std/json.ts';
import { overSeeds, type Simulated } from '../tests/support/workload-run.ts';
import { lock } from './lock.ts';
import { longFork } from './long-fork.ts';

const seeds = 20;
const passes = (verdicts: readonly Verdict[]): void => {
  for (const verdict of verdicts) expect(verdict).toMatchObject({ valid: true, anomalies: [] });
};
const caught = (verdicts: readonly Verdict[], type: string): void => {
  for (const { anomalies } of verdicts) expect(anomalies.map(anomaly => anomaly.type)).toContain(type);
};

/** The holder is a thread; each grant has a larger token, unless `token` says otherwise. */
const locks =
  ({ greedy = 0, token = (n: number) => n } = {}) =>
  (): Simulated => {
    let holder: number | undefined;
    let grants = 0;
    return ({ f, process }, rng) => {
      const thread = Number(process) % 6;
      if (f === 'acquire') {
        if (holder !== undefined && !rng.chance(greedy)) return undefined;
        holder = thread;
        return token(++grants);
      }
      if (holder !== thread) return undefined;
      holder = undefined;
      return null;
    };
  };

test('lock: healthy ones pass, also as linearizable tokens', () => {
  passes(overSeeds(seeds, lockChecker, lock, locks()));
  passes(overSeeds(seeds, fencedLock, lock, locks()));
});

test('lock: two holders, old tokens and equal tokens are caught', () => {
  caught(overSeeds(seeds, lockChecker, lock, locks({ greedy: 0.3 }), { lossRate: 0, count: 600 }), 'two-holders');
  caught(
    overSeeds(seeds, fencedLock, lock, locks({ token: n => (n % 10 === 5 ? n - 4.5 : n) }), { lossRate: 0, count: 600 }),
    'stale-token',
  );
  caught(
    overSeeds(seeds, fencedLock, lock, locks({ token: n => (n % 10 === 5 ? n - 1 : n) }), { lossRate: 0, count: 600 }),
    'duplicate-token',
  );
});

type Step = readonly [string, string, Json];

/** Two replicas; `lag`: how many of the other's writes a replica has not heard of. */
const replicas = (lag: number) => (): Simulated => {
  const written: { readonly key: string; readonly at: number }[] = [];
  return ({ value, process }) => {
    const steps = value as unknown as readonly Step[];
    const here = Number(process) % 2;
    if (steps[0]![0] === 'w') {
      written.push({ key: steps[0]![1], at: here });
      return value;
    }
    const recent = written.slice(-lag || written.length);
    const isSeen = (key: string): boolean =>
      written.some(write => write.key === key && (lag === 0 || write.at === here || !recent.includes(write)));
    return steps.map(([verb, key]) => [verb, key, isSeen(key) ? 1 : null]);
  };
};

test('long-fork: one order passes, replicas that hear late of each other are caught', () => {
  passes(overSeeds(seeds, forkChecker, longFork, replicas(0)));
  caught(overSeeds(seeds, forkChecker, longFork, replicas(12), { count: 1000 }), 'long-fork');
});
