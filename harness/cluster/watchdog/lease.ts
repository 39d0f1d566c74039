/**
 * The lease: what one controller has alive right now, written where a later `ordeal clean` finds it when the controller is gone.
 * One JSON file per cluster, named after its token, in a folder of the user's own.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UndoCommand } from '../../protocol/guard.ts';
import { UserError } from '../../std/user-error.ts';
import type { LeasedDocker } from '../docker/reap.ts';
import type { ProcessId } from './process-id.ts';

export interface LeasedProcess extends ProcessId {
  /** What it is, for messages: `node n1`, `Toxiproxy`. */
  readonly label: string;
}

export interface Lease {
  /** Random; every process of the lease carries it in its environment. */
  readonly token: string;
  readonly controller: ProcessId;
  readonly runFolder: string;
  readonly processes: readonly LeasedProcess[];
  /** Proxies on a Toxiproxy that was there before us: all whose names begin with the prefix are ours. */
  readonly proxies?: { readonly url: string; readonly prefix: string };
  /** Commands that undo what was done to machines that are not ours to end. */
  readonly undo?: readonly UndoCommand[];
  /** A Docker host where things carry the token as their label. */
  readonly docker?: LeasedDocker;
}

/** `$XDG_RUNTIME_DIR/ordeal`, or `<tmp>/ordeal-<uid>`; made on demand. Throws a UserError where it belongs to somebody else. */
export const leaseFolder = (): string => {
  const uid = process.getuid?.() ?? 0;
  const runtime = process.env.XDG_RUNTIME_DIR;
  const folder = (runtime ? made(join(runtime, 'ordeal')) : undefined) ?? join(tmpdir(), `ordeal-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Not followed: somebody else's link in a folder that all may write to is not ours, wherever it leads.
  if (process.getuid && lstatSync(folder).uid !== uid)
    throw new UserError('environment', 'lease-folder-foreign', `the folder ${folder} belongs to another user`, {
      hint: 'set XDG_RUNTIME_DIR to a folder of your own',
    });
  return folder;
};

/** Undefined where it cannot be: the variable may outlive its folder, or come from another user's session. */
const made = (folder: string): string | undefined => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    return undefined;
  }
};

const fileOf = (token: string): string => join(leaseFolder(), `${token}.json`);

/** Replaces the file as a whole, so that a reader never sees half of it. */
export const writeLease = (lease: Lease): void => {
  const file = fileOf(lease.token);
  writeFileSync(`${file}.new`, JSON.stringify(lease), { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

export const removeLease = (token: string): void => {
  rmSync(fileOf(token), { force: true });
  rmSync(`${fileOf(token)}.new`, { force: true });
};

/** Every lease that can be read; a torn one (the disk was full) is removed. */
export const readLeases = (): Lease[] =>
  readdirSync(leaseFolder())
    .filter(name => name.endsWith('.json'))
    .flatMap(name => {
      const file = join(leaseFolder(), name);
      try {
        return [parseLease(readFileSync(file, 'utf8'))];
      } catch {
        rmSync(file, { force: true });
        return [];
      }
    });

/** Throws on anything that is not a lease. */
export const parseLease = (text: string): Lease => {
  const lease = JSON.parse(text) as Lease;
  const valid = typeof lease.token === 'string' && typeof lease.controller?.pid === 'number' && Array.isArray(lease.processes);
  if (!valid || !lease.processes.every(({ pid, started }) => Number.isInteger(pid) && pid > 1 && typeof started === 'string'))
    throw new Error('not a lease');
  if (!(lease.undo ?? []).every(({ command, cwd }) => command.length > 0 && command.every(isText) && isText(cwd)))
    throw new Error('not a lease');
  return lease;
};

const isText = (value: unknown): boolean => typeof value === 'string';
