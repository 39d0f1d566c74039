/** `ordeal run` as a user meets it: a verdict, a folder, and nothing left behind. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { resultsSchema } from '../../reports/contract.ts';
import { eventually, ordeal, processesOf, scratchFolder, startOrdeal } from '../support/ordeal.ts';

const latest = (cwd: string, file: string): string => join(cwd, 'runs/latest', file);
const underLoad = (cwd: string) => (): boolean =>
  existsSync(latest(cwd, 'history.jsonl')) && readFileSync(latest(cwd, 'history.jsonl'), 'utf8').split('\n').length > 200;

test('a healthy cluster passes, and its folder holds everything', async () => {
  const cwd = scratchFolder();
  const { exitCode, stdout, stderr } = await ordeal(
    ['run', '--seed', '11', '--time-limit', '8s', '--nemesis', 'partition,kill', '--interval', '3s', '--json'],
    { cwd },
  );
  expect(exitCode, stderr).toBe(0);
  const results = resultsSchema.parse(JSON.parse(stdout));
  expect(results).toMatchObject({ valid: true, system: 'raft', seed: 11 });
  expect(results.operations.ok).toBeGreaterThan(200);
  expect(results.recoveryMs).not.toBeNull();
  expect(results.faults.length).toBeGreaterThan(0);
  expect(results.faults.filter(fault => !fault.effective || !fault.healed)).toEqual([]);
  for (const file of ['run.json', 'schedule.json', 'history.jsonl', 'results.json', 'report.html', 'ordeal.log', 'nodes/n1/events.jsonl'])
    expect(existsSync(latest(cwd, file)), file).toBe(true);
  expect(readFileSync(join(cwd, 'runs/index.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  expect(processesOf(cwd)).toEqual([]);
  expect((await ordeal(['check', 'runs/latest'], { cwd })).exitCode).toBe(0);
});

test('the same seed plans the same faults and asks the same requests', async () => {
  const cwd = scratchFolder();
  const one = async (): Promise<{ schedule: string; requests: unknown[] }> => {
    await ordeal(['run', '--seed', '5', '--time-limit', '4s', '--nemesis', 'partition,pause', '--interval', '1500ms'], { cwd });
    const history = readFileSync(latest(cwd, 'history.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const requests = history
      .filter(event => event.type === 'invoke' && event.process !== 'nemesis')
      .map(({ f, key, value }) => ({ f, key, value }));
    return { schedule: readFileSync(latest(cwd, 'schedule.json'), 'utf8'), requests: requests.slice(0, 300) };
  };
  const first = await one();
  expect(first.requests.length).toBe(300);
  expect(await one()).toEqual(first);
});

test('Ctrl-C in the middle: exit 130, a readable folder, no process left', async () => {
  const cwd = scratchFolder();
  const run = startOrdeal(['run', '--seed', '3', '--time-limit', '60s'], { cwd });
  await eventually('the cluster is under load', underLoad(cwd), 30_000);
  run.kill('SIGINT');
  const { exitCode, stderr } = await run;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('interrupted; everything was stopped');
  expect(processesOf(cwd)).toEqual([]);
  expect((await ordeal(['check', 'runs/latest'], { cwd })).exitCode).toBe(0);
});

test('kill -9 of the controller: the watchdog ends every process, the history can be judged', async () => {
  const cwd = scratchFolder();
  const run = startOrdeal(['run', '--seed', '4', '--time-limit', '60s', '--nemesis', 'pause,partition', '--interval', '1s'], { cwd });
  await eventually('the cluster is under load', underLoad(cwd), 30_000);
  run.kill('SIGKILL');
  await run;
  await eventually('every process has ended', () => processesOf(cwd).length === 0, 5_000);
  expect((await ordeal(['check', 'runs/latest'], { cwd })).exitCode).toBe(0);
});

test('a node that dies at start: exit 4, its last words, nothing left', async () => {
  const cwd = scratchFolder();
  const { exitCode, stderr } = await ordeal(['run', '--set', 'electionTimeoutMs=never'], { cwd });
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/node n\d ended with exit code \d+/);
  expect(stderr).toContain('election-timeout-ms');
  expect(processesOf(cwd)).toEqual([]);
});

test('a config file says what flags can say, and registers a system of its own; one that never answers is exit 4', async () => {
  const cwd = scratchFolder();
  writeFileSync(join(cwd, 'silent.mjs'), 'setInterval(() => {}, 1000);');
  writeFileSync(
    join(cwd, 'ordeal.config.ts'),
    `const silent: object = {
      name: 'silent', summary: 'starts and never answers', version: '1', defaultNodes: 2, options: {}, bugs: {},
      ports: { client: { reachedBy: ['clients'] } }, clientPort: 'client', errors: {}, workloads: ['register'], claims: ['linearizable'],
      node: () => ({ command: process.execPath, args: [${JSON.stringify(join(cwd, 'silent.mjs'))}] }),
      ready: async () => { throw new Error('not yet'); },
      connect: async () => { throw new Error('nobody there'); },
    };
    export default { run: { system: 'silent', nodes: 2, nemesis: 'none', startTimeout: '3s' }, systems: [silent] };`,
  );
  const { exitCode, stderr } = await ordeal(['run'], { cwd });
  expect(stderr).toMatch(/n\d .*(not ready|never|ready)/);
  expect(exitCode).toBe(4);
  expect(processesOf(cwd)).toEqual([]);
});

test('a full disk: exit 4, what to do, nothing left', async context => {
  const cwd = scratchFolder();
  const small = join(cwd, 'small');
  mkdirSync(small);
  const mounted =
    process.getuid?.() === 0 && execaSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', small], { reject: false }).exitCode === 0;
  if (!mounted) context.skip('a small tmpfs needs root');
  try {
    const { exitCode, stderr } = await ordeal(
      ['run', '--seed', '1', '--store', small, '--time-limit', '20s', '--nemesis', 'none', '--rate', 'max'],
      { cwd },
    );
    expect(stderr).toMatch(/the disk is full/);
    expect(stderr).toMatch(/--store/);
    expect(exitCode).toBe(4);
    expect(processesOf(cwd)).toEqual([]);
  } finally {
    execaSync('umount', ['-l', small]);
  }
});

test('ordeal toxiproxy on a port in use: exit 4 and one clear message', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const { exitCode, stderr } = await ordeal(['toxiproxy', '--host', '127.0.0.1', '--port', String(port)], { cwd: scratchFolder() });
  server.close();
  expect(stderr).toContain(String(port));
  expect(exitCode).toBe(4);
});

test('the embedded server says its own version, not that of ordeal', async () => {
  const { exitCode, stdout } = await ordeal(['toxiproxy', '--version'], { cwd: scratchFolder() });
  expect([exitCode, stdout]).toEqual([0, 'toxiproxy-server version 2.12.0']);
});
