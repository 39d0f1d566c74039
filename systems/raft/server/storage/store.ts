/**
 * What a node keeps on disk: `log.wal`, frames of writes, and `snapshot.bin`, one frame. Both are replaced by write, sync, rename, sync of the folder.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BugName } from '../bugs.ts';
import type { Persisted } from '../core/state.ts';
import type { Entry, LogPoint, NodeId, Snapshot, Write } from '../core/types.ts';
import { CorruptionError, frame, readFrames } from './frames.ts';

/** A write as it lies in the log file. `base`: the log begins behind this point. */
type Record =
  | { readonly k: 'hard'; readonly term: number; readonly vote: NodeId | null }
  | { readonly k: 'entries'; readonly e: readonly Entry[] }
  | { readonly k: 'cut'; readonly from: number }
  | { readonly k: 'base'; readonly base: LogPoint };

export interface Store {
  readonly persisted: Persisted;
  /** Bytes of a torn last write that were dropped at start-up. */
  readonly tornBytes: number;
  /** Writes in order; resolves when all of it is durable. Never call it again before it has resolved. */
  write(writes: readonly Write[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the data folder. Throws CorruptionError on damage. */
export async function openStore(folder: string, bugs: ReadonlySet<BugName>): Promise<Store> {
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'log.wal');
  const snapshotFile = join(folder, 'snapshot.bin');
  const snapshot = loadSnapshot(snapshotFile);
  const { records, tornBytes } = loadLog(logFile);
  const forgetful = bugs.has('vote-not-persisted');
  const persisted = replay(records, snapshot, forgetful);
  let handle = await open(logFile, 'a');
  let hard: Record = { k: 'hard', term: persisted.term, vote: persisted.vote };

  const append = async (records: readonly Record[]) => {
    if (records.length === 0) return;
    await writeAll(handle, frame(records));
    await handle.datasync();
  };

  const compact = async ({ snapshot, base, tail }: Extract<Write, { kind: 'snapshot' }>) => {
    await replaceFile(snapshotFile, frame(snapshot));
    await replaceFile(logFile, frame([hard, { k: 'base', base }, { k: 'entries', e: tail }] satisfies Record[]));
    await handle.close();
    handle = await open(logFile, 'a');
    syncFolder(folder);
  };

  return {
    persisted,
    tornBytes,
    async write(writes) {
      let batch: Record[] = [];
      for (const write of writes) {
        if (write.kind === 'hard') {
          if (forgetful) continue;
          hard = { k: 'hard', term: write.term, vote: write.vote };
          batch.push(hard);
        } else if (write.kind === 'entries') batch.push({ k: 'entries', e: write.entries });
        else if (write.kind === 'cut') batch.push({ k: 'cut', from: write.from });
        else {
          await append(batch);
          batch = [];
          await compact(write);
        }
      }
      await append(batch);
    },
    close: () => handle.close(),
  };
}

function loadSnapshot(file: string): Snapshot | null {
  rmSync(`${file}.tmp`, { force: true });
  if (!existsSync(file)) return null;
  const { payloads, soundBytes } = readFrames(readFileSync(file), file);
  if (payloads.length !== 1 || soundBytes === 0) throw new CorruptionError(`${file}: the snapshot is damaged: its checksum does not match`);
  return payloads[0] as Snapshot;
}

function loadLog(file: string): { records: Record[]; tornBytes: number } {
  rmSync(`${file}.tmp`, { force: true });
  if (!existsSync(file)) return { records: [], tornBytes: 0 };
  const bytes = readFileSync(file);
  const { payloads, soundBytes } = readFrames(bytes, file);
  const tornBytes = bytes.length - soundBytes;
  if (tornBytes > 0) truncateFile(file, soundBytes);
  return { records: payloads.flat() as Record[], tornBytes };
}

/** Plays the records back in order; a snapshot that is ahead of the log, or contradicts it, wins. */
function replay(records: readonly Record[], snapshot: Snapshot | null, forgetful: boolean): Persisted {
  let term = 0;
  let vote: NodeId | null = null;
  let base: LogPoint = { index: 0, term: 0 };
  let entries: Entry[] = [];
  for (const record of records) {
    if (record.k === 'hard' && !forgetful) ({ term, vote } = record);
    else if (record.k === 'base') {
      base = record.base;
      entries = [];
    } else if (record.k === 'entries') entries.push(...record.e);
    else if (record.k === 'cut') entries.splice(Math.max(0, record.from - base.index - 1));
  }
  if (snapshot && !contains(base, entries, snapshot)) {
    base = { index: snapshot.index, term: snapshot.term };
    entries = [];
  }
  return { term, vote, snapshot, base, entries };
}

function contains(base: LogPoint, entries: readonly Entry[], point: LogPoint): boolean {
  return (point.index === base.index ? base.term : entries[point.index - base.index - 1]?.term) === point.term;
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) written += (await handle.write(bytes, written)).bytesWritten;
}

async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(`${file}.tmp`, 'w');
  try {
    await writeAll(handle, bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  renameSync(`${file}.tmp`, file);
}

function truncateFile(file: string, length: number): void {
  const descriptor = openSync(file, 'r+');
  ftruncateSync(descriptor, length);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
