/** The example clients in other languages, run as a user runs them: a cluster, faults, a verdict, and no program left. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsSchema } from '../../reports/contract.ts';
import { ordeal, processesOf, scratchFolder } from '../support/ordeal.ts';

const example = (name: string): string => join(import.meta.dirname, name);
const has = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
/** On somebody's own machine a language may be missing; in CI nothing may. */
const missing = (command: string, ...args: string[]): boolean => !process.env.CI && !has(command, ...args);

const passes = async (name: string): Promise<void> => {
  const store = scratchFolder();
  try {
    const { exitCode, stdout, stderr } = await ordeal(['run', '--seed', '4', '--store', store, '--json'], { cwd: example(name) });
    expect(exitCode, stderr).toBe(0);
    const results = resultsSchema.parse(JSON.parse(stdout));
    expect(results.valid).toBe(true);
    expect(results.operations.ok).toBeGreaterThan(200);
    expect(results.faults.filter(fault => fault.effective).length).toBeGreaterThan(1);
    expect(processesOf(store)).toEqual([]);
    expect(processesOf('client.py')).toEqual([]);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
};

test.skipIf(missing('python3', '--version'))('Python, a program per connection (skipped without python3)', () => passes('python-client'));

test.skipIf(missing('go', 'version'))('Go, one program for all connections (skipped without go)', async () => {
  const folder = scratchFolder();
  const client = join(folder, 'client');
  execFileSync('go', ['build', '-o', client, '.'], { cwd: example('go-client'), env: { ...process.env, GOFLAGS: '-mod=mod' } });
  process.env.GO_CLIENT = client;
  await passes('go-client');
  expect(processesOf(client)).toEqual([]);
  rmSync(folder, { recursive: true });
});

test('a program that is not there ends the run with one message and exit code 4', async () => {
  const cwd = scratchFolder();
  const config = `import { defineConfig, program, raft } from ${JSON.stringify(join(import.meta.dirname, '../../dist/harness/index.js'))};
export default defineConfig({ systems: [{ ...raft, name: 'mine', connect: program(['no-such-client']) }], run: { system: 'mine', nodes: 3 } });`;
  writeFileSync(join(cwd, 'ordeal.config.ts'), config);
  const { exitCode, stderr } = await ordeal(['run', '--time-limit', '20s'], { cwd });
  expect(exitCode).toBe(4);
  expect(stderr.match(/no-such-client cannot be started/g)).toHaveLength(1);
  expect(existsSync(join(cwd, 'runs/latest/results.json'))).toBe(false);
  expect(readFileSync(join(cwd, 'runs/latest/history.jsonl'), 'utf8').split('\n').length).toBeLessThan(100);
  rmSync(cwd, { recursive: true });
});
