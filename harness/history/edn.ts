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
  const found = complaining(text, file, places, () => findEvents(text, file, places, builder.warn));
  tidyForeign(found.map(event => event.raw));
  const placeAt = (offset: number, member?: string) => places.placeOf(offset + memberOffset(text, offset, member));
  for (const { raw, offset } of found) {
    // Nanoseconds since 1970 have more digits than JavaScript's integers; the order of the lines counts, so they may be rounded.
    if (typeof raw.time === 'string' && /^\d+$/.test(raw.time)) raw.time = Number(raw.time);
    builder.add(raw, places.lineOf(offset), member => placeAt(offset, member));
  }
  return builder.finish((index, member) => found[index] && placeAt(found[index].offset, member));
};

const findEvents = (text: string, file: string, places: Places, warn: (warning: string) => void): Found[] => {
  const parser = new EdnParser(text);
  const close = parser.accept('[') ? ']' : parser.accept('(') ? ')' : undefined;
  const found: Found[] = [];
  for (;;) {
    const offset = parser.skip();
    if (close !== undefined && parser.accept(close)) break;
    if (offset >= text.length && close === undefined) return found;
    if (offset >= text.length) throw new EdnError(offset, `an event or "${close}"`);
    const value = parseUnlessCutOff(parser, offset, close !== undefined);
    if (value === undefined) {
      warn(`${file}:${places.placeOf(offset).line}: the last line was cut off and is left out: ${excerpt(text.slice(offset))}`);
      return found;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new EdnError(offset, 'an event: a map {:process …}');
    found.push({ raw: value as Record<string, unknown>, offset });
  }
  const rest = parser.skip();
  if (rest < text.length) throw new EdnError(rest, 'the end of the file');
  return found;
};

/** Undefined if it is a last line that was cut off. In a vector or list, what closes that is missing too: that is an error. */
const parseUnlessCutOff = (parser: EdnParser, offset: number, isEnclosed: boolean): Json | undefined => {
  try {
    return parser.value();
  } catch (error) {
    const { text } = parser;
    const isCutOff = error instanceof EdnError && error.offset >= text.length && !text.slice(offset).includes('\n');
    if (isCutOff && !isEnclosed) return undefined;
    throw error;
  }
};

/** Turns what the parser complains about into an error with line and column. */
const complaining = <T>(text: string, file: string, places: Places, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EdnError)) throw error;
    const found = error.offset >= text.length ? 'the end of the file' : excerpt(firstLine(text, error.offset));
    throw malformed(file, places.placeOf(Math.min(error.offset, text.length)), error.expected, found);
  }
};

const firstLine = (text: string, from: number): string => text.slice(from, from + 200).split('\n', 1)[0]!;

/** Parses the event once more, to see where its members stand. */
const memberOffset = (text: string, offset: number, member: string | undefined): number => {
  const parser = new EdnParser(text, offset);
  parser.value();
  return ((member === undefined ? undefined : parser.places.get(member)) ?? offset) - offset;
};
