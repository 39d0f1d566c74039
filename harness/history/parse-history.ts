/** Reads a history in whatever format it is: the format shows in the content, the name of the file does not matter. */
import { constants, gunzipSync } from 'node:zlib';
import { UserError } from '../std/user-error.ts';
import type { ReadHistory } from './builder.ts';
import { createEdnReader } from './edn.ts';
import type { HistoryReader } from './history-reader.ts';
import { createJepsenLogReader } from './jepsen-log.ts';
import { excerpt, malformed } from './malformed.ts';
import { createJsonLinesReader } from './reader.ts';

type HistoryFormat = 'json-lines' | 'edn' | 'jepsen-log' | 'jepsen-text';

/** Parses a whole file, unpacking gzip; `file` is only named. Throws a UserError, `malformed-history`. */
export const parseHistory = (bytes: Buffer, file: string): ReadHistory => {
  if (isGzip(bytes)) return unpack(bytes, file);
  const reader = createHistoryReader(file);
  reader.read(bytes, 0, bytes.length, true);
  return reader.finish();
};

/** A reader that finds out what it reads. */
export const createHistoryReader = (file: string): HistoryReader => {
  let reader: HistoryReader | undefined;
  let isBegun = false;
  return {
    read(bytes, start, end, isLast) {
      if (reader !== undefined) return reader.read(bytes, start, end, isLast);
      if (!isBegun && end - start < headBytes && !isLast) return start;
      const from = !isBegun && bytes.subarray(start, start + 3).equals(byteOrderMark) ? start + byteOrderMark.length : start;
      isBegun = true;
      const format = detectFormat(bytes.subarray(from, end), file, isLast);
      if (format === 'empty') return from;
      reader = readers[format](file);
      return reader.read(bytes, from, end, isLast);
    },
    finish: () => reader?.finish() ?? { history: [], warnings: [`${file}: the file holds no events`], placeOf: () => undefined },
  };
};

const readers: Readonly<Record<HistoryFormat, (file: string) => HistoryReader>> = {
  'json-lines': createJsonLinesReader,
  edn: createEdnReader,
  'jepsen-log': file => createJepsenLogReader(file, false),
  'jepsen-text': file => createJepsenLogReader(file, true),
};

/** A map whose first key is a keyword, or a string without the colon that JSON wants; perhaps with a tag, perhaps in a vector or list. */
const ednMap = /^(?:#[\w./-]+\s*)?[[(]?\s*(?:#[\w./-]+\s*)?\{\s*(?::|"(?:[^"\\]|\\.)*"\s*[^:\s])/;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Enough to get past comments and the first lines of a log. */
const headBytes = 64 * 1024;
/** Of what comes after the comments. */
const leastHead = 4096;
/** Of a file that begins with nothing but comments. */
const longestPreamble = 64 * 2 ** 20;

export const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** `empty`: there is nothing but space and comments, so far. Throws a `malformed-history` error for anything that looks like none of them. */
const detectFormat = (bytes: Buffer, file: string, isLast: boolean): HistoryFormat | 'empty' => {
  let end = headBytes;
  while (end < bytes.length && preamble(bytes.toString('latin1', 0, end)) === end) end *= 4;
  const head = bytes.toString('utf8', 0, end);
  const offset = preamble(head);
  const start = head.slice(offset);
  if (start === '' && isLast) return 'empty';
  if (start.length < leastHead && !isLast && bytes.length < longestPreamble) return 'empty';
  if (ednMap.test(start)) return 'edn';
  if (/^[[(]\s*(?:[\])]|;)/.test(start)) return 'edn';
  if (start.startsWith('{')) return 'json-lines';
  if (/jepsen\.util\b/.test(head)) return 'jepsen-log';
  if (/^(?:\d+|:[\w-]+)\s+:(?:invoke|ok|fail|info)\s/.test(start)) return 'jepsen-text';
  const before = head.slice(0, offset);
  const place = { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  throw malformed(file, place, 'a history: one JSON event per line, Jepsen EDN or a Jepsen console log', excerpt(start.split('\n', 1)[0]!));
};

/** How much of a text is space and comments at its beginning. */
const preamble = (text: string): number => /^(?:\s|;[^\n]*(?:\n|$))*/.exec(text)![0].length;

/** A file that was cut off gives what it still holds. */
const unpack = (bytes: Buffer, file: string): ReadHistory => {
  try {
    return parseHistory(gunzipSync(bytes), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') {
      const { warnings, ...rest } = parseHistory(gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }), file);
      return { ...rest, warnings: [cutOffGzip(file), ...warnings] };
    }
    if (error instanceof UserError) throw error;
    throw damagedGzip(file, error);
  }
};

export const cutOffGzip = (file: string): string => `${file}: the gzip file was cut off`;

export const damagedGzip = (file: string, cause: unknown): UserError =>
  malformedGzip(`${file}:1:1: expected a gzip file, found damaged data`, cause);

const malformedGzip = (message: string, cause: unknown): UserError =>
  new UserError('data', 'malformed-history', message, { hint: 'unpack it by hand to see how much of it can be read', cause });
