/**
 * Takes apart what the engine sends of a container without a terminal: frames of `[stream, 0, 0, 0, length, length, length, length]` and
 * that many bytes. dockerode's own recurses once per frame and overflows the stack on a chunk of many short lines.
 */
import { Transform } from 'node:stream';

export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const headerBytes = 8;
/** The engine cuts at 16 KiB (logs) or 32 KiB (attach, exec): a longer one is no frame. */
const longestBytes = 2 ** 24;

/** Whole frames out of chunks that are cut anywhere; what is not whole yet is kept. Time is linear in the bytes. Throws on what is no frame. */
export const createFrameParser = (): ((chunk: Buffer) => Frame[]) => {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = headerBytes;
  return chunk => {
    pieces.push(chunk);
    held += chunk.length;
    if (held < wanted) return [];
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, held);
    const frames: Frame[] = [];
    let at = 0;
    for (wanted = headerBytes; at + wanted <= held; wanted = headerBytes) {
      const length = lengthAt(bytes, at);
      wanted = headerBytes + length;
      if (at + wanted > held) break;
      const data = bytes.subarray(at + headerBytes, at + wanted);
      frames.push({ stream: bytes[at] === 2 ? 'stderr' : 'stdout', data });
      at += wanted;
    }
    pieces = [bytes.subarray(at)];
    held -= at;
    return frames;
  };
};

const lengthAt = (bytes: Buffer, at: number): number => {
  const length = bytes.readUInt32BE(at + 4);
  const known = bytes[at]! <= 2 && bytes[at + 1] === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0;
  if (!known || length > longestBytes)
    throw new Error(`not a frame of a container's output: ${bytes.toString('hex', at, at + headerBytes)}`);
  return length;
};

/** The same as a stream of frames, with back-pressure; it ends when its input ends. */
export const createDemuxer = (): Transform => {
  const parse = createFrameParser();
  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      try {
        for (const frame of parse(chunk)) this.push(frame);
        done();
      } catch (thrown) {
        done(thrown as Error);
      }
    },
  });
};
