/** Bytes from disk or standard input as they come, unpacked if they are gzip, which shows in the bytes. */
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { cutOffGzip, damagedGzip, isGzip } from '../history/parse-history.ts';
import { UserError } from '../std/user-error.ts';

export interface SourceOptions {
  /** Told how many bytes were taken so far, and of how many, where that is known. */
  readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined;
  /** Told what was tolerated. */
  readonly warn: (warning: string) => void;
}

const chunkBytes = 2 ** 20;
/** What is given to the unpacker at once: it answers with some ten times as much. */
const packedBytes = 2 ** 17;
/** Gzip within gzip. */
const deepest = 4;

/** A chunk is good until the next one is asked for. Throws `history-not-readable` for the file and `malformed-history` for damaged gzip. */
export const openBytes = (path: string, name: string, options: SourceOptions): AsyncGenerator<Buffer> =>
  unpacked(counted(path === '-' ? standardInput() : fileChunks(path), options), name, options, 0);

const standardInput = async function* (): AsyncGenerator<Sized> {
  for await (const chunk of process.stdin) yield { chunk: chunk as Buffer, total: undefined };
};

interface Sized {
  readonly chunk: Buffer;
  readonly total: number | undefined;
}

const counted = async function* (source: AsyncGenerator<Sized>, { onProgress }: SourceOptions): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const { chunk, total } of source) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.(bytes, total);
  }
};

/** Two buffers in turn: the next chunk is on its way while one is looked at. */
const fileChunks = async function* (path: string): AsyncGenerator<Sized> {
  const file = await open(path).catch((cause: unknown) => {
    throw notReadable(path, cause);
  });
  try {
    const { size } = await file.stat();
    const total = size > 0 ? size : undefined;
    let [current, other] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
    let coming = take(file, current, path);
    for (;;) {
      const length = await coming;
      if (length === 0) return;
      const chunk = current.subarray(0, length);
      [current, other] = [other, current];
      coming = take(file, current, path);
      coming.catch(() => {});
      yield { chunk, total };
    }
  } finally {
    await file.close();
  }
};

const take = (file: FileHandle, into: Buffer, path: string): Promise<number> =>
  file.read(into, 0, into.length, null).then(
    ({ bytesRead }) => bytesRead,
    (cause: unknown) => {
      throw notReadable(path, cause);
    },
  );

const notReadable = (path: string, cause: unknown): UserError => {
  const code = (cause as NodeJS.ErrnoException).code;
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
  return new UserError('data', 'history-not-readable', `cannot read the history ${path}: ${why}`, {
    hint: 'name a history file, or a run folder that holds history.jsonl',
    cause,
  });
};

const unpacked = async function* (
  source: AsyncGenerator<Buffer>,
  name: string,
  options: SourceOptions,
  depth: number,
): AsyncGenerator<Buffer> {
  const first = await firstBytes(source);
  const all = chained(first, source);
  yield* depth < deepest && isGzip(first) ? unpacked(gunzipped(all, name, options), name, options, depth + 1) : all;
};

/** Enough of them to see what it is, if there are so many. */
const firstBytes = async (source: AsyncGenerator<Buffer>): Promise<Buffer> => {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < 2) {
    const { value, done } = await source.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  return first;
};

const chained = async function* (first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    // Whoever stops at the first bytes has not begun with the rest, which holds a file open.
    await rest.return(undefined);
  }
};

/**
 * Backpressure is on the way in: what the unpacker makes of a piece is passed on before it gets the piece after the next. So nothing is lost
 * when the file turns out to be cut off.
 */
const gunzipped = async function* (source: AsyncGenerator<Buffer>, name: string, { warn }: SourceOptions): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  let ready: Buffer[] = [];
  let failure: NodeJS.ErrnoException | undefined;
  gunzip.on('data', (chunk: Buffer) => void ready.push(chunk));
  gunzip.on('error', error => {
    failure = error;
  });
  const takeReady = (): Buffer[] => {
    const taken = ready;
    ready = [];
    return taken;
  };
  try {
    for await (const chunk of source)
      for (let at = 0; at < chunk.length && failure === undefined; at += packedBytes) {
        const written = feed(gunzip, chunk.subarray(at, at + packedBytes));
        yield* takeReady();
        await written;
      }
    if (failure === undefined) await ended(gunzip);
    yield* takeReady();
  } finally {
    gunzip.destroy();
  }
  if (failure === undefined) return;
  if (failure.code !== 'Z_BUF_ERROR') throw damagedGzip(name, failure);
  warn(cutOffGzip(name));
};

/** Settles when the piece is unpacked, or cannot be: a stream that fails forgets who waits for a piece of it. */
const feed = (gunzip: Gunzip, piece: Buffer): Promise<void> =>
  new Promise(resolve => {
    const settle = (): void => {
      gunzip.off('close', settle);
      resolve();
    };
    gunzip.once('close', settle);
    gunzip.write(piece, settle);
  });

const ended = (gunzip: Gunzip): Promise<void> =>
  new Promise(resolve => {
    gunzip.once('end', resolve).once('close', resolve).end();
  });
