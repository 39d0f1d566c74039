/** The log in memory: a base (what compaction left behind) and the entries after it, gap-free and in order. */
import type { Entry, LogPoint } from './types.ts';

export interface Log {
  base: LogPoint;
  entries: Entry[];
}

export const emptyLog = (): Log => ({ base: { index: 0, term: 0 }, entries: [] });

export const lastIndex = (log: Log): number => log.base.index + log.entries.length;

export const entryAt = (log: Log, index: number): Entry | undefined => log.entries[index - log.base.index - 1];

/** Term of the entry at an index; undefined where the log holds nothing (compacted away or not there yet). */
export function termAt(log: Log, index: number): number | undefined {
  return index === log.base.index ? log.base.term : entryAt(log, index)?.term;
}

export const lastTerm = (log: Log): number => log.entries.at(-1)?.term ?? log.base.term;

/** Up to `limit` entries from an index on. */
export function slice(log: Log, from: number, limit: number): Entry[] {
  const start = from - log.base.index - 1;
  return start < 0 ? [] : log.entries.slice(start, start + limit);
}

/** Drops the entries from an index on; answers how many. */
export function cut(log: Log, from: number): number {
  const keep = Math.max(0, from - log.base.index - 1);
  return log.entries.splice(keep).length;
}

/** Forgets the entries up to and including an index that the log holds. */
export function compact(log: Log, upTo: number): void {
  const term = termAt(log, upTo);
  if (term === undefined || upTo === log.base.index) return;
  log.entries.splice(0, upTo - log.base.index);
  log.base = { index: upTo, term };
}

/** Whether a log that ends at (term, index) is at least as complete as ours: the voting rule of Raft 5.4.1. */
export function isUpToDate(log: Log, candidate: { lastIndex: number; lastTerm: number }): boolean {
  const ours = lastTerm(log);
  return candidate.lastTerm > ours || (candidate.lastTerm === ours && candidate.lastIndex >= lastIndex(log));
}
