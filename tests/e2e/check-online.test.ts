/** `run --check-online`: the run stops at the first violation and leaves everything that a run leaves; a healthy one notices nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordeal } from '../support/ordeal.ts';

let store: string;
beforeAll(() => {
  store = mkdtempSync(join(tmpdir(), 'ordeal-online-'));
});
afterAll(() => rmSync(store, { recursive: true, force: true }));

const limitMs = 30_000;
const run = (...flags: string[]) =>
  ordeal(['run', '--check-online', '--model', 'linearizable', '--store', store, '--json', '--rate', '300', ...flags], { cwd: store });

test('a violation stops the run long before its time, with history, logs, report and explanation', async () => {
  const flags = ['--bug', 'stale-read', '--nemesis', 'partition', '--seed', '7', '--interval', '2s', '--time-limit', `${limitMs}ms`];
  const { exitCode, stdout } = await run(...flags);
  const results = JSON.parse(stdout);
  expect([exitCode, results.valid]).toEqual([1, false]);
  const loadMs = results.loadEndMs - results.loadStartMs;
  expect(loadMs).toBeLessThan(limitMs - 5_000);
  expect(results.warnings.join()).toContain('stopped at the first violation');
  expect(results.checks[0].anomalies[0].explanation.length).toBeGreaterThan(40);
  expect(results.faults.every((fault: { healed: boolean }) => fault.healed)).toBe(true);
  for (const file of ['history.jsonl', 'results.json', 'report.html', 'nodes']) expect(existsSync(join(results.folder, file))).toBe(true);
  const events = readFileSync(join(results.folder, 'history.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const seenAtMs = Math.min(
    ...results.checks[0].anomalies.map((one: { operations: number[] }) => Math.max(...one.operations.map(i => events[i].time))),
  );
  expect(results.loadEndMs - seenAtMs / 1e6).toBeLessThan(4_000);
});

test('a healthy run goes on to its end and is valid', async () => {
  const { exitCode, stdout } = await run('--nemesis', 'none', '--time-limit', '3s');
  const results = JSON.parse(stdout);
  expect([exitCode, results.valid]).toEqual([0, true]);
  expect(results.loadEndMs - results.loadStartMs).toBeGreaterThanOrEqual(2_900);
  expect(results.warnings.join()).not.toContain('--check-online');
});

test('what no prefix can violate is refused before anything starts', async () => {
  const { exitCode, stdout } = await ordeal(['run', '--check-online', '--model', 'sequential', '--store', store, '--json'], { cwd: store });
  expect(exitCode).toBe(64);
  expect(stdout).toContain('while the run goes on');
});
