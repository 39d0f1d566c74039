import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import { linearizable } from '../linearizable/checker.ts';
import { checkOnThreads } from './linearizable.ts';
import { workerFile } from './pool.ts';

/**
 * So many appends at once to one key, then a get that shows them in some order: nothing but trying out finds it, and there are so many orders.
 * A wrong one shows something that nobody appended, at the end.
 */
const puzzle = (key: string, appends: number, wrong = false): History => {
  const base = { key, time: 0, index: 0 };
  const tokens = Array.from({ length: appends }, (_, process) => ({ process, value: `${String.fromCharCode(97 + process)} ` }));
  const shown = tokens.toReversed().map(({ value }) => value);
  const answer = [...shown.slice(1), wrong ? '? ' : shown[0]!].join('');
  return [
    ...tokens.map(({ process, value }): Event => ({ ...base, process, type: 'invoke', f: 'append', value })),
    ...tokens.map(({ process, value }): Event => ({ ...base, process, type: 'ok', f: 'append', value })),
    { ...base, process: appends, type: 'invoke', f: 'get', value: null },
    { ...base, process: appends, type: 'ok', f: 'get', value: answer },
  ];
};

/** Each history with processes of its own, one after the other. */
const joined = (...histories: readonly History[]): History =>
  histories
    .flatMap((history, n) => history.map(event => ({ ...event, process: Number(event.process) + 100 * n })))
    .map((event, index) => ({ ...event, index, time: index * 1000 }));

const options = { workload: 'kv', timeLimitMs: 60_000, memoryLimitBytes: 2 ** 31, threads: 2 };

const threadsOfThisProcess = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);

describe('with the help of threads', () => {
  test('the built module of a thread is there, so that what follows tests threads', () => {
    expect(workerFile('search-worker')).toBeDefined();
    expect(workerFile('no-such-worker')).toBeUndefined();
  });

  test('hard keys that are all right are valid, as they are without', async () => {
    const history = joined(...Array.from({ length: 8 }, (_, n) => puzzle(`k${n}`, 7)));
    const [alone, together] = [linearizable.check(history, options), await checkOnThreads(history, options)];
    expect(alone.valid).toBe(true);
    expect({ ...together, elapsedMs: 0 }).toEqual({ ...alone, elapsedMs: 0 });
  });

  test('of several hard keys that violate the first is told, whoever was faster', async () => {
    const sizes = [6, 7, 6, 6, 5, 6];
    const history = joined(...sizes.map((size, n) => puzzle(`k${n}`, size, n === 1 || n === 4)));
    for (let again = 0; again < 2; again++) {
      const { valid, anomalies } = await checkOnThreads(history, { ...options, firstBudgetMs: 0, graceMs: 30_000 });
      expect(valid).toBe(false);
      expect(anomalies.map(({ key }) => key)).toEqual(['k1']);
    }
  });

  test('a violation that the cheap methods see ends it before any thread is asked', async () => {
    const simple = joined(puzzle('simple', 1, true), ...Array.from({ length: 4 }, (_, n) => puzzle(`k${n}`, 12)));
    const { valid, anomalies, warnings } = await checkOnThreads(simple, options);
    expect([valid, anomalies.length]).toEqual([false, 1]);
    expect(warnings).toEqual(['4 hard keys were not decided, since one violation suffices']);
  });

  test('out of time: unknown, within a tenth of the limit and a moment, with every key and how far it was verified; no thread is left', async () => {
    const before = threadsOfThisProcess();
    const history = joined(...Array.from({ length: 4 }, (_, n) => puzzle(`k${n}`, 13)));
    const began = performance.now();
    const { valid, unknown } = await checkOnThreads(history, { ...options, timeLimitMs: 3000 });
    expect(performance.now() - began).toBeLessThan(3000 * 1.1 + 500);
    expect(valid).toBe('unknown');
    for (const key of ['k0', 'k1', 'k2', 'k3'])
      expect(unknown).toMatch(new RegExp(`key ${key}: linearizable up to operation \\d+, then the (time|memory) limit was reached`));
    expect(threadsOfThisProcess()).toBeLessThanOrEqual(before);
  });

  test('out of memory: unknown, and the process does not outgrow the limit', async () => {
    const history = joined(...Array.from({ length: 4 }, (_, n) => puzzle(`k${n}`, 13)));
    const limit = 200 * 2 ** 20;
    const before = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    const { valid, unknown } = await checkOnThreads(history, { ...options, memoryLimitBytes: limit });
    clearInterval(watch);
    expect(valid).toBe('unknown');
    expect(unknown).toContain('the memory limit was reached');
    expect(most - before).toBeLessThan(limit * 1.2);
  });

  test('what is not in the registry is checked on the thread that asks', async () => {
    const history: History = [
      { index: 0, time: 0, process: 0, type: 'invoke', f: 'write', value: { x: 1 } },
      { index: 1, time: 1, process: 0, type: 'ok', f: 'write', value: { x: 1 } },
    ];
    expect((await checkOnThreads(history, { ...options, workload: 'multi-register' })).valid).toBe(true);
  });
});
