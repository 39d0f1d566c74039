/**
 * The structured event log: one JSON object per line, `{level, timestamp, node_id, term, event, context}`.
 *
 * `timestamp` is the node's own (possibly skewed) wall clock; `context.monotonic_ns` is the machine's monotonic clock, unskewed, comparable among nodes
 * of one machine and with the event before and after. Lines are written before anything that follows from them leaves the node, so SIGKILL
 * loses at most what nobody saw; the last line may be torn.
 */
import { openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { CoreEvent, Entry, NodeId } from '../core/types.ts';

export interface EventLog {
  write(event: CoreEvent): void;
  flush(): void;
}

/** `file` null: nothing is written. */
export function openEventLog({ file, id, clock }: { file: string | null; id: NodeId; clock: Clock }): EventLog {
  if (file === null) return { write: () => {}, flush: () => {} };
  const descriptor = openSync(file, 'a');
  let lines = '';
  return {
    write(event) {
      lines += eventLine(id, event, { wallMs: clock.wall(), monotonicNs: Number(process.hrtime.bigint()) });
    },
    flush() {
      if (lines !== '') writeSync(descriptor, lines);
      lines = '';
    },
  };
}

/** One line, its newline included. */
export function eventLine(id: NodeId, { level, term, event, context }: CoreEvent, at: { wallMs: number; monotonicNs: number }): string {
  const timestamp = new Date(at.wallMs).toISOString();
  return `${JSON.stringify({ level, timestamp, node_id: id, term, event, context: { ...plain(context), monotonic_ns: at.monotonicNs } })}\n`;
}

/** Entries become index, term and digest; commit_applied also says what was applied. */
function plain({ entries, entry, ...rest }: CoreEvent['context']): Record<string, unknown> {
  if (entries) return { ...rest, entries: (entries as Entry[]).map(e => [e.index, e.term, digest(e)]) };
  if (!entry) return rest;
  const { index, term, command } = entry as Entry;
  const key = 'key' in command ? { key: command.key, value: command.value } : {};
  return { ...rest, index, entry_term: term, digest: digest(entry as Entry), operation: command.kind, ...key };
}

/** CRC32 of the command, 8 hexadecimal digits: equal commands have equal digests on every node. */
export const digest = ({ command }: Entry): string => crc32(JSON.stringify(command)).toString(16).padStart(8, '0');
