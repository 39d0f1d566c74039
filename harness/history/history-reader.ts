/** What readers are to those who have the bytes: something that takes them piece by piece. */
import type { ReadHistory } from './builder.ts';

export interface HistoryReader {
  /**
   * Reads what is complete between two offsets and answers where the rest begins, which is to come again in front of what follows it.
   * `isLast`: nothing follows, so nothing may be left. Throws a `malformed-history` error for the first thing wrong.
   */
  read(bytes: Buffer, start: number, end: number, isLast: boolean): number;
  finish(): ReadHistory;
}
