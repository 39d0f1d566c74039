/** Ends everything that a lease names, and nothing else. */
import { execa } from 'execa';
import type { UndoCommand } from '../../protocol/guard.ts';
import { sleep, within } from '../../std/deadline.ts';
import type { Lease, LeasedProcess } from './lease.ts';
import { endProcess, findByToken, isAlive } from './process-id.ts';

const patienceMs = 3000;

/** How long a command that undoes may take: a connection to a machine that is far away, and what it does there. */
const undoMs = 8000;

/**
 * Kills the leased processes and whatever else carries the lease's token, until none is left, and removes the proxies that the lease
 * holds on somebody else's Toxiproxy, and what it has on a Docker host; commands that undo something run meanwhile. Resolves to one
 * sentence per thing ended, or not ended. Never throws.
 */
export const endLeased = async (lease: Lease): Promise<string[]> => {
  const undone = Promise.all((lease.undo ?? []).map(runUndo));
  const done = new Map<number, string>();
  const deadline = Date.now() + patienceMs;
  // A process that was being started while the controller died shows its token only a moment later: look until two looks found nobody.
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    const found = remaining(lease);
    quiet = found.length === 0 ? quiet + 1 : 0;
    for (const process of found) if (endProcess(process)) done.set(process.pid, `ended ${process.label} (pid ${process.pid})`);
    await sleep(50);
  }
  for (const process of remaining(lease)) done.set(process.pid, `could not end ${process.label} (pid ${process.pid})`);
  return [...done.values(), ...(await removeProxies(lease.proxies)), ...(await endContainers(lease)), ...(await undone)];
};

const remaining = (lease: Lease): LeasedProcess[] => {
  const named = lease.processes.filter(isAlive);
  const known = new Set(named.map(process => process.pid));
  const others = findByToken(lease.token).filter(process => !known.has(process.pid));
  return [...named, ...others.map(process => ({ ...process, label: 'a process of the cluster' }))];
};

const runUndo = async ({ label, command, cwd, env }: UndoCommand): Promise<string> => {
  const [file = '', ...args] = command;
  const options = { cwd, env, reject: false, stdin: 'ignore', timeout: undoMs, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const;
  const { failed, shortMessage, stderr } = await execa(file, args, options);
  return failed ? `could not undo ${label}: ${shortMessage} ${stderr}`.trim() : `undid ${label}`;
};

/** Loaded on demand: a watchdog of a run without containers needs no Docker client. */
const endContainers = async ({ docker, token }: Lease): Promise<string[]> => {
  if (docker === undefined) return [];
  const { reap } = await import('../docker/reap.ts');
  return reap(docker, token);
};

/** Plain HTTP on purpose: this runs in the watchdog, which has a second and needs no client. */
const removeProxies = async (proxies: Lease['proxies']): Promise<string[]> => {
  if (proxies === undefined) return [];
  const call = (path: string, method: string) =>
    fetch(`${proxies.url}${path}`, { method, headers: { 'user-agent': 'ordeal' }, signal: within(patienceMs) });
  try {
    const all = (await (await call('/proxies', 'GET')).json()) as Record<string, unknown>;
    const ours = Object.keys(all).filter(name => name.startsWith(proxies.prefix));
    await Promise.all(ours.map(name => call(`/proxies/${name}`, 'DELETE')));
    return ours.map(name => `removed proxy ${name} from ${proxies.url}`);
  } catch (thrown) {
    const { code } = ((thrown as Error).cause ?? {}) as { code?: string };
    if (code === 'ECONNREFUSED') return []; // that server is gone, and every proxy with it
    return [`could not remove the proxies ${proxies.prefix}* from ${proxies.url}: ${String(thrown)}`];
  }
};
