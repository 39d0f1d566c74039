/** Reads `history.jsonl`: one JSON event per line. */
import { isRoundedInteger } from '../std/json.ts';
import { createHistoryBuilder, type ReadHistory } from './builder.ts';
import { nestsTooDeep, scanJson } from './json-scanner.ts';
import { excerpt, malformed, type Place } from './malformed.ts';
import { usualLines } from './usual-line.ts';

const newline = 0x0a;

/**
 * Events in file order, with what was tolerated. A last line that was cut off in the middle is left out, with a warning: the controller
 * died while it wrote. Blank lines are skipped, members that the contract does not know are kept.
 * `bytes` is UTF-8, of any size; `file` is only named. O(n) time. Throws a `malformed-history` error for the first thing wrong.
 */
export const readJsonLines = (bytes: Buffer, file: string): ReadHistory => {
  const builder = createHistoryBuilder(file);
  const usual = usualLines(bytes);
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    const from = start;
    const at = ++line;
    start = end + 1;
    const text = (): string => bytes.toString('utf8', from, end);
    const raw = usual(from, end) ?? parseLine(text(), at, file, found < 0);
    if (raw === 'blank') continue;
    if (raw === 'cut-off') builder.warn(`${file}:${at}: the last line was cut off and is left out: ${excerpt(text())}`);
    else builder.add(raw, at, member => ({ line: at, column: 1 + memberOffset(text(), member) }));
  }
  return builder.finish((index, member) => placeInLines(bytes, index, member));
};

/** Found again from the bytes, because nothing but an error ever asks: the event's line is the one that is not blank and of that number. */
const placeInLines = (bytes: Buffer, index: number, member: string | undefined): Place | undefined => {
  let line = 0;
  for (let start = 0, events = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', start, end);
    start = end + 1;
    line++;
    if (text.trim() !== '' && events++ === index) return { line, column: 1 + memberOffset(text, member) };
  }
  return undefined;
};

const parseLine = (text: string, line: number, file: string, isUnended: boolean): Record<string, unknown> | 'blank' | 'cut-off' => {
  if (text.trim() === '') return 'blank';
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
