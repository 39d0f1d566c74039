/** A TCP connection inside a container, carried by the engine's own stream: for daemons that are not on this machine. */
import { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { createDemuxer, type Frame } from '../demux.ts';

export const dialInside = async (container: Docker.Container, port: number): Promise<Duplex> => {
  // -t: how long the far end may still answer when this one has said all.
  const command = ['socat', '-t60', '-', `TCP4:127.0.0.1:${port},nodelay`];
  const exec = await container.exec({ Cmd: command, AttachStdin: true, AttachStdout: true });
  const carrier: Duplex = await exec.start({ hijack: true, stdin: true });
  const frames = createDemuxer();
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void frames.resume(),
    write: (chunk: Buffer, _encoding, done) => void carrier.write(chunk, done),
    final: done => void carrier.end(done),
    destroy: (error, done) => {
      carrier.destroy();
      done(error);
    },
  });
  frames.on('data', ({ data }: Frame) => {
    if (!stream.push(data)) frames.pause();
  });
  frames.on('end', () => stream.push(null));
  for (const part of [carrier, frames]) part.on('error', error => stream.destroy(error));
  carrier.pipe(frames);
  return stream;
};
