import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDemuxer, createFrameParser, type Frame } from './demux.ts';

const framed = ({ stream, data }: Frame): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
};

/** Frames of one stream that follow each other are one text. */
const textsOf = (frames: readonly Frame[]): { stdout: string; stderr: string } => {
  const textOf = (wanted: Frame['stream']): string =>
    Buffer.concat(frames.filter(({ stream }) => stream === wanted).map(({ data }) => data)).toString('latin1');
  return { stdout: textOf('stdout'), stderr: textOf('stderr') };
};

const anyFrame = fc.record({
  stream: fc.constantFrom<Frame['stream']>('stdout', 'stderr'),
  data: fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
});

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [0, ...at.map(place => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
};

test('frames come out whole, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 20 }), fc.array(fc.nat(1000), { maxLength: 30 }), (frames, cuts) => {
      const parse = createFrameParser();
      const parsed = cut(Buffer.concat(frames.map(framed)), cuts).flatMap(chunk => parse(Buffer.from(chunk)));
      expect(parsed).toEqual(frames);
    }),
  );
});

test('one byte at a time', () => {
  const parse = createFrameParser();
  const bytes = Buffer.concat([
    framed({ stream: 'stderr', data: Buffer.from('no') }),
    framed({ stream: 'stdout', data: Buffer.from('yes') }),
  ]);
  expect(textsOf([...bytes].flatMap(byte => parse(Buffer.of(byte))))).toEqual({ stdout: 'yes', stderr: 'no' });
});

test('fifty thousand one-byte frames in one chunk overflow nothing', async () => {
  const one = framed({ stream: 'stdout', data: Buffer.from('x') });
  const chunk = Buffer.concat(Array.from({ length: 50_000 }, () => one));
  const frames: Frame[] = [];
  for await (const frame of Readable.from([chunk]).pipe(createDemuxer())) frames.push(frame as Frame);
  expect(frames).toHaveLength(50_000);
});

test('a frame that comes in many pieces takes time in its length only', () => {
  const parse = createFrameParser();
  const bytes = framed({ stream: 'stdout', data: Buffer.alloc(2 ** 22, 'a') });
  const frames = cut(
    bytes,
    Array.from({ length: 4000 }, (_, i) => i * 1000),
  ).flatMap(chunk => parse(chunk));
  expect(frames.map(({ data }) => data.length)).toEqual([2 ** 22]);
});

test('rejects: bytes that are no frame', async () => {
  expect(() => createFrameParser()(Buffer.from('plain text of a terminal'))).toThrow(/not a frame/);
  const reading = (async () => {
    for await (const _ of Readable.from([Buffer.from('plain text of a terminal')]).pipe(createDemuxer()));
  })();
  await expect(reading).rejects.toThrow(/not a frame/);
});
