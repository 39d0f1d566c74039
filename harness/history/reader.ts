/** Reads `history.jsonl`: one JSON event per line. */
import { isUtf8 } from 'node:buffer';
import type { Json } from '../std/json.ts';
import { isRoundedInteger } from '../std/json.ts';
import { createHistoryBuilder } from './builder.ts';
import type { HistoryReader } from './history-reader.ts';
import { createJsonLineParser } from './json-line.ts';
import { nestsTooDeep, scanJson } from './json-scanner.ts';
import { excerpt, longestLineBytes, malformed, type Place, refuseBytes } from './malformed.ts';
import { type RawEvent, slotOf, slots } from './raw-event.ts';
import type { ValueTable } from './value-table.ts';

const newline = 0x0a;

/**
 * Events in file order, with what was tolerated. A last line that was cut off in the middle is left out, with a warning: the controller
 * died while it wrote. Blank lines are skipped, members that the contract does not know are kept.
 * UTF-8, of any size; `file` is only named. O(n) time. Throws a `malformed-history` error for the first thing wrong.
 */
export const createJsonLinesReader = (file: string): HistoryReader => {
  const builder = createHistoryBuilder(file);
  const { raw } = builder;
  const { table } = builder.columns;
  const usual = createJsonLineParser(raw, table);
  let bytes: Buffer = Buffer.alloc(0);
  let from = 0;
  let end = 0;
  let line = 0;

  const text = (): string => bytes.toString('utf8', from, end);
  const locate = (member?: string): Place => ({ line, column: 1 + memberOffset(text(), member) });
  const readSlowly = (isUnended: boolean): void => {
    raw.clear();
    table.depth = 0;
    if (end - from > longestLineBytes) throw malformed(file, { line, column: 1 }, 'a line of at most 256 MB', 'a longer one');
    if (isBlank(bytes, from, end)) return;
    const parsed = parseLine(text(), line, file, isUnended);
    if (parsed === 'cut-off') {
      builder.warn(`${file}:${line}: the last line was cut off and is left out: ${excerpt(text())}`);
      return;
    }
    if (!isUtf8(bytes.subarray(from, end))) throw refuseBytes(file, line, bytes.subarray(from, end));
    fill(raw, table, parsed, text(), line);
    builder.add(locate);
  };

  return {
    read(given, start, until, isLast) {
      bytes = given;
      for (from = start; from < until; from = end + 1) {
        const found = bytes.indexOf(newline, from);
        const isUnended = found < 0 || found >= until;
        if (isUnended && !isLast) break;
        end = isUnended ? until : found;
        raw.line = ++line;
        if (usual.parse(bytes, from, end)) builder.add(locate);
        else readSlowly(isUnended);
      }
      return Math.min(from, until);
    },
    finish: builder.finish,
  };
};

const isBlank = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (!(bytes[at] === 0x20 || (bytes[at]! >= 0x09 && bytes[at]! <= 0x0d))) return false;
  return true;
};

const fill = (raw: RawEvent, table: ValueTable, value: Record<string, unknown>, text: string, line: number): void => {
  const { members } = scanJson(text);
  raw.line = line;
  raw.column = 1 + text.search(/\S/);
  for (const [name, member] of Object.entries(value)) {
    const slot = slotOf(name);
    const code = table.encode(member as Json);
    if (slot !== slots.other) raw.set(slot, code, table);
    else {
      table.push(table.string(name));
      table.push(code);
    }
  }
  if (members.has('f')) [raw.fLine, raw.fColumn] = [line, 1 + members.get('f')!];
  if (members.has('value')) [raw.valueLine, raw.valueColumn] = [line, 1 + members.get('value')!];
};

const parseLine = (text: string, line: number, file: string, isUnended: boolean): Record<string, unknown> | 'cut-off' => {
  let value: unknown;
  try {
    if (nestsTooDeep(text)) throw new RangeError();
    value = JSON.parse(text);
  } catch {
    const { error } = scanJson(text);
    const offset = Math.min(error?.offset ?? 0, text.length);
    if (isUnended && offset === text.length) return 'cut-off';
    const rest = text.slice(offset).trimEnd();
    throw malformed(file, { line, column: offset + 1 }, error?.expected ?? 'JSON', rest === '' ? 'the end of the line' : excerpt(rest));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(file, { line, column: 1 + text.search(/\S/) }, 'an event: a JSON object', excerpt(text.trim()));
  return exactly(value as Record<string, unknown>, text);
};

/** Where JavaScript would round an integer, two values could look the same: such a key or value stands as its digits instead. */
const exactly = (raw: Record<string, unknown>, text: string): Record<string, unknown> => {
  if (!/\d{16}/.test(text)) return raw;
  const exact = JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, token => (isRounded(token) ? `"${token}"` : token)));
  for (const name of ['key', 'value']) if (name in raw) raw[name] = exact[name];
  return raw;
};

const isRounded = (token: string): boolean => /^-?\d{16,}$/.test(token) && isRoundedInteger(token);

const memberOffset = (text: string, member: string | undefined): number =>
  (member === undefined ? undefined : scanJson(text).members.get(member)) ?? text.search(/\S/);
