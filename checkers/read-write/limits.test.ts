/** Wherever time ends, a verdict becomes unknown and never another one, and what it still says is true. */
import { afterEach, expect, test, vi } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { operationIndex, pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import { causalCheckers } from '../causal/checker.ts';
import { pram } from '../pram/checker.ts';
import { processor } from '../processor/checker.ts';
import { sequential } from '../sequential/checker.ts';
import { sessionGuarantees } from '../sessions/checker.ts';
import { weakHistory } from '../testing/weak-histories.ts';
import { readWriteChecker } from './checker.ts';

const judges = [
  sequential,
  ...causalCheckers,
  readWriteChecker(processor),
  readWriteChecker(pram),
  ...sessionGuarantees.map(readWriteChecker),
];

/** A clock that goes on by one with every look at it. */
const countLooks = (): { looks: number } => {
  const clock = { looks: 0 };
  vi.spyOn(performance, 'now').mockImplementation(() => clock.looks++);
  return clock;
};

afterEach(() => {
  vi.restoreAllMocks();
});

const only = (history: History, operations: readonly number[]): History => {
  const kept = new Set(operations);
  const events = new Set(
    pairOperations(history).flatMap(operation => (kept.has(operationIndex(operation)) ? [operation.invoke, operation.completion] : [])),
  );
  return history.filter(event => events.has(event));
};

test.each(judges.map(judge => [judge.model, judge] as const))('%s', { timeout: 120_000 }, (model, { check }) => {
  const options = { workload: 'register', memoryLimitBytes: 2 ** 30 };
  const outcomes = { unknown: 0, valid: 0, invalid: 0 };
  for (let i = 0; i < 18; i++) {
    const rng = createRng(`limits/${model}/${i}`);
    const size = { objects: 2, values: i % 3 === 2 ? 3 : 0, info: 0.1, lie: i % 4 === 3 ? 0 : 0.12, cas: 0.05, disorder: 0.2 };
    const history = weakHistory(rng, { ...size, operations: i === 0 ? 300 : 40 + rng.int(50), sessions: 2 + rng.int(4) });
    const clock = countLooks();
    const full = check(history, { ...options, timeLimitMs: 2000 });
    const needed = clock.looks;
    for (let part = 0; part < 6; part++) {
      countLooks();
      const cut = check(history, { ...options, timeLimitMs: part === 0 ? 1 : rng.int(needed) });
      outcomes[cut.valid === 'unknown' ? 'unknown' : cut.valid ? 'valid' : 'invalid']++;
      if (cut.valid === 'unknown') continue;
      if (full.valid !== 'unknown') expect(cut.valid, `${i}, part ${part}`).toBe(full.valid);
      const named = cut.anomalies[0]?.operations ?? [];
      countLooks();
      if (named.length > 0) expect(check(only(history, named), { ...options, timeLimitMs: 5000 }).valid, `${i}: ${named}`).not.toBe(true);
    }
  }
  expect(Math.min(outcomes.unknown, outcomes.invalid), JSON.stringify(outcomes)).toBeGreaterThan(5);
});
