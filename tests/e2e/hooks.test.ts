/** Faults of one's own, and clients in other programs, in a whole run: healed and gone even when the controller is killed in the middle. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../harness/std/paths.ts';
import { resultsSchema } from '../../reports/contract.ts';
import { type LocalCluster, localCluster } from '../../systems/raft/testing/local-cluster.ts';
import { eventually, ordeal, processesOf, scratchFolder, startOrdeal } from '../support/ordeal.ts';

let theirs: LocalCluster;
let cwd: string;
const ids = ['a', 'b', 'c'];
const pids = new Map<string, number>();

beforeAll(async () => {
  theirs = await localCluster(ids);
  for (const id of ids) pids.set(id, (await theirs.start(id)).process.pid!);
  await theirs.leader();
  cwd = scratchFolder();
  for (const [id, pid] of pids) writeFileSync(join(cwd, `${id}.pid`), `${pid}`);
  writeFileSync(join(cwd, 'client.mjs'), client);
  writeFileSync(join(cwd, 'ordeal.config.ts'), config());
});
afterAll(async () => {
  for (const pid of pids.values()) process.kill(pid, 'SIGCONT');
  await theirs.close();
  rmSync(cwd, { recursive: true, force: true });
});

/** Freezes nodes that the harness knows only by their addresses. */
const config = (): string => `
import { defineConfig, hookFault, program, raft } from ${JSON.stringify(join(projectRoot, 'dist/harness/index.js'))};
const endpoints = ${JSON.stringify(Object.fromEntries(ids.map(id => [id, { client: address(id, 'client'), admin: address(id, 'admin') }])))};
export default defineConfig({
  systems: [{ ...raft, name: 'theirs', connect: program([process.execPath, ${JSON.stringify(join(cwd, 'client.mjs'))}], { multiplexed: true }) }],
  faults: [hookFault({
    kind: 'freeze',
    summary: 'stops a process that is not ours',
    inject: ['sh', '-c', 'kill -STOP $(cat ${cwd}/{node}.pid)'],
    heal: ['sh', '-c', 'kill -CONT $(cat ${cwd}/{node}.pid)'],
    probe: ['sh', '-c', 'grep -q "^State:.*T" /proc/$(cat ${cwd}/{node}.pid)/status'],
  })],
  run: { system: 'theirs', endpoints, nemesis: ['freeze'], interval: '1s', timeLimit: '5s', seed: 2, set: { 'freeze.target': 'one' } },
});`;
const address = (id: string, port: string): string => `127.0.0.1:${theirs.endpoint(id, port).port}`;

const client = `
import net from 'node:net';
import { createInterface } from 'node:readline';
const say = message => process.stdout.write(JSON.stringify(message) + '\\n');
const connections = new Map();
const open = ({ connection, host, port }) => {
  const socket = net.connect(port, host);
  const state = { socket, pending: undefined };
  connections.set(connection, state);
  const lost = () => {
    if (state.pending) say({ type: 'info', id: state.pending.id, error: 'connection-lost' });
    state.pending = undefined;
  };
  socket.on('error', () => {}).on('close', lost);
  createInterface({ input: socket }).on('line', line => {
    const answer = JSON.parse(line);
    if (answer.hello) return say({ type: 'ready', connection });
    const { pending } = state;
    if (pending?.id !== answer.id) return;
    state.pending = undefined;
    if (answer.ok) say({ type: 'ok', id: answer.id, value: pending.f === 'read' ? (answer.value ?? null) : pending.value });
    else say({ type: 'fail', id: answer.id, error: answer.error });
  });
};
createInterface({ input: process.stdin }).on('close', () => process.exit(0)).on('line', line => {
  const message = JSON.parse(line);
  if (message.type === 'init') return open(message);
  const state = connections.get(message.connection);
  if (message.type === 'close') return state?.socket.destroy();
  state.pending = message;
  state.socket.write(JSON.stringify({ id: message.id, op: message.f, key: String(message.key), value: message.value }) + '\\n');
});`;

const stateOf = (id: string): string => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pids.get(id)}/status`, 'utf8'))![1]!;
const frozen = (): string[] => ids.filter(id => stateOf(id) === 'T');

test('a hook is proven by its probe, healed, and the verdict counts it', async () => {
  const { exitCode, stdout, stderr } = await ordeal(['run', '--json'], { cwd });
  expect(exitCode, stderr).toBe(0);
  const results = resultsSchema.parse(JSON.parse(stdout));
  expect(results.operations.ok).toBeGreaterThan(200);
  expect(results.faults.length).toBeGreaterThan(1);
  expect(results.faults.map(({ kind, effective, healed }) => ({ kind, effective, healed }))).toEqual(
    results.faults.map(() => ({ kind: 'freeze', effective: true, healed: true })),
  );
  expect(frozen()).toEqual([]);
  expect(processesOf(cwd)).toEqual([]);
});

test('a controller killed while a node is frozen: the node is awake and every program gone within ten seconds', async () => {
  const run = startOrdeal(['run', '--time-limit', '60s', '--set', 'freeze.durationMs=20000'], { cwd });
  await eventually('a node is frozen', () => frozen().length > 0, 30_000);
  expect(processesOf(join(cwd, 'client.mjs'))).not.toEqual([]);
  run.kill('SIGKILL');
  await run;
  await eventually('the node runs again', () => frozen().length === 0, 10_000);
  await eventually('every program is gone', () => processesOf(cwd).length === 0, 10_000);
  expect(existsSync(join(cwd, 'runs/latest/watchdog.log'))).toBe(true);
  await theirs.leader();
});
