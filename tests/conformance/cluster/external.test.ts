/** Servers that somebody else runs: put on trial by their endpoints, broken only on the way there, left as they were found. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { external } from '../../../harness/cluster/external/external-cluster.ts';
import type { Cluster, ClusterOptions } from '../../../harness/protocol/cluster.ts';
import { silence } from '../../../nemesis/faults/silence.ts';
import { resultsSchema } from '../../../reports/contract.ts';
import { raft } from '../../../systems/raft/system.ts';
import { type LocalCluster, localCluster } from '../../../systems/raft/testing/local-cluster.ts';
import { ordeal, processesOf, scratchFolder } from '../../support/ordeal.ts';
import { freshFolder } from './with-cluster.ts';

let theirs: LocalCluster;
const ids = ['a', 'b', 'c'];

beforeAll(async () => {
  theirs = await localCluster(ids);
  await Promise.all(ids.map(id => theirs.start(id)));
  await theirs.leader();
});
afterAll(() => theirs.close());

const endpoints = () =>
  Object.fromEntries(ids.map(id => [id, { client: theirs.endpoint(id, 'client'), admin: theirs.endpoint(id, 'admin') }]));
const optionsOf = (more: Partial<ClusterOptions> = {}): ClusterOptions => ({
  system: { ...raft, endpoints: endpoints() },
  nodes: ids,
  options: {},
  bugs: [],
  runFolder: freshFolder(),
  ...more,
});

const withExternal = async (use: (cluster: Cluster) => Promise<void>, more: Partial<ClusterOptions> = {}): Promise<void> => {
  const options = optionsOf(more);
  const cluster = external.create(options);
  try {
    await cluster.start(AbortSignal.timeout(20_000));
    await use(cluster);
  } finally {
    expect(await cluster.close()).toEqual([]);
    expect(processesOf(options.runFolder)).toEqual([]);
    rmSync(options.runFolder, { recursive: true, force: true });
  }
};

test('knows its nodes by their endpoints, and can break client links only', async () => {
  const options = optionsOf();
  expect(await external.nodes!(options)).toEqual(ids);
  expect([...(await external.capabilities(options))]).toEqual(['client-links']);
  rmSync(options.runFolder, { recursive: true });
});

test('a client link is silent while it is cut and carries again when it is healed; nothing else changes', () =>
  withExternal(async cluster => {
    expect(cluster.links.flows.every(({ from, to }) => from === 'clients' || to === 'clients')).toBe(true);
    expect(await cluster.links.ping('clients', 'a', AbortSignal.timeout(2000))).toBeGreaterThan(0);
    const cut = await cluster.links.apply([{ from: 'clients', to: 'a' }], silence);
    expect(await cut.confirm(AbortSignal.timeout(2000))).toBe(1);
    await expect(cluster.links.ping('clients', 'a', AbortSignal.timeout(300))).rejects.toThrow();
    expect(await cluster.links.ping('clients', 'b', AbortSignal.timeout(2000))).toBeGreaterThan(0);
    await cut.remove();
    expect(await cluster.links.ping('clients', 'a', AbortSignal.timeout(2000))).toBeGreaterThan(0);
    await expect(cluster.kill('a')).rejects.toThrow('a cannot be killed: somebody else runs it');
  }));

test('a command that says whether a node is ready runs here, and is told which node', () => {
  const { admin } = endpoints().b!;
  const command = ['sh', '-c', `test "$ORDEAL_NODE" != b || test "$ORDEAL_PORT" = ${endpoints().b!.client.port} -a ${admin.port} -gt 0`];
  return withExternal(async cluster => cluster.ready('b', AbortSignal.timeout(2000)), {
    system: { ...raft, endpoints: endpoints(), ready: { command } },
  });
});

test('a node that is not there is named with its endpoint', async () => {
  const nowhere = { ...endpoints(), a: { client: { host: '127.0.0.1', port: 9 } } };
  const options = optionsOf({ system: { ...raft, endpoints: nowhere, ready: { tcp: 'client' } }, readyTimeoutMs: 500 });
  const cluster = external.create(options);
  await expect(cluster.start(AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: 'node-never-ready',
    blame: 'environment',
    message: expect.stringContaining('node a at 127.0.0.1:9 was not ready within 0.5 s'),
  });
  expect(await cluster.close()).toEqual([]);
  rmSync(options.runFolder, { recursive: true });
});

test('without endpoints, or with a log to look at, it says what to write instead', async () => {
  await expect(external.capabilities({ system: raft, options: {}, bugs: [] })).rejects.toMatchObject({
    code: 'no-endpoints',
    blame: 'usage',
  });
  const system = { ...raft, endpoints: endpoints(), ready: { log: 'up' } };
  await expect(external.capabilities({ system, options: {}, bugs: [] })).rejects.toMatchObject({ code: 'no-log', blame: 'usage' });
});

test('a run against them is judged like any other, and they serve as before', async () => {
  const cwd = scratchFolder();
  const flags = ids.flatMap(id =>
    ['client', 'admin'].map(port => `${id}${port === 'client' ? '' : `/${port}`}=127.0.0.1:${theirs.endpoint(id, port).port}`),
  );
  const args = [
    'run',
    ...flags.flatMap(flag => ['--endpoint', flag]),
    '--nemesis',
    'latency',
    '--interval',
    '1s',
    '--time-limit',
    '4s',
    '--seed',
    '3',
  ];
  const { exitCode, stdout, stderr } = await ordeal([...args, '--json'], { cwd });
  expect(exitCode, stderr).toBe(0);
  const results = resultsSchema.parse(JSON.parse(stdout));
  expect(results.operations.ok).toBeGreaterThan(100);
  expect(results.faults.filter(fault => fault.effective).length).toBeGreaterThan(0);
  expect(processesOf(cwd)).toEqual([]);
  expect((await theirs.status('a')).members).toEqual(ids);
  rmSync(cwd, { recursive: true });
});
