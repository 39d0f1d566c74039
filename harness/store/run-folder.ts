/**
 * The run store: `<store>/<system>-<workload>/<start>-<seed>/`, `<store>/latest` pointing to the newest, `<store>/index.jsonl` with a line
 * per run. Everything is written as the run goes, so what a crash leaves is readable.
 */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../std/user-error.ts';

export interface RunFolder {
  readonly path: string;
  file(name: string): string;
  /** Folder of one node's logs, created on first use. */
  node(node: string): string;
  writeText(name: string, text: string): void;
  writeJson(name: string, data: unknown): void;
  /** The run's line in `index.jsonl`. */
  index(line: Readonly<Record<string, unknown>>): void;
}

export interface RunIdentity {
  readonly store: string;
  readonly system: string;
  readonly workload: string;
  readonly seed: number;
  readonly startedAt: Date;
}

/** Creates the folder and points `latest` to it. Throws a UserError where the disk refuses. */
export const createRunFolder = ({ store, system, workload, seed, startedAt }: RunIdentity): RunFolder => {
  const base = resolve(store);
  const stamp = startedAt.toISOString().replace(/[-:.]/g, '');
  const path = join(base, `${system}-${workload}`, `${stamp}-${seed}`);
  teaching(path, () => {
    makeFolder(path);
    pointTo(base, path);
  });

  const writeText = (name: string, text: string): void =>
    teaching(join(path, name), () => {
      const target = join(path, name);
      writeFileSync(`${target}.part`, text);
      renameSync(`${target}.part`, target);
    });
  return {
    path,
    file: name => join(path, name),
    node: node => {
      const folder = join(path, 'nodes', node);
      teaching(folder, () => mkdirSync(folder, { recursive: true }));
      return folder;
    },
    writeText,
    writeJson: (name, data) => writeText(name, `${JSON.stringify(data, null, 2)}\n`),
    index: line => teaching(join(base, 'index.jsonl'), () => appendFileSync(join(base, 'index.jsonl'), `${JSON.stringify(line)}\n`)),
  };
};

/** One level at a time: Node's own `recursive` hides a read-only file system behind ENOENT, and never returns below /proc. */
const makeFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run that started at the same time may have been first.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
};

/** Replaced in one step, so that two runs that start together never leave it missing. */
const pointTo = (base: string, path: string): void => {
  const next = join(base, `.latest-${process.pid}`);
  rmSync(next, { force: true });
  symlinkSync(relative(base, path), next, 'dir');
  renameSync(next, join(base, 'latest'));
};

/** Disk errors become messages that say which path and what to do. */
const teaching = (path: string, write: () => void): void => {
  try {
    write();
  } catch (cause) {
    throw diskError(path, cause);
  }
};

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose another --store',
  EDQUOT: 'the disk quota is used up: free some space or choose another --store',
  EACCES: 'no permission to write there: choose another --store',
  EPERM: 'no permission to write there: choose another --store',
  ENOENT: 'no folder can be made there: choose another --store',
  EROFS: 'that file system is read-only: choose another --store',
  ENOTDIR: 'a part of that path is a file: choose another --store',
  EEXIST: 'something that is not a folder is in the way: choose another --store',
};

/** A UserError for a failed write, with what to do next by error code. */
export const diskError = (path: string, cause: unknown): UserError => {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new UserError('environment', 'store-unwritable', `cannot write ${path}: ${code}`, { hint: advice[code], cause });
};
