import { expect, test } from 'vitest';
import { CorruptionError, frame, readFrames } from './frames.ts';

const three = [{ a: 1 }, ['b', 2], { c: 'ü'.repeat(100) }];
const file = Buffer.concat(three.map(frame));

test('what was framed is read back', () => {
  expect(readFrames(file, 'f')).toEqual({ payloads: three, soundBytes: file.length });
  expect(readFrames(Buffer.alloc(0), 'f')).toEqual({ payloads: [], soundBytes: 0 });
});

test('wherever the last write was torn, the frames before it are sound', () => {
  const sound = file.length - frame(three[2]).length;
  for (let length = sound + 1; length < file.length; length++) {
    expect(readFrames(file.subarray(0, length), 'f')).toEqual({ payloads: three.slice(0, 2), soundBytes: sound });
  }
});

test('whichever byte of an earlier frame is damaged, reading is refused', () => {
  for (let at = 0; at < frame(three[0]).length; at++) {
    const damaged = Buffer.from(file);
    damaged[at] = damaged[at]! ^ 0x5a;
    expect(() => readFrames(damaged, 'log.wal'), `byte ${at}`).toThrow(CorruptionError);
    expect(() => readFrames(damaged, 'log.wal')).toThrow(/^log\.wal: checksum mismatch at byte 0/);
  }
});
