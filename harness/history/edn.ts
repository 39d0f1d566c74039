/** Reads histories in EDN: Jepsen's, Knossos's and Elle's, maps one after the other or all in one vector or list; and key-value logs. */
import { isUtf8 } from 'node:buffer';
import type { Json } from '../std/json.ts';
import { createHistoryBuilder } from './builder.ts';
import { EdnBytes } from './edn-bytes.ts';
import { EdnError, EdnParser } from './edn-parser.ts';
import { tidyForeign } from './foreign.ts';
import type { HistoryReader } from './history-reader.ts';
import { excerpt, longestLineBytes, malformed, type Place, refuseBytes } from './malformed.ts';
import { type RawEvent, slotOf, slots } from './raw-event.ts';
import type { ValueTable } from './value-table.ts';

const [newline, hash, openBrace, nothing] = [0x0a, 0x23, 0x7b, -1];
const opening: ReadonlyMap<number, number> = new Map([
  [0x5b, 0x5d],
  [0x28, 0x29],
]);

/**
 * Events in file order. Independent keys, `[k v]` tuples in every invocation, become `key`. Comments and `#_` are skipped. A last map on a
 * line of its own that was cut off is left out with a warning; anything else amiss throws a `malformed-history` error. O(n).
 */
export const createEdnReader = (file: string): HistoryReader => {
  const builder = createHistoryBuilder(file);
  const { raw, columns } = builder;
  const { table } = columns;
  const parser = new EdnBytes(raw, table);
  /** What closes the vector or list around the events, or `nothing`; undefined: not seen yet. */
  let close: number | undefined;
  let isClosed = false;
  /** Places in the text of the event that is being added, if somebody asks. */
  let start = 0;
  let place: Place = { line: 1, column: 1 };
  const locate = (member?: string): Place => {
    const text = textFrom(parser.bytes, start, parser.at);
    return placeWithin(text, memberOffset(text, member), place);
  };

  const complain = (text: string, offset: number, expected: string): never => {
    const found = offset >= text.length ? 'the end of the file' : excerpt(text.slice(offset, offset + 200).split('\n', 1)[0]!);
    throw malformed(
      file,
      placeWithin(text, Math.min(offset, text.length), { line: parser.line, column: parser.columnAt(parser.at) }),
      expected,
      found,
    );
  };

  const add = (): void => builder.add(locate);

  /** Reads one thing as text. Answers false if it is not complete yet. */
  const readSlowly = (until: number, isLast: boolean): boolean => {
    raw.clear();
    table.depth = 0;
    const from = parser.at;
    for (let size = 1; ; size *= 2) {
      const found = parser.bytes.indexOf(newline, Math.min(from + size, until - 1));
      const to = found < 0 || found >= until ? until : found + 1;
      if (to - from > longestLineBytes) complain('', 0, 'an event of at most 256 MB');
      const text = parser.bytes.toString('utf8', from, to);
      const one = new EdnParser(text);
      try {
        const offset = one.skip();
        if (offset >= text.length && to >= until && !isLast) return false;
        if (offset > 0) {
          parser.advance(text.slice(0, offset));
          return true;
        }
        if (isClosed && text === '#' && !isLast) return false;
        if (isClosed) throw new EdnError(0, 'the end of the file');
        const value = one.value();
        if (to >= until && !isLast && one.at >= text.length) return false;
        if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new EdnError(0, 'an event: a map {:process …}');
        const read = text.slice(0, one.at);
        if (read.includes('\ufffd') && !isUtf8(parser.bytes.subarray(from, from + Buffer.byteLength(read))))
          throw refuseBytes(file, parser.line, parser.bytes.subarray(from, to), place.column);
        fill(raw, table, value as Record<string, Json>, read, one.places, place);
        parser.advance(read);
        add();
        return true;
      } catch (error) {
        if (!(error instanceof EdnError)) throw error;
        const isShort = error.offset >= text.length;
        if (isShort && to < until) {
          size = Math.max(size, to - from);
          continue;
        }
        if (isShort && !isLast) return false;
        if (isShort && close === nothing && !text.includes('\n')) {
          builder.warn(`${file}:${parser.line}: the last line was cut off and is left out: ${excerpt(text)}`);
          parser.at = until;
          return true;
        }
        return complain(text, error.offset, error.expected);
      }
    }
  };

  /** Reads one thing: an event, what opens or closes the vector. Answers false if it is not complete yet. */
  const readNext = (until: number, isLast: boolean): boolean => {
    const byte = parser.bytes[parser.at]!;
    if (close === undefined && opening.has(byte)) {
      close = opening.get(byte)!;
      parser.at++;
      return true;
    }
    close ??= byte === openBrace || byte === hash ? nothing : close;
    if (byte === close) {
      isClosed = true;
      close = nothing;
      parser.at++;
      return true;
    }
    parser.rebase();
    start = parser.at;
    place = { line: parser.line, column: parser.columnAt(start) };
    raw.line = place.line;
    raw.column = place.column;
    const before = parser.state();
    if (!isClosed && (byte === openBrace || byte === hash)) {
      table.depth = 0;
      if (parser.event()) {
        add();
        return true;
      }
      const isShort = parser.at >= until;
      parser.restore(before);
      raw.clear();
      if (isShort && !isLast) return false;
    }
    return readSlowly(until, isLast);
  };

  return {
    read(bytes, from, until, isLast) {
      parser.move(bytes, from, until);
      for (;;) {
        const isWhole = parser.skip();
        if (!isWhole && isLast) parser.at = until;
        if (!isWhole || parser.at >= until) break;
        if (!readNext(until, isLast)) break;
      }
      if (isLast && parser.at >= until && close !== undefined && close !== nothing)
        complain('', 0, `an event or "${String.fromCharCode(close)}"`);
      parser.rebase();
      return parser.at;
    },
    finish() {
      tidyForeign(columns);
      return builder.finish();
    },
  };
};

const textFrom = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, Math.max(from, to));

/** An offset in a text that begins at this place. */
const placeWithin = (text: string, offset: number, from: Place): Place => {
  const before = text.slice(0, offset);
  const last = before.lastIndexOf('\n');
  if (last < 0) return { line: from.line, column: from.column + offset };
  return { line: from.line + before.split('\n').length - 1, column: offset - last };
};

const fill = (
  raw: RawEvent,
  table: ValueTable,
  event: Readonly<Record<string, Json>>,
  text: string,
  places: ReadonlyMap<string, number>,
  from: Place,
): void => {
  for (const [name, member] of Object.entries(event)) {
    const slot = slotOf(name);
    const code = table.encode(member);
    if (slot !== slots.other) raw.set(slot, code, table);
    else {
      table.push(table.string(name));
      table.push(code);
    }
  }
  const [f, value] = ['f', 'value'].map(member => (places.has(member) ? placeWithin(text, places.get(member)!, from) : undefined));
  if (f) [raw.fLine, raw.fColumn] = [f.line, f.column];
  if (value) [raw.valueLine, raw.valueColumn] = [value.line, value.column];
  raw.line = from.line;
  raw.column = from.column;
};

/** Parses the event once more, to see where its members stand. */
const memberOffset = (text: string, member: string | undefined): number => {
  if (member === undefined) return 0;
  const parser = new EdnParser(text);
  parser.value();
  return parser.places.get(member) ?? 0;
};
