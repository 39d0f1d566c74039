/**
 * Reads the operations that Jepsen printed: to its console, `INFO  jepsen.util - 3  :invoke  :write  4`, or into its `history.txt`, where
 * the same stands without what comes before the process.
 */
import { isUtf8 } from 'node:buffer';
import type { Json } from '../std/json.ts';
import { createHistoryBuilder } from './builder.ts';
import { EdnBytes } from './edn-bytes.ts';
import { EdnError, EdnParser } from './edn-parser.ts';
import { tidyForeign } from './foreign.ts';
import type { HistoryReader } from './history-reader.ts';
import { excerpt, longestLineBytes, malformed, type Place, refuseBytes } from './malformed.ts';
import { slotOf } from './raw-event.ts';

const [newline, tab, carriageReturn, space, dash] = [0x0a, 0x09, 0x0d, 0x20, 0x2d];
const mark = Buffer.from('jepsen.util');

/** What stands before an operation's process. */
const prefix = /jepsen\.util\b(?:\s*-)?\s+/;
/** A line of jepsen.util with a type or with columns is an operation; all else is chatter. */
const columnsOrType = /\t|\s:(?:invoke|ok|fail|info)\b/;
const names = ['process', 'type', 'f', 'value', 'error'] as const;

/**
 * Events in file order; lines that are no operations are skipped. A keyword where an unknown outcome's value should be (`:timed-out`)
 * becomes its error. A last line that was cut off is left out with a warning; an operation that cannot be read throws a
 * `malformed-history` error. O(n). `isBare`: every line is an operation.
 */
export const createJepsenLogReader = (file: string, isBare: boolean): HistoryReader => {
  const builder = createHistoryBuilder(file);
  const { raw, columns } = builder;
  const { table } = columns;
  const parser = new EdnBytes(raw, table);
  let line = 0;
  let text = (): string => '';
  const startIn = (whole: string): number | undefined => {
    const found = isBare ? undefined : prefix.exec(whole);
    return isBare ? 0 : found === null ? undefined : found!.index + found![0].length;
  };
  const locate = (member = 'process'): Place => {
    const places = parseOperation(text(), line, startIn(text())!, file, false)!.columns;
    return { line, column: places.get(member) ?? places.get('process')! };
  };

  /** Process, type, f and value, and perhaps an error, between tabs or spaces. */
  const readUsual = (bytes: Buffer, from: number, at: number, end: number): boolean => {
    parser.bytes = bytes;
    parser.startLine(line, from, end);
    parser.at = at;
    parser.isUsual = true;
    table.depth = 0;
    parser.skip();
    raw.column = parser.columnAt(parser.at);
    raw.process = parser.value();
    raw.type = parser.value();
    parser.skip();
    [raw.fLine, raw.fColumn] = [line, parser.columnAt(parser.at)];
    raw.f = parser.value();
    parser.skip();
    [raw.valueLine, raw.valueColumn] = [line, parser.columnAt(parser.at)];
    raw.value = parser.value();
    let next = parser.at;
    while (bytes[next] === space || bytes[next] === tab || bytes[next] === carriageReturn) next++;
    if (parser.isUsual && parser.line === line && next < end - 1) raw.error = parser.value();
    return parser.isUsual && parser.line === line && isOperation(table.decode(raw.type));
  };

  const readSlowly = (whole: string, start: number, isUnended: boolean): void => {
    const found = parseOperation(whole, line, start, file, isUnended);
    if (found === undefined) {
      builder.warn(`${file}:${line}: the last line was cut off and is left out: ${excerpt(whole)}`);
      return;
    }
    for (const [name, value] of Object.entries(found.values)) raw.set(slotOf(name), table.encode(value), table);
    raw.column = found.columns.get('process')!;
    [raw.fLine, raw.fColumn] = [line, found.columns.get('f')!];
    [raw.valueLine, raw.valueColumn] = [line, found.columns.get('value')!];
    builder.add(locate);
  };

  /** `at`: where the process should be, or -1 if the line does not look so. */
  const readLine = (bytes: Buffer, from: number, at: number, end: number, isUnended: boolean): void => {
    raw.line = line;
    text = () => bytes.toString('utf8', from, end);
    // The byte behind ends the last word.
    if (at >= 0 && !isUnended && readUsual(bytes, from, at, end + 1)) {
      builder.add(locate);
      return;
    }
    raw.clear();
    table.depth = 0;
    if (end - from > longestLineBytes) throw malformed(file, { line, column: 1 }, 'a line of at most 256 MB', 'a longer one');
    const whole = text();
    const start = startIn(whole);
    if (start === undefined || (isBare && whole.trim() === '')) return;
    if (!(isUnended || isBare || columnsOrType.test(whole.slice(whole.indexOf('jepsen.util'))))) return;
    if (!isUnended && !isUtf8(bytes.subarray(from, end))) throw refuseBytes(file, line, bytes.subarray(from, end));
    readSlowly(whole, start, isUnended);
  };

  return {
    read(bytes, start, until, isLast) {
      let from = start;
      /** The next mark, looked for once however many lines come before it. */
      let marked = isBare ? from : bytes.indexOf(mark, from);
      while (from < until) {
        const found = bytes.indexOf(newline, from);
        const isUnended = found < 0 || found >= until;
        if (isUnended && !isLast) break;
        const end = isUnended ? until : found;
        line++;
        if (isBare) readLine(bytes, from, from, end, isUnended);
        else if (marked >= 0 && marked < end) {
          if (marked < from) marked = bytes.indexOf(mark, from);
          if (marked >= 0 && marked < end) {
            readLine(bytes, from, behindMark(bytes, marked + mark.length), end, isUnended);
            marked = bytes.indexOf(mark, end);
          }
        }
        from = end + 1;
      }
      return Math.min(from, until);
    },
    finish() {
      if (columns.length === 0) builder.warn(`${file}: the log holds no operations`);
      tidyForeign(columns);
      return builder.finish();
    },
  };
};

const isOperation = (type: Json): boolean => type === 'invoke' || type === 'ok' || type === 'fail' || type === 'info';

/** Past the dash that may follow the name of the logger; -1 if something else does. */
const behindMark = (bytes: Buffer, from: number): number => {
  const isSpace = (at: number): boolean => bytes[at] === space || bytes[at] === tab;
  let at = from;
  while (isSpace(at)) at++;
  if (bytes[at] !== dash) return at > from ? at : -1;
  return isSpace(at + 1) ? at + 1 : -1;
};

interface Found {
  readonly values: Readonly<Record<string, Json>>;
  readonly columns: ReadonlyMap<string, number>;
}

/** Undefined if the line is a last one that was cut off. */
const parseOperation = (text: string, line: number, start: number, file: string, isUnended: boolean): Found | undefined => {
  const values: Record<string, Json> = {};
  const columns = new Map<string, number>();
  const parser = new EdnParser(text.trimEnd(), start);
  const end = parser.text.length;
  for (const name of names) {
    let at = end;
    try {
      at = parser.skip();
      if (at === end && name === 'error') break;
      columns.set(name, at + 1);
      values[name] = parser.value();
    } catch (error) {
      if (!(error instanceof EdnError)) throw error;
      if (isUnended && error.offset >= end) return undefined;
      const expected = at === end ? `the ${name} of an operation` : error.expected;
      throw malformed(file, { line, column: error.offset + 1 }, expected, excerpt(parser.text.slice(error.offset)));
    }
  }
  return { values, columns };
};
