/** `ordeal lint-client` as a user runs it: the example clients and our own are clean, a careless program is not. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalCluster, localCluster } from '../../systems/raft/testing/local-cluster.ts';
import { ordeal, scratchFolder } from '../support/ordeal.ts';

let cluster: LocalCluster;
let at: string;
beforeAll(async () => {
  cluster = await localCluster(['n1']);
  await cluster.start('n1');
  await cluster.leader();
  const { host, port } = cluster.endpoint('n1', 'client');
  at = `${host}:${port}`;
});
afterAll(() => cluster.close());

const lint = async (args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await ordeal(['lint-client', '--timeout', '400ms', '--json', ...args], { cwd: scratchFolder() });
  return {
    exitCode,
    stderr,
    report: JSON.parse(stdout) as { clean: boolean; findings: { mistake: string }[]; scenarios: { status: string }[] },
  };
};
const hasPython = (): boolean => {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
};

test.concurrent('our own client of the reference Raft is clean', async () => {
  const { exitCode, report, stderr } = await lint(['--system', 'raft', '--at', at]);
  expect(report.findings, stderr).toEqual([]);
  expect(exitCode).toBe(0);
  expect(report.scenarios.filter(({ status }) => status === 'passed').length).toBeGreaterThan(6);
});

const python = join(import.meta.dirname, 'python-client/client.py');
test.skipIf(!process.env.CI && !hasPython())('so is the example in Python (skipped without python3)', { concurrent: true }, async () => {
  const { exitCode, report, stderr } = await lint(['--system', 'raft', '--at', at, '--', 'python3', python]);
  expect(report.findings, stderr).toEqual([]);
  expect(exitCode).toBe(0);
});

test.concurrent('a program that calls every trouble a fail is found out, with exit code 1', async () => {
  const careless = `
    const net = require('node:net');
    const say = m => process.stdout.write(JSON.stringify(m) + '\\n');
    let socket, open;
    require('node:readline').createInterface({ input: process.stdin }).on('close', () => process.exit()).on('line', line => {
      const m = JSON.parse(line);
      const trouble = () => { if (open) say({ type: 'fail', id: open.id, error: 'trouble' }); open = undefined; };
      if (m.type === 'init') {
        socket = net.connect(m.port, m.host);
        socket.on('connect', () => say({ type: 'ready' })).on('error', () => {}).on('close', trouble);
      }
      if (m.type === 'invoke') { open = m; socket.write('request for ' + m.key + '\\n'); setTimeout(trouble, m.timeoutMs - 50); }
    });`;
  const { exitCode, report } = await lint(['--', process.execPath, '-e', careless]);
  expect(exitCode).toBe(1);
  expect([...new Set(report.findings.map(({ mistake }) => mistake))].sort()).toEqual([
    'cut-as-fail',
    'nonsense-as-fail',
    'timeout-as-fail',
  ]);
});

test.concurrent('a program that is not there is exit code 4, and no client at all is a usage error', async () => {
  const cwd = scratchFolder();
  const missing = await ordeal(['lint-client', '--', 'no-such-client'], { cwd });
  expect(missing.exitCode).toBe(4);
  expect(missing.stderr).toContain('no-such-client cannot be started');
  expect((await ordeal(['lint-client'], { cwd })).exitCode).toBe(64);
});
