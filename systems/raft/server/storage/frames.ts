/**
 * Frames: how bytes lie on disk. 4 bytes length, 4 bytes CRC32 of the payload (both little-endian), then the payload, JSON in UTF-8.
 *
 * One frame is one group commit: it is written and synced before the next begins. So a bad frame at the end is a torn write and may be dropped,
 * while a bad frame with a good one behind it is damage to what was once durable.
 */
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 8;
const OPENING = [0x5b, 0x7b]; // [ and {

export function frame(payload: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([header, body]);
}

export class CorruptionError extends Error {
  override readonly name = 'CorruptionError';
}

export interface Frames {
  readonly payloads: readonly unknown[];
  /** Length of the sound part; what lies behind it is a torn tail. */
  readonly soundBytes: number;
}

/** Reads frame after frame. Throws CorruptionError, naming file and offset, when damage has a sound frame behind it. */
export function readFrames(bytes: Buffer, file: string): Frames {
  const payloads: unknown[] = [];
  let offset = 0;
  for (;;) {
    const end = soundEnd(bytes, offset);
    if (end === null) break;
    payloads.push(JSON.parse(bytes.toString('utf8', offset + HEADER_BYTES, end)));
    offset = end;
  }
  if (offset < bytes.length) refuseDamage(bytes, offset, file);
  return { payloads, soundBytes: offset };
}

/** Where the frame at an offset ends, or null if there is no sound frame. */
function soundEnd(bytes: Buffer, offset: number): number | null {
  if (offset + HEADER_BYTES > bytes.length) return null;
  const length = bytes.readUInt32LE(offset);
  const end = offset + HEADER_BYTES + length;
  if (length === 0 || end > bytes.length || !OPENING.includes(bytes[offset + HEADER_BYTES]!)) return null;
  return crc32(bytes.subarray(offset + HEADER_BYTES, end)) === bytes.readUInt32LE(offset + 4) ? end : null;
}

function refuseDamage(bytes: Buffer, offset: number, file: string): void {
  for (let later = offset + 1; later + HEADER_BYTES < bytes.length; later += 1) {
    if (soundEnd(bytes, later) === null) continue;
    throw new CorruptionError(
      `${file}: checksum mismatch at byte ${offset}, with a sound record behind it at byte ${later}: entries that were durable are damaged. ` +
        'The node does not start on them; restore the data folder, or remove it and let the node rejoin as a new member.',
    );
  }
}
