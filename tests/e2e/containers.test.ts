/** Real systems in containers, a compose project of one's own, and one that runs already: each put on trial as its user would. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dockerHere } from '../../harness/cluster/docker/testing/docker-here.ts';
import { type Results, resultsSchema } from '../../reports/contract.ts';
import { ordeal, scratchFolder, startOrdeal } from '../support/ordeal.ts';

const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
/** What controllers that are dead left on this daemon: containers, networks, volumes. */
const leftovers = (): string[] =>
  ['container ls -a', 'network ls', 'volume ls'].flatMap(what =>
    docker(
      ...what.split(' '),
      '--filter',
      'label=ordeal.run',
      '--format',
      '{{.Label "ordeal.controller"}} {{.Name}}'.replace('.Name', what.startsWith('container') ? '.Names' : '.Name'),
    )
      .split('\n')
      .filter(line => line !== '' && !isAlive(Number(/"pid":(\d+)/.exec(line)?.[1]))),
  );

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const run = async (
  args: readonly string[],
  cwd = scratchFolder(),
  env: Readonly<Record<string, string>> = {},
): Promise<{ results: Results; exitCode: number | undefined }> => {
  const { stdout, stderr, exitCode } = await ordeal(['run', ...args, '--json'], { cwd, env });
  expect(stdout, stderr).not.toBe('');
  return { results: resultsSchema.parse(JSON.parse(stdout)), exitCode };
};

const kinds = ({ anomalies }: Results['checks'][number]): string[] => anomalies.map(({ type }) => type);

describe.skipIf(!dockerHere)('in containers (skipped where there is no Docker)', { concurrent: true, timeout: 400_000 }, () => {
  test('etcd keeps its promise under partitions, kills, pauses and latency', async () => {
    const { results, exitCode } = await run(
      '--system etcd --on docker --nodes 3 --nemesis partition,kill,pause,latency --interval 2s --time-limit 20s --seed 5'.split(' '),
    );
    expect(exitCode, JSON.stringify(results.checks)).toBe(0);
    expect(results.operations.ok).toBeGreaterThan(500);
    const took = results.faults.filter(({ effective }) => effective);
    expect(took.length, JSON.stringify(results.faults)).toBeGreaterThanOrEqual(results.faults.length / 2);
    expect(new Set(took.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(3);
    expect(results.faults.filter(({ healed }) => !healed)).toEqual([]);
  });

  test('etcd with serializable reads answers stale ones, and the report names them', async () => {
    const { results, exitCode } = await run(
      '--system etcd --on docker --nodes 3 --set reads=serializable --nemesis partition --time-limit 20s --seed 2'.split(' '),
    );
    expect(exitCode).toBe(1);
    expect(kinds(results.checks[0]!)).toContain('stale-read');
  });

  test('redis loses acknowledged writes when it fails over in a partition', async () => {
    const { results, exitCode } = await run('--system redis --on docker --nemesis partition --time-limit 40s --seed 12'.split(' '));
    expect(exitCode).toBe(1);
    expect(kinds(results.checks[0]!).some(type => type === 'lost-write' || type === 'stale-read')).toBe(true);
  });

  test('what ordeal init writes runs as it is: a violation, and none once reads ask the primary', async () => {
    const cwd = scratchFolder();
    expect(await ordeal(['init', 'mine'], { cwd })).toMatchObject({ exitCode: 0 });
    const project = join(cwd, 'mine');
    const broken = await run(['--seed', '5', '--time-limit', '15s'], project);
    expect(broken.exitCode).toBe(1);
    const held = await run(['--seed', '5', '--time-limit', '15s'], project, { READS: 'primary' });
    expect(held.exitCode, JSON.stringify(held.results.checks)).toBe(0);
  });

  test('a node that dies at its start: exit 4 and one message', async () => {
    const cwd = scratchFolder();
    await ordeal(['init', 'mine'], { cwd });
    const file = join(cwd, 'mine', 'broken.yml');
    execFileSync('sh', ['-c', `sed 's/NODE: kv2,/NODE_IS_MISSING: kv2,/' docker-compose.yml > broken.yml`], { cwd: join(cwd, 'mine') });
    const died = await ordeal(['run', '--compose', file, '--start-timeout', '10s'], { cwd: join(cwd, 'mine') });
    expect(died.exitCode, died.stderr).toBe(4);
    expect(died.stderr).toMatch(/kv2/);
    expect(died.stderr).toMatch(/KeyError|NODE/);
  });

  test('a controller that is killed leaves a project that runs already as it was', async () => {
    const cwd = scratchFolder();
    await ordeal(['init', 'mine'], { cwd });
    const folder = join(cwd, 'mine');
    const project = `ordeal-e2e-${process.pid}`;
    const compose = (...args: string[]): void =>
      void execFileSync('docker-compose', ['-p', project, ...args], { cwd: folder, stdio: 'ignore' });
    compose('up', '-d');
    try {
      const attached = startOrdeal(
        [
          'run',
          '--attach',
          project,
          '--nemesis',
          'pause,drop',
          '--interval',
          '1s',
          '--set',
          'pause.durationMs=20000',
          '--time-limit',
          '60s',
        ],
        { cwd: folder },
      );
      const states = (): string[] =>
        docker('ps', '-a', '--filter', `label=com.docker.compose.project=${project}`, '--format', '{{.State}}').split('\n');
      await until(() => states().includes('paused'), 40_000);
      attached.kill('SIGKILL');
      await attached;
      await until(() => states().every(state => state === 'running') && leftovers().length === 0, 10_000);
    } finally {
      compose('down', '-v');
    }
  });

  afterAll(() => until(() => leftovers().length === 0, 10_000));
});

const until = async (holds: () => boolean, ms: number): Promise<void> => {
  for (const deadline = Date.now() + ms; !holds(); await new Promise(resolve => setTimeout(resolve, 200)))
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms`);
};
