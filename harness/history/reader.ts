/** Reads `history.jsonl`: one JSON event per line. */
import { createHistoryBuilder, type ReadHistory } from './builder.ts';
import { scanJson } from './json-scanner.ts';
import { excerpt, malformed } from './malformed.ts';
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
  return builder.finish();
};

const parseLine = (text: string, line: number, file: string, isUnended: boolean): Record<string, unknown> | 'blank' | 'cut-off' => {
  if (text.trim() === '') return 'blank';
  let value: unknown;
  try {
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
  return value as Record<string, unknown>;
};

const memberOffset = (text: string, member: string | undefined): number =>
  (member === undefined ? undefined : scanJson(text).members.get(member)) ?? text.search(/\S/);
