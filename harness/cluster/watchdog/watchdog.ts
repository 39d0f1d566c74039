/** The controller's side of the watchdog: whoever starts a process puts it on the lease at once and takes it off when it is gone. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import type { Guard, UndoCommand } from '../../protocol/guard.ts';
import { assert } from '../../std/assert.ts';
import { builtPath } from '../../std/paths.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import type { LeasedDocker } from '../docker/reap.ts';
import { endLeased } from './end-leased.ts';
import { type Lease, type LeasedProcess, removeLease, writeLease } from './lease.ts';
import { identify, leaseVariable } from './process-id.ts';

export interface Watchdog extends Guard {
  readonly token: string;
  /** Names the proxies on a foreign Toxiproxy that must not outlive the controller. */
  holdProxies(proxies: { url: string; prefix: string }): void;
  /** Ends whatever is on the lease or carries its token, and undoes what is held. Resolves to one sentence for each; never throws. */
  endAll(): Promise<string[]>;
  /**
   * Names the Docker host that has things labelled with the token, before the first is made; again, when containers of other people are
   * joined; and undefined when all is removed and put back.
   */
  holdDocker(docker: LeasedDocker | undefined): void;
  /** Ends the watch; what is still on the lease is left to the watchdog, which ends it. Resolves to what went wrong on the way. */
  close(): Promise<string[]>;
}

/** Starts the watchdog of one cluster. Throws when it cannot be started: nothing may run unwatched. `onDeath` is told when it ends by itself. */
export const startWatchdog = async (runFolder: string, onDeath: (sentence: string) => void): Promise<Watchdog> => {
  const token = randomBytes(16).toString('hex');
  const controller = identify(process.pid);
  assert(controller !== undefined, 'this very process runs');
  const main = builtPath('harness/cluster/watchdog/main');
  if (!existsSync(main)) throw new UserError('environment', 'not-built', `${main} is missing`, { hint: 'run `npm run build`' });
  const child = execa(process.execPath, [main], {
    detached: true, // a Ctrl-C in the terminal must not reach it
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  let closing = false;
  child.once('exit', (exitCode, signal) => {
    if (!closing)
      onDeath(`the watchdog ended with ${signal ?? `exit code ${exitCode}`}: if this process crashes too, run \`ordeal clean\``);
  });
  child.stdin.on('error', () => {}); // it died: the lease file still tells `ordeal clean`

  let lease: Lease = { token, controller, runFolder, processes: [] };
  const troubles = new Set<string>();
  const publish = (next: Lease): void => {
    lease = next;
    child.stdin.write(`${JSON.stringify(lease)}\n`);
    try {
      writeLease(lease);
    } catch (thrown) {
      troubles.add(`the lease could not be written: ${messageOf(thrown)}`);
    }
  };
  const without = (undo: UndoCommand): readonly UndoCommand[] => (lease.undo ?? []).filter(held => held !== undo);
  const others = (pid: number): readonly LeasedProcess[] => lease.processes.filter(process => process.pid !== pid);

  publish(lease);
  return {
    token,
    env: { [leaseVariable]: token },
    add: (pid, label) => {
      const id = identify(pid);
      if (id !== undefined) publish({ ...lease, processes: [...others(pid), { ...id, label }] });
    },
    remove: pid => publish({ ...lease, processes: others(pid) }),
    holdUndo: undo => {
      publish({ ...lease, undo: [...(lease.undo ?? []), undo] });
      return () => publish({ ...lease, undo: without(undo) });
    },
    holdProxies: proxies => publish({ ...lease, proxies }),
    holdDocker: docker => publish({ ...lease, docker }),
    endAll: async () => {
      const left = await endLeased(lease);
      if (left.every(sentence => !sentence.startsWith('could not'))) publish({ token, controller, runFolder, processes: [] });
      return left;
    },
    close: async () => {
      closing = true;
      child.ref(); // while it runs it keeps nobody waiting, but its end is waited for
      const clean = lease.processes.length === 0 && (lease.undo ?? []).length === 0 && lease.docker === undefined;
      child.stdin.end(clean ? 'done\n' : undefined);
      await child;
      if (clean) removeLease(token);
      return [...troubles];
    },
  };
};
