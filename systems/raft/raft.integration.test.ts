/** Real nodes: processes, sockets and disks. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../harness/protocol/client.ts';
import type { Json } from '../../harness/std/json.ts';
import { raftClient } from './client.ts';
import { raft } from './system.ts';
import { eventually, type LocalCluster, localCluster } from './testing/local-cluster.ts';

const ids = ['n1', 'n2', 'n3'];
let cluster: LocalCluster;
let clients: Client[];

beforeEach(async () => {
  clients = [];
  cluster = await localCluster([...ids, 'n4'], { snapshotEvery: 20, keepEntries: 5 });
  await Promise.all(ids.map(id => cluster.start(id, [`--members=${ids.join(',')}`])));
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await cluster.close();
});

const connect = async (id: string): Promise<Client> => {
  const client = await eventually(() => raftClient(cluster.endpoint(id, 'client')));
  clients.push(client);
  return client;
};
const invoke = (client: Client, f: string, key: string, value: Json = null, timeoutMs = 5000) =>
  client.invoke({ f, key, value, process: 0 }, AbortSignal.timeout(timeoutMs));
const restart = (id: string) => cluster.start(id, [`--members=${ids.join(',')}`]);

test('every node answers reads, writes and cas, whoever leads', async () => {
  const [a, b, c] = await Promise.all(ids.map(connect));
  expect(await invoke(a!, 'read', 'x')).toEqual({ type: 'ok', value: null });
  expect(await invoke(a!, 'cas', 'x', [null, 1])).toEqual({ type: 'ok', value: [null, 1] });
  expect(await invoke(b!, 'write', 'x', 2)).toEqual({ type: 'ok', value: 2 });
  expect(await invoke(c!, 'cas', 'x', [1, 3])).toMatchObject({ type: 'fail', error: { name: 'cas-mismatch' } });
  expect(await invoke(c!, 'read', 'x')).toEqual({ type: 'ok', value: 2 });
});

test('what was acknowledged survives the death of all nodes', async () => {
  const client = await connect('n1');
  for (let value = 1; value <= 30; value++) expect((await invoke(client, 'write', `k${value % 3}`, value)).type).toBe('ok');
  await Promise.all(ids.map(id => cluster.stop(id)));
  await Promise.all(ids.map(restart));
  const again = await connect('n2');
  expect(await invoke(again, 'read', 'k0')).toEqual({ type: 'ok', value: 30 });
  expect(await invoke(again, 'read', 'k2')).toEqual({ type: 'ok', value: 29 });
});

test('two of three go on without the third, which catches up by snapshot even from nothing', async () => {
  const leader = await cluster.leader(ids);
  const lost = ids.find(id => id !== leader)!;
  await cluster.stop(lost);
  rmSync(cluster.dataDir(lost), { recursive: true });
  const client = await connect(leader);
  for (let value = 1; value <= 60; value++) expect((await invoke(client, 'write', 'x', value)).type).toBe('ok');
  await restart(lost);
  const { lastApplied } = await cluster.status(leader);
  await eventually(async () => ((await cluster.status(lost)).lastApplied >= lastApplied ? true : undefined));
  expect(cluster.events(lost).map(({ event }) => event)).toContain('snapshot_installed');
  expect(await invoke(await connect(lost), 'read', 'x')).toEqual({ type: 'ok', value: 60 });
});

test('a member is added and removed while the cluster serves', async () => {
  const leader = await cluster.leader(ids);
  await cluster.start('n4', ['--join']);
  const { host, port } = cluster.endpoint('n4', 'peer');
  const added = await eventually(async () => {
    const response = await cluster.admin(leader, '/members', { add: 'n4', address: `${host}:${port}` });
    return response.status === 200 ? response : undefined;
  });
  expect(((await added.json()) as { members: string[] }).members.sort()).toEqual([...ids, 'n4']);
  await eventually(async () => ((await cluster.status('n4')).members.length === 4 ? true : undefined));
  expect(await invoke(await connect('n4'), 'write', 'x', 1)).toEqual({ type: 'ok', value: 1 });
  expect((await cluster.admin(leader, '/members', { remove: 'n4' })).status).toBe(200);
  expect((await cluster.status(leader)).members).toHaveLength(3);
  expect(await invoke(await connect(leader), 'read', 'x')).toEqual({ type: 'ok', value: 1 });
});

test('a torn last record is dropped at start-up', async () => {
  const client = await connect('n1');
  expect((await invoke(client, 'write', 'x', 1)).type).toBe('ok');
  await cluster.stop('n1');
  appendFileSync(join(cluster.dataDir('n1'), 'log.wal'), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 91, 92]));
  await restart('n1');
  expect(cluster.events('n1').findLast(({ event }) => event === 'node_started')!.context.torn_bytes).toBe(10);
  expect(await invoke(await connect('n1'), 'read', 'x')).toEqual({ type: 'ok', value: 1 });
});

test('damage in the middle of the log is refused with a message that says where', async () => {
  const client = await connect('n1');
  for (let value = 1; value <= 5; value++) await invoke(client, 'write', 'x', value);
  await cluster.stop('n1');
  const file = join(cluster.dataDir('n1'), 'log.wal');
  const bytes = readFileSync(file);
  bytes[20] = bytes[20]! ^ 0xff;
  writeFileSync(file, bytes);
  const node = await restart('n1');
  expect(await node.exited).toBe(1);
  expect(node.stderr).toContain('checksum mismatch at byte 0');
});

test('a port in use ends the node with one line and code 1', async () => {
  const node = await cluster.start('n4', [`--client-port=${cluster.endpoint('n1', 'client').port}`]);
  expect(await node.exited).toBe(1);
  expect(node.stderr).toMatch(/^raft: port \d+ on 127\.0\.0\.1 is in use[^\n]*\n$/);
});

test('SIGTERM ends a node cleanly', async () => {
  expect(await cluster.stop('n1', 'SIGTERM')).toBe(0);
});

describe('the admin port', () => {
  test('skews the clock and tells what it shows', async () => {
    const control = (id: string, port: string) => cluster.endpoint(id, port);
    const signal = AbortSignal.timeout(5000);
    await raft.clock!.set(control, 'n1', { offsetMs: -60_000, rate: 1 }, signal);
    const skewed = await raft.clock!.read(control, 'n1', signal);
    expect(Math.abs(skewed.wallMs + 60_000 - Date.now())).toBeLessThan(1000);
    await raft.clock!.set(control, 'n1', { offsetMs: 0, rate: 1 }, signal);
    const right = await raft.clock!.read(control, 'n1', signal);
    expect(Math.abs(right.wallMs - Date.now())).toBeLessThan(1000);
    expect(right.monotonicMs).toBeGreaterThanOrEqual(skewed.monotonicMs);
  });

  test('exposes the metrics under their agreed names', async () => {
    const leader = await cluster.leader(ids);
    await invoke(await connect(leader), 'write', 'x', 1);
    const text = await (await cluster.admin(leader, '/metrics')).text();
    expect(text).toContain('leader_elections_total{result="won"} 1');
    expect(text).toMatch(/replication_lag_seconds\{follower_id="n\d"\} /);
    expect(text).toContain('partition_events_total{type="detected"}');
    for (const bucket of ['0.001', '0.005', '0.01', '0.05', '0.1', '0.5', '+Inf'])
      expect(text).toContain(`consensus_latency_seconds_bucket{le="${bucket}",operation_type="write"}`);
  });

  test('tells the roles', async () => {
    const leader = await cluster.leader(ids);
    const roles = await raft.roles!((id, port) => cluster.endpoint(id, port), ids, AbortSignal.timeout(5000));
    expect(roles).toMatchObject({ leader, followers: ids.filter(id => id !== leader) });
  });
});

describe('the client', () => {
  test('fails definitely against a dead node, and reaches it again when it is back', async () => {
    const client = await connect('n1');
    await invoke(client, 'write', 'x', 1);
    await cluster.stop('n1');
    await eventually(async () => {
      const answer = await invoke(client, 'write', 'x', 2);
      return answer.type === 'fail' && answer.error.name === 'unreachable' ? true : undefined;
    });
    await restart('n1');
    expect(await invoke(client, 'read', 'x')).toEqual({ type: 'ok', value: 1 });
  });

  test('does not know what became of a write that a node without a quorum took', async () => {
    const leader = await cluster.leader(ids);
    const client = await connect(leader);
    await Promise.all(ids.filter(id => id !== leader).map(id => cluster.stop(id)));
    expect(await invoke(client, 'write', 'x', 9)).toMatchObject({ type: 'info', error: { name: 'timeout' } });
    expect(await invoke(client, 'write', 'x', 10)).toMatchObject({ type: 'fail', error: { name: 'no-leader' } });
  });

  test('its ping is answered by the doors of clients and peers', async () => {
    for (const port of ['client', 'peer']) await raft.ping!(cluster.endpoint('n1', port), port, AbortSignal.timeout(2000));
    await cluster.stop('n1');
    await expect(raft.ping!(cluster.endpoint('n1', 'peer'), 'peer', AbortSignal.timeout(2000))).rejects.toThrow();
  });
});
