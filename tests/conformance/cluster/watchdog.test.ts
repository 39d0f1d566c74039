/** A controller that dies leaves nothing behind: the watchdog sees to it, and `ordeal clean` where the watchdog died too. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanLeftovers } from '../../../harness/cluster/clean.ts';
import { reservePorts } from '../../../harness/cluster/ports.ts';
import { createToxiproxyApi } from '../../../harness/cluster/toxiproxy/api.ts';
import { readLeases } from '../../../harness/cluster/watchdog/lease.ts';
import { statOf } from '../../../harness/cluster/watchdog/process-id.ts';
import { builtPath } from '../../../harness/std/paths.ts';
import { processesIn } from './processes-in.ts';
import { eventually, freshFolder, nodeNames, withCluster } from './with-cluster.ts';

const program = fileURLToPath(new URL('./controller.mjs', import.meta.url));
const folders: string[] = [];

const startController = (...more: string[]) => {
  const folder = freshFolder();
  folders.push(folder);
  const controller = execa(process.execPath, [program, folder, ...more], { cwd: folder, reject: false, stdin: 'ignore' });
  const started = new Promise<void>(resolve => controller.stdout.on('data', text => String(text).includes('started') && resolve()));
  return { folder, controller, started };
};
const leftIn = (folder: string, ms = 2000) =>
  eventually(
    async () => processesIn(folder),
    left => left.length === 0,
    ms,
  );

afterEach(() => {
  for (const folder of folders.splice(0)) {
    for (const pid of processesIn(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.skipIf(process.platform !== 'linux')('the watchdog (needs /proc to be tested)', () => {
  test('a controller killed with SIGKILL leaves no process two seconds later, not even a paused one', async () => {
    const { folder, controller, started } = startController();
    await started;
    // Controller, watchdog, Toxiproxy and three nodes.
    expect(processesIn(folder)).toHaveLength(6);
    controller.kill('SIGKILL');
    await controller;
    expect(await leftIn(folder)).toEqual([]);
    const log = readFileSync(join(folder, 'watchdog.log'), 'utf8');
    for (const what of ['is gone', 'node n1', 'node n2', 'node n3', 'Toxiproxy']) expect(log).toContain(what);
    expect(readLeases().filter(lease => lease.runFolder === folder)).toEqual([]);
  });

  test.each([30, 90, 150, 200, 250, 300, 400, 600])('nor one killed %i ms after it began', async ms => {
    const { folder, controller } = startController();
    await new Promise(resolve => setTimeout(resolve, ms));
    controller.kill('SIGKILL');
    await controller;
    expect(await leftIn(folder, 3000)).toEqual([]);
  });

  test('on a Toxiproxy that was there before, it leaves no proxy either', async () => {
    const [port] = await reservePorts(1);
    const args = [builtPath('nemesis/toxiproxy/main'), '-host', '127.0.0.1', '-port', `${port}`];
    const toxiproxy = execa(process.execPath, args, { stdio: 'ignore', reject: false });
    const api = createToxiproxyApi(`http://127.0.0.1:${port}`);
    const count = async () =>
      Object.keys((await (await fetch(`${api.url}/proxies`, { signal: AbortSignal.timeout(1000) })).json()) as object).length;
    try {
      await eventually(
        () => api.version().catch(() => undefined),
        version => version !== undefined,
      );
      const { folder, controller, started } = startController(api.url);
      await started;
      expect(await count()).toBe(6);
      controller.kill('SIGKILL');
      await controller;
      expect(await leftIn(folder)).toEqual([]);
      expect(await eventually(count, left => left === 0)).toBe(0);
    } finally {
      toxiproxy.kill('SIGKILL');
      await toxiproxy;
    }
  });

  test('where the watchdog was killed first, clean finds the leftovers and says what it ended', async () => {
    const { folder, controller, started } = startController();
    await started;
    const [lease] = readLeases().filter(candidate => candidate.runFolder === folder);
    const leased = new Set([controller.pid, ...lease!.processes.map(({ pid }) => pid)]);
    const watchdogs = processesIn(folder).filter(pid => !leased.has(pid));
    expect(watchdogs).toHaveLength(1);
    process.kill(watchdogs[0]!, 'SIGKILL');
    controller.kill('SIGKILL');
    await controller;
    expect(processesIn(folder)).toHaveLength(4);
    await withCluster({ nodes: nodeNames(1) }, async cluster => {
      const sentences = (await cleanLeftovers()).filter(sentence => sentence.includes(folder));
      expect(sentences).toHaveLength(4);
      expect(sentences.join()).toMatch(/ended node n2 \(pid \d+\), left by the run in/);
      expect(cluster.state('n1')).toBe('running');
    });
    expect(await leftIn(folder)).toEqual([]);
    expect((await cleanLeftovers()).filter(sentence => sentence.includes(folder))).toEqual([]);
  });

  test('a cluster that was closed leaves no process, no lease and no watchdog', async () => {
    const pids: number[] = [];
    await withCluster({ nodes: nodeNames(2) }, async (_cluster, folder) => {
      const [lease] = readLeases().filter(candidate => candidate.runFolder === folder);
      pids.push(...lease!.processes.map(({ pid }) => pid));
      expect(pids).toHaveLength(3);
    });
    for (const pid of pids) expect(statOf(pid)).toBeUndefined();
  });
});
