/** Runs a command in a container and waits for its end. Costs about 50 ms: what is done often goes another way. */
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { createDemuxer, type Frame } from './demux.ts';

export interface Executed {
  readonly exitCode: number;
  /** stdout and stderr as they came, the first 64 KiB. */
  readonly output: string;
}

const mostBytes = 65_536;

/** A command that is not there is exit code 126 or 127, with the reason as output. The signal ends the wait, not the command. */
export const execIn = async (
  container: Docker.Container,
  command: readonly string[],
  options: { readonly signal: AbortSignal; readonly user?: string },
): Promise<Executed> => {
  const { signal, user } = options;
  const exec = await container.exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
    ...(user === undefined ? {} : { User: user }),
  });
  const stream = (await exec.start({ abortSignal: signal })) as unknown as Readable;
  const stop = (): void => void stream.destroy(new Error('no answer in time'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const output = await collect(stream);
    signal.throwIfAborted();
    const { ExitCode } = await exec.inspect({ abortSignal: signal });
    return { exitCode: ExitCode ?? -1, output };
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

const collect = async (stream: Readable): Promise<string> => {
  const demuxer = createDemuxer();
  stream.on('error', error => demuxer.destroy(error)).pipe(demuxer);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const { data } of demuxer as AsyncIterable<Frame>) {
    if (bytes < mostBytes) pieces.push(data);
    bytes += data.length;
  }
  return Buffer.concat(pieces).toString('utf8').slice(0, mostBytes);
};
