/** Reads the operations that Jepsen printed to its console: `INFO  jepsen.util - 3  :invoke  :write  4`. */
import { createHistoryBuilder, type ReadHistory } from './builder.ts';
import { EdnError, EdnParser } from './edn-parser.ts';
import { tidyForeign } from './foreign.ts';
import { excerpt, malformed, type Place } from './malformed.ts';

interface Found {
  readonly raw: Record<string, unknown>;
  readonly line: number;
  readonly columns: ReadonlyMap<string, number>;
}

/** What stands before an operation's process. */
const prefix = /jepsen\.util\b(?:\s*-)?\s+/;
/** A line of jepsen.util with a type or with columns is an operation; all else is chatter. */
const columnsOrType = /\t|\s:(?:invoke|ok|fail|info)\b/;

/**
 * Events in file order; lines that are no operations are skipped. A keyword where an unknown outcome's value should be (`:timed-out`)
 * becomes its error. A last line that was cut off is left out with a warning; an operation that cannot be read throws a
 * `malformed-history` error. O(n).
 */
export const readJepsenLog = (text: string, file: string): ReadHistory => {
  const builder = createHistoryBuilder(file);
  const lines = text.split('\n');
  const found: Found[] = [];
  for (const [at, line] of lines.entries()) {
    const start = prefix.exec(line);
    const isUnended = at === lines.length - 1;
    if (start === null || !(isUnended || columnsOrType.test(line.slice(start.index)))) continue;
    const event = parseOperation(line, at + 1, start.index + start[0].length, file, isUnended);
    if (event !== undefined) found.push(event);
    else builder.warn(`${file}:${at + 1}: the last line was cut off and is left out: ${excerpt(line)}`);
  }
  if (found.length === 0) builder.warn(`${file}: the log holds no operations`);
  tidyForeign(found.map(event => event.raw));
  for (const event of found) builder.add(event.raw, event.line, member => placeIn(event, member));
  return builder.finish((index, member) => found[index] && placeIn(found[index], member));
};

const placeIn = ({ line, columns }: Found, member = 'process'): Place => ({
  line,
  column: columns.get(member) ?? columns.get('process')!,
});

const names = ['process', 'type', 'f', 'value', 'error'];

/** Process, type, f and value, and perhaps an error, between tabs or spaces. Undefined if the line is a last one that was cut off. */
const parseOperation = (text: string, line: number, start: number, file: string, isUnended: boolean): Found | undefined => {
  const raw: Record<string, unknown> = {};
  const columns = new Map<string, number>();
  const parser = new EdnParser(text.trimEnd(), start);
  const end = parser.text.length;
  for (const name of names) {
    let at = end;
    try {
      at = parser.skip();
      if (at === end && name === 'error') break;
      columns.set(name, at + 1);
      raw[name] = parser.value();
    } catch (error) {
      if (!(error instanceof EdnError)) throw error;
      if (isUnended && error.offset >= end) return undefined;
      const expected = at === end ? `the ${name} of an operation` : error.expected;
      throw malformed(file, { line, column: error.offset + 1 }, expected, excerpt(parser.text.slice(error.offset)));
    }
  }
  return { raw, line, columns };
};
