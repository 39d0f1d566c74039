/** Reads `history.jsonl`: one JSON event per line. */
import { createHistoryBuilder, type ReadHistory } from './builder.ts';
import { scanJson } from './json-scanner.ts';
import { excerpt, malformed } from './malformed.ts';

const newline = 0x0a;

/**
 * Events in file order, with what was tolerated. A last line that was cut off in the middle is left out, with a warning: the controller
 * died while it wrote. Blank lines are skipped, members that the contract does not know are kept.
 * `bytes` is UTF-8, of any size; `file` is only named. O(n) time. Throws a `malformed-history` error for the first thing wrong.
 */
export const readJsonLines = (bytes: Buffer, file: string): ReadHistory => {
  const builder = createHistoryBuilder(file);
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', start, end);
    line++;
    start = end + 1;
    if (text.trim() === '') continue;
    const raw = parseLine(text, line, file, found < 0);
    if (raw === undefined) builder.warn(`${file}:${line}: the last line was cut off and is left out: ${excerpt(text)}`);
    else builder.add(raw, line, member => ({ line, column: 1 + memberOffset(text, member) }));
  }
  return builder.finish();
};

/** Undefined if the line is a last one that was cut off. */
const parseLine = (text: string, line: number, file: string, isUnended: boolean): Record<string, unknown> | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { error } = scanJson(text);
    const offset = Math.min(error?.offset ?? 0, text.length);
    if (isUnended && offset === text.length) return undefined;
    const rest = text.slice(offset).trimEnd();
    throw malformed(file, { line, column: offset + 1 }, error?.expected ?? 'JSON', rest === '' ? 'the end of the line' : excerpt(rest));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(file, { line, column: 1 + text.search(/\S/) }, 'an event: a JSON object', excerpt(text.trim()));
  return value as Record<string, unknown>;
};

const memberOffset = (text: string, member: string | undefined): number =>
  (member === undefined ? undefined : scanJson(text).members.get(member)) ?? text.search(/\S/);
