/** Reads a history from disk or standard input, in whatever format it is, of any size: the text is never held as a whole. */
import type { ReadHistory } from '../history/builder.ts';
import type { HistoryReader } from '../history/history-reader.ts';
import { longestLineBytes, malformed } from '../history/malformed.ts';
import { createHistoryReader } from '../history/parse-history.ts';
import { openBytes, type SourceOptions } from './byte-source.ts';

/**
 * Reads and parses a file, or standard input for `-`, unpacking gzip. Memory: some 40 bytes an event, and lists and objects. Throws a
 * UserError: `history-not-readable` for the file, `malformed-history` for what is in it.
 */
export const readHistory = async (path: string, onProgress?: SourceOptions['onProgress']): Promise<ReadHistory> => {
  const name = path === '-' ? 'standard input' : path;
  const warnings: string[] = [];
  const reader = createHistoryReader(name);
  await feedAll(openBytes(path, name, { onProgress, warn: warning => void warnings.push(warning) }), reader, name);
  const read = reader.finish();
  return { ...read, warnings: [...warnings, ...read.warnings] };
};

/** What a reader leaves comes again, in front of the next bytes; if it could take nothing at all, then only when there is twice as much. */
const feedAll = async (source: AsyncIterable<Buffer>, reader: HistoryReader, name: string): Promise<void> => {
  let window = Buffer.allocUnsafe(2 ** 21);
  let kept = 0;
  let wanted = 0;
  for await (const chunk of source) {
    if (kept + chunk.length > window.length) window = enlarged(window, kept, kept + chunk.length);
    chunk.copy(window, kept);
    const end = kept + chunk.length;
    kept = end;
    if (end < wanted) continue;
    if (end > 2 * longestLineBytes) {
      reader.read(window.subarray(0, end), 0, end, true);
      throw malformed(name, { line: 1, column: 1 }, 'events of at most 256 MB', 'a longer one');
    }
    const rest = reader.read(window.subarray(0, end), 0, end, false);
    kept = end - rest;
    wanted = rest === 0 ? 2 * kept : 0;
    window.copyWithin(0, rest, end);
  }
  reader.read(window.subarray(0, kept), 0, kept, true);
};

const enlarged = (window: Buffer, kept: number, least: number): Buffer<ArrayBuffer> => {
  const larger = Buffer.allocUnsafe(Math.max(least, 2 * window.length));
  window.copy(larger, 0, 0, kept);
  return larger;
};
