/** Parses a history in whatever format it is: the format shows in the content, the name of the file does not matter. */
import { constants, gunzipSync } from 'node:zlib';
import { UserError } from '../std/user-error.ts';
import type { ReadHistory } from './builder.ts';
import { readEdn } from './edn.ts';
import { readJepsenLog } from './jepsen-log.ts';
import { excerpt, malformed } from './malformed.ts';
import { readJsonLines } from './reader.ts';

export type HistoryFormat = 'json-lines' | 'edn' | 'jepsen-log' | 'empty';

/** Parses a whole file, unpacking gzip; `file` is only named. Throws a UserError, `malformed-history`. */
export const parseHistory = (bytes: Buffer, file: string): ReadHistory => {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return unpack(bytes, file);
  const content = bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
  const format = detectFormat(content, file);
  if (format === 'empty') return { history: [], warnings: [`${file}: the file holds no events`], placeOf: () => undefined };
  if (format === 'json-lines') return readJsonLines(content, file);
  return format === 'edn' ? readEdn(content.toString('utf8'), file) : readJepsenLog(content.toString('utf8'), file);
};

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Enough to get past comments and the first lines of a log. */
const headBytes = 64 * 1024;

/** Throws a `malformed-history` error for anything that looks like none of them. */
export const detectFormat = (bytes: Buffer, file: string): HistoryFormat => {
  const head = bytes.toString('utf8', 0, headBytes);
  const start = head.replace(/^(?:\s|;.*(?:\n|$))+/, '');
  if (start === '') return 'empty';
  if (/^(?:#[\w.-]+\s*)?[[(]?\s*(?:#[\w./-]+\s*)?\{\s*:/.test(start) || /^[[(]\s*(?:[\])]|;)/.test(start)) return 'edn';
  if (start.startsWith('{')) return 'json-lines';
  if (/jepsen\.util\b/.test(head)) return 'jepsen-log';
  const offset = head.length - start.length;
  const before = head.slice(0, offset);
  const place = { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  throw malformed(file, place, 'a history: one JSON event per line, Jepsen EDN or a Jepsen console log', excerpt(start.split('\n', 1)[0]!));
};

/** A file that was cut off gives what it still holds. */
const unpack = (bytes: Buffer, file: string): ReadHistory => {
  try {
    return parseHistory(gunzipSync(bytes), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') {
      const { warnings, ...rest } = parseHistory(gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }), file);
      return { ...rest, warnings: [`${file}: the gzip file was cut off`, ...warnings] };
    }
    if (error instanceof UserError) throw error;
    throw new UserError('data', 'malformed-history', `${file}: expected a gzip file, found damaged data`, { cause: error });
  }
};
