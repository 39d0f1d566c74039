/** Reads histories in EDN: Jepsen's, Knossos's and Elle's, maps one after the other or all in one vector or list; and key-value logs. */
import type { Json } from '../std/json.ts';
import { createHistoryBuilder, type ReadHistory } from './builder.ts';
import { EdnError, EdnParser } from './edn-parser.ts';
import { tidyForeign } from './foreign.ts';
import { excerpt, malformed } from './malformed.ts';
import { createPlaces, type Places } from './places.ts';

interface Found {
  readonly raw: Record<string, unknown>;
  readonly offset: number;
}

/**
 * Events in file order. Independent keys, `[k v]` tuples in every invocation, become `key`. Comments and `#_` are skipped. A last map on a
 * line of its own that was cut off is left out with a warning; anything else amiss throws a `malformed-history` error. O(n).
 */
export const readEdn = (text: string, file: string): ReadHistory => {
  const builder = createHistoryBuilder(file);
  const places = createPlaces(text);
  const found = findEvents(text, file, places, builder.warn);
  tidyForeign(found.map(event => event.raw));
  for (const { raw, offset } of found) {
    builder.add(raw, places.lineOf(offset), member => places.placeOf(offset + memberOffset(text, offset, member)));
  }
  return builder.finish();
};

const findEvents = (text: string, file: string, places: Places, warn: (warning: string) => void): Found[] => {
  const parser = new EdnParser(text);
  const close = parser.accept('[') ? ']' : parser.accept('(') ? ')' : undefined;
  const found: Found[] = [];
  for (;;) {
    const offset = skipTo(parser, file, places);
    if (close !== undefined && parser.accept(close)) break;
    if (offset >= text.length) {
      if (close === undefined) return found;
      throw malformed(file, places.placeOf(offset), `an event or "${close}"`, 'the end of the file');
    }
    const raw = parseEvent(parser, offset, file, places, close !== undefined);
    if (raw !== undefined) found.push({ raw, offset });
    else {
      warn(`${file}:${places.placeOf(offset).line}: the last line was cut off and is left out: ${excerpt(text.slice(offset))}`);
      return found;
    }
  }
  const rest = skipTo(parser, file, places);
  if (rest < text.length) throw malformed(file, places.placeOf(rest), 'the end of the file', excerpt(firstLine(text, rest)));
  return found;
};

/** Undefined if it is a last line that was cut off. */
const parseEvent = (
  parser: EdnParser,
  offset: number,
  file: string,
  places: Places,
  isEnclosed: boolean,
): Record<string, unknown> | undefined => {
  const { text } = parser;
  let value: Json;
  try {
    value = parser.value();
  } catch (error) {
    if (!(error instanceof EdnError)) throw error;
    const isCutOff = error.offset >= text.length && !text.slice(offset).includes('\n');
    if (isCutOff && !isEnclosed) return undefined;
    throw complaint(error, text, file, places);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(file, places.placeOf(offset), 'an event: a map {:process …}', excerpt(firstLine(text, offset)));
  return value as Record<string, unknown>;
};

const skipTo = (parser: EdnParser, file: string, places: Places): number => {
  try {
    return parser.skip();
  } catch (error) {
    throw error instanceof EdnError ? complaint(error, parser.text, file, places) : error;
  }
};

const complaint = (error: EdnError, text: string, file: string, places: Places) => {
  const found = error.offset >= text.length ? 'the end of the file' : excerpt(firstLine(text, error.offset));
  return malformed(file, places.placeOf(Math.min(error.offset, text.length)), error.expected, found);
};

const firstLine = (text: string, from: number): string => text.slice(from, from + 200).split('\n', 1)[0]!;

/** Parses the event once more, to see where its members stand. */
const memberOffset = (text: string, offset: number, member: string | undefined): number => {
  const parser = new EdnParser(text, offset);
  parser.value();
  return ((member === undefined ? undefined : parser.places.get(member)) ?? offset) - offset;
};
