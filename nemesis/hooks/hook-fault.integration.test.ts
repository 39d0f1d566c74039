/** Faults of one's own are proven by their probes, and healed on every way out. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuard } from '../../harness/cluster/guard.ts';
import type { FaultContext, ScheduledFault } from '../../harness/protocol/fault.ts';
import { builtPath } from '../../harness/std/paths.ts';
import { createRng } from '../../harness/std/rng.ts';
import { type HookFaultSpec, hookFault } from './hook-fault.ts';

let folder: string;
let guard: ReturnType<typeof createGuard>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordeal-hooks-'));
  guard = createGuard(folder, () => {});
});
afterEach(async () => {
  await guard.close();
  rmSync(folder, { recursive: true, force: true });
});

const context = (): FaultContext => ({
  cluster: { nodes: ['n1', 'n2'], control: () => ({ host: '10.0.0.1', port: 6379 }) } as unknown as FaultContext['cluster'],
  system: { clientPort: 'client' } as FaultContext['system'],
  roles: async () => ({ leader: 'n2', term: 1, followers: ['n1'] }),
  signal: new AbortController().signal,
  guard: guard.guard,
});
const at = (nodes: readonly string[]): ScheduledFault => ({
  id: 1,
  kind: 'plug',
  target: { nodes },
  params: {},
  startMs: 0,
  durationMs: 1,
});
const flag = (node: string): string => join(folder, `broken-${node}`);
const commands = (more: Partial<HookFaultSpec> = {}): HookFaultSpec => ({
  kind: 'plug',
  summary: 'pulls a plug',
  inject: ['touch', join(folder, 'broken-{node}')],
  heal: ['rm', '-f', join(folder, 'broken-{node}')],
  probe: ['sh', '-c', `test -e "${folder}/broken-$ORDEAL_NODE"`],
  ...more,
});
const soon = (ms = 1000): AbortSignal => AbortSignal.timeout(ms);

test('commands inject, prove and heal, each node for itself', async () => {
  const injected = await hookFault(commands()).inject(at(['n1', 'n2']), context());
  expect(injected.targets).toEqual(['n1', 'n2']);
  expect(existsSync(flag('n1')) && existsSync(flag('n2'))).toBe(true);
  expect(await injected.prove(soon())).toEqual({ effective: true, detail: 'the probe says so of n1, n2, and did not before' });
  expect(await injected.heal(soon())).toEqual({ effective: true, detail: 'heal ended well, and the probe says no of n1, n2' });
  expect(await injected.heal(soon())).toMatchObject({ effective: true });
  expect(existsSync(flag('n1'))).toBe(false);
});

test('functions do, too', async () => {
  const broken = new Set<string>();
  const fault = hookFault({
    kind: 'plug',
    summary: '',
    inject: ({ node, host, port }) => void broken.add(`${node} ${host}:${port}`),
    heal: async ({ node, host, port }) => void broken.delete(`${node} ${host}:${port}`),
    probe: ({ node }) => broken.has(`${node} 10.0.0.1:6379`),
  });
  const injected = await fault.inject(at(['n1']), context());
  expect(await injected.prove(soon())).toMatchObject({ effective: true });
  expect(await injected.heal(soon())).toMatchObject({ effective: true });
  expect(broken.size).toBe(0);
});

test('without a probe, or with one that always says yes, it counts as one without effect', async () => {
  const { probe: _, ...blind } = commands();
  const unproven = await hookFault(blind).inject(at(['n1']), context());
  expect(await unproven.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('no probe') });
  await unproven.heal(soon());
  const yes = await hookFault(commands({ probe: ['true'] })).inject(at(['n1']), context());
  expect(await yes.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('it proves nothing') });
  await yes.heal(soon());
});

test('a probe that says no is believed, in both directions', async () => {
  const idle = await hookFault(commands({ inject: ['true'] })).inject(at(['n1']), context());
  expect(await idle.prove(soon(400))).toMatchObject({ effective: false, detail: expect.stringContaining('the probe says no of n1') });
  await idle.heal(soon());
  const lasting = await hookFault(commands({ heal: ['true'] })).inject(at(['n1']), context());
  expect(await lasting.heal(soon(400))).toMatchObject({ effective: false, detail: expect.stringContaining('the probe says yes of n1') });
});

test('an injection that fails is healed before it is reported', async () => {
  const half = commands({ inject: ['sh', '-c', `touch "${folder}/broken-$ORDEAL_NODE"; echo no power >&2; exit 3`] });
  await expect(hookFault(half).inject(at(['n1']), context())).rejects.toThrow(/inject on n1: .*exit code 3.*no power/s);
  expect(existsSync(flag('n1'))).toBe(false);
});

test('a node is not hit twice at once, nor one that the fault is not for', async () => {
  const fault = hookFault(commands({ nodes: ['n1'] }));
  const shared = context();
  const first = await fault.inject(at(['n1']), shared);
  expect((await fault.inject(at(['n1']), shared)).targets).toEqual([]);
  expect((await fault.inject(at(['n2']), shared)).targets).toEqual([]);
  await first.heal(soon());
  expect((await fault.inject(at(['n1']), shared)).targets).toEqual(['n1']);
  expect(fault.plan(createRng(1), { nodes: ['n1', 'n2'], hasRoles: false }, { target: 'all' }).target).toEqual({ nodes: ['n1'] });
});

test('what is still broken at the end is mended by the guard', async () => {
  await hookFault(commands()).inject(at(['n1']), context());
  expect(await guard.close()).toEqual(['at the end of the run: undid plug on n1']);
  expect(existsSync(flag('n1'))).toBe(false);
});

test('a controller that is killed in the middle: the watchdog runs the command that heals', async () => {
  const script = `const { createGuard } = await import(${JSON.stringify(builtPath('harness/cluster/guard'))});
    const { hookFault } = await import(${JSON.stringify(builtPath('nemesis/hooks/hook-fault'))});
    const guard = createGuard(${JSON.stringify(folder)}, () => {});
    const cluster = { nodes: ['n1'], control: () => ({ host: 'h', port: 1 }) };
    await hookFault(${JSON.stringify(commands())}).inject({ id: 1, target: { nodes: ['n1'] } }, { cluster, system: {}, guard: guard.guard, signal: new AbortController().signal });
    process.kill(process.pid, 'SIGKILL');`;
  await execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  expect(existsSync(flag('n1'))).toBe(true);
  await vi.waitFor(() => expect(existsSync(flag('n1'))).toBe(false), 5000);
  await vi.waitFor(() => expect(readFileSync(join(folder, 'watchdog.log'), 'utf8')).toContain('undid plug on n1'), 2000);
});

test('over ssh, the command runs where it is told to, words and all', async () => {
  // Stands in for ssh as a remote shell would see it: the last argument is a command line.
  const ssh = join(folder, 'ssh');
  writeFileSync(ssh, `#!/bin/sh\nfor last; do :; done\necho "$*" >> "${folder}/ssh.log"\nexec sh -c "$last"\n`);
  chmodSync(ssh, 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  try {
    const fault = hookFault(
      commands({ ssh: 'root@{host}', inject: ['sh', '-c', `echo "it's $ORDEAL_NODE" > "${folder}/broken-$ORDEAL_NODE"`] }),
    );
    const injected = await fault.inject(at(['n1']), context());
    expect(readFileSync(flag('n1'), 'utf8')).toBe("it's n1\n");
    expect(await injected.prove(soon())).toMatchObject({ effective: true });
    expect(await injected.heal(soon())).toMatchObject({ effective: true });
    expect(readFileSync(join(folder, 'ssh.log'), 'utf8')).toContain('-o BatchMode=yes -o ConnectTimeout=5 -o ControlMaster=auto');
  } finally {
    process.env.PATH = path;
  }
});

test.each([
  [{ kind: 'Two Words' }, /kind must be a word/],
  [{ inject: [] }, /inject must be a command or a function/],
  [{ heal: undefined }, /heal must be a command or a function: whatever breaks/],
  [{ probe: 'true' }, /probe must be a command or a function/],
])('a slip in the description is a sentence: %j', (slip, message) => {
  expect(() => hookFault({ ...commands(), ...(slip as object) })).toThrow(message);
});
