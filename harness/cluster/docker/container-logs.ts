/** What a container writes, streamed into the node's folder while it runs: `stdout.log` and `stderr.log`. */
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { sleep } from '../../std/deadline.ts';
import { messageOf } from '../../std/user-error.ts';
import { readTail } from '../tail.ts';
import { createDemuxer, type Frame } from './demux.ts';

export interface ContainerLogs {
  /**
   * Follows what the container writes from this start of it on; resolves when the engine answers. What was written already is not written
   * again. Of one that runs already only the last lines are asked for: it may have run for weeks.
   */
  follow(facts: { readonly startedAt: string; readonly tty: boolean; readonly adopted: boolean }): Promise<void>;
  /** Resolves when the container's output has ended and is in the files, or after this long. */
  drained(ms: number): Promise<void>;
  /** What the present start wrote last: its stderr, or its stdout where that is empty. */
  lastWords(): string;
  /** All that the present start wrote, as far as a reader of its tail cares. */
  text(): string;
  stop(): void;
}

export const createContainerLogs = (container: Docker.Container, folder: string, onTrouble: (sentence: string) => void): ContainerLogs => {
  mkdirSync(folder, { recursive: true });
  const files = { stdout: join(folder, 'stdout.log'), stderr: join(folder, 'stderr.log') };
  /** When the last line was written, as the engine says: a reopened log begins behind it. */
  const last = { stdout: '', stderr: '' };
  let from = { stdout: 0, stderr: 0 };
  let source: Readable | undefined;
  let ended: Promise<void> = Promise.resolve();
  const tail = (stream: Frame['stream'], lines?: number): string =>
    readTail(files[stream], { from: from[stream], ...(lines === undefined ? {} : { lines }) });

  return {
    follow: async ({ startedAt, tty, adopted }) => {
      from = { stdout: sizeOf(files.stdout), stderr: sizeOf(files.stderr) };
      const [, seen = ''] = [last.stdout, last.stderr].sort();
      const since = tty || adopted ? startedAt : seen;
      source = await openLog(container, {
        timestamps: !tty,
        ...(since === '' ? {} : { since: unixTime(since) }),
        ...(adopted ? { tail: 10_000 } : {}),
      });
      const frames = tty ? wholeFrames(source) : framesOf(source);
      ended = copy(frames, files, last).catch(thrown => onTrouble(`the output of a container is not read any more: ${messageOf(thrown)}`));
    },
    drained: async ms => {
      const waiting = new AbortController();
      await Promise.race([ended, sleep(ms, waiting.signal)]);
      waiting.abort();
    },
    lastWords: () => (tail('stderr').trim() === '' ? tail('stdout') : tail('stderr')),
    text: () => `${tail('stdout', 10_000)}\n${tail('stderr', 10_000)}`,
    stop: () => void source?.destroy(),
  };
};

const openLog = async (container: Docker.Container, options: Docker.ContainerLogsOptions): Promise<Readable> =>
  (await container.logs({ ...options, follow: true, stdout: true, stderr: true })) as unknown as Readable;

/** Seconds with nine decimals; the engine takes them, a JavaScript number would lose some. */
export const unixTime = (stamp: string): string => {
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? '';
  return `${Math.floor(Date.parse(stamp) / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`;
};

async function* framesOf(source: Readable): AsyncGenerator<Frame & { at: string }> {
  const demuxer = createDemuxer();
  source.on('error', error => demuxer.destroy(error)).pipe(demuxer);
  // A response that is broken off emits `aborted` and `close`, not always an error.
  source.on('close', () => demuxer.end());
  for await (const frame of demuxer as AsyncIterable<Frame>) yield stamped(frame);
}

/** A frame of a log is one line (or a piece of a long one), each with the time before it. */
export const stamped = ({ stream, data }: Frame): Frame & { at: string } => {
  const space = data.indexOf(0x20);
  return { stream, at: data.toString('latin1', 0, space), data: data.subarray(space + 1) };
};

/** A container with a terminal writes no frames. */
async function* wholeFrames(source: Readable): AsyncGenerator<Frame & { at: string }> {
  for await (const data of source) yield { stream: 'stdout', at: '', data: data as Buffer };
}

/** Written at once, so that whoever reads the file's tail reads the last word. A full disk loses lines, not the run. */
const copy = async (
  frames: AsyncIterable<Frame & { at: string }>,
  files: Readonly<Record<Frame['stream'], string>>,
  last: Record<Frame['stream'], string>,
): Promise<void> => {
  const handles = { stdout: openSync(files.stdout, 'a'), stderr: openSync(files.stderr, 'a') };
  let lost: unknown;
  try {
    for await (const { stream, at, data } of frames) {
      if (at !== '' && at <= last[stream]) continue;
      last[stream] = at;
      try {
        writeSync(handles[stream], data);
      } catch (thrown) {
        lost ??= thrown;
      }
    }
  } finally {
    closeSync(handles.stdout);
    closeSync(handles.stderr);
  }
  if (lost !== undefined) throw lost;
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
