/** The one form in which every reader of histories complains. */
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

const longest = 40;

/** What stands there, short enough for a message. */
export const excerpt = (text: string): string => {
  const clean = text.replaceAll(/\p{Cc}/gu, character => JSON.stringify(character).slice(1, -1));
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}…`;
};

/** A JSON value as a message shows it. */
export const shown = (value: unknown): string => (value === undefined ? 'nothing' : excerpt(JSON.stringify(value)));
