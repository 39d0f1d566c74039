/** Reads a history from disk or standard input, in whatever format it is. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { ReadHistory } from '../history/builder.ts';
import { parseHistory } from '../history/parse-history.ts';
import { UserError } from '../std/user-error.ts';

/** Reads and parses a file, or standard input for `-`, unpacking gzip. Throws a UserError: `history-not-readable` for the file, `malformed-history` for what is in it. */
export const readHistory = async (path: string): Promise<ReadHistory> => {
  if (path === '-') return parseHistory(await buffer(process.stdin), 'standard input');
  const bytes = await readFile(path).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new UserError('data', 'history-not-readable', `cannot read the history ${path}: ${why}`, {
      hint: 'name a history file, or a run folder that holds history.jsonl',
      cause,
    });
  });
  return parseHistory(bytes, path);
};
