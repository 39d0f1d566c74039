/** The one form in which every reader of histories complains. */
import { isUtf8 } from 'node:buffer';
import { UserError } from '../std/user-error.ts';

/** Line and column count from 1; a column counts UTF-16 units, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `FILE:LINE:COLUMN: expected …, found …`, code `malformed-history`, exit code 65. */
export const malformed = (file: string, place: Place, expected: string, found: string): UserError =>
  new UserError(
    'data',
    'malformed-history',
    `${file}:${place.line}:${place.column}: expected ${expected}, found ${found || 'the end of the line'}`,
    {
      hint: 'a history is one JSON event per line, a Jepsen EDN history or a Jepsen console log; see docs/architecture.md, "The history"',
    },
  );

/** What is longer, a line or an event of EDN, does not fit into a string. */
export const longestLineBytes = 256 * 2 ** 20;

/** For text with bytes in it that are not UTF-8: read as they are, different values could look the same. `column` is where it begins. */
export const refuseBytes = (file: string, line: number, bytes: Buffer, column = 1): UserError => {
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, wholeCharacters(bytes, middle)))) valid = middle;
    else invalid = middle;
  }
  const at = wholeCharacters(bytes, valid);
  const before = bytes.toString('utf8', 0, at);
  const lines = before.split('\n');
  const place = { line: line + lines.length - 1, column: lines.at(-1)!.length + (lines.length === 1 ? column : 1) };
  return malformed(file, place, 'text in UTF-8', `byte 0x${bytes[at]!.toString(16).padStart(2, '0')}`);
};

/** The end of the last character that is whole before this offset. */
const wholeCharacters = (bytes: Buffer, offset: number): number => {
  for (let at = offset - 1; at >= Math.max(0, offset - 3); at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return offset;
    if (byte >= 0xc0) return offset - at < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? at : offset;
  }
  return offset;
};

const longest = 40;

/** What stands there, short enough for a message. */
export const excerpt = (text: string): string => {
  const short = text.slice(0, 2 * longest);
  const clean = short.replaceAll(/\p{Cc}/gu, character => JSON.stringify(character).slice(1, -1));
  return clean.length <= longest && short.length === text.length ? clean : `${clean.slice(0, longest)}…`;
};

/** A JSON value as a message shows it. */
export const shown = (value: unknown): string => (value === undefined ? 'nothing' : excerpt(JSON.stringify(value)));
