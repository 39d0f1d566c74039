/** How a system's errors become completions: one table per system, read by one function. */
import type { Failure } from '../history/event.ts';
import type { Completion } from './client.ts';

/** `definite`: the operation certainly did not happen and never will. When in doubt, it is not. */
export interface ErrorKind {
  readonly name: string;
  readonly definite: boolean;
}

/** Keys are what the system says: a code, or the beginning of a message; of several that fit, the longest counts. */
export type ErrorTable = Readonly<Record<string, ErrorKind>>;

/** Whatever no table knows: it may have happened. */
const unknownKind: ErrorKind = { name: 'unknown', definite: false };

/** The strongest honest completion: definite errors and reads fail, everything else is info. */
export const failed = (table: ErrorTable, said: string, options: { readOnly: boolean; message?: string }): Completion => {
  const starts = Object.keys(table).filter(start => said.startsWith(start));
  const longest = starts.reduce<string | undefined>(
    (best, start) => (best === undefined || start.length > best.length ? start : best),
    undefined,
  );
  const kind = longest === undefined ? unknownKind : table[longest]!;
  const error: Failure = { name: kind.name, message: options.message ?? said };
  return { type: kind.definite || options.readOnly ? 'fail' : 'info', error };
};
