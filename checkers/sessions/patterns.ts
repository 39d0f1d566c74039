/**
 * The four session guarantees over traced reads. Every guarantee is judged alone, from what sessions saw:
 *
 *   read-your-writes     a session never reads an object as it was before a write of its own: not its initial value, no earlier own write
 *   monotonic-reads      a session that left a version of an object behind never reads it again, nor an earlier write of a writer of which it has
 *                        read a later one there: its reads fit one order of the object's writes that keeps each writer's own
 *   monotonic-writes     once a session has seen a write, no earlier write of the same writer is missing from what it reads
 *   writes-follow-reads  once a session has seen a write, no write is missing that the writer, directly or over others, had seen before it
 *
 * "Missing": the object is read as it was before that write. Each finding is one pattern: the operations alone force it.
 * Source: Terry et al., "Session guarantees for weakly consistent replicated data", PDIS 1994.
 */
import type { Finding, Judge, Step } from '../read-write/finding.ts';
import { groupOf, indexWriters, lastWriterWithin, type WriterIndex } from '../read-write/order.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';

interface Read {
  readonly operation: number;
  readonly object: number;
  readonly source: number;
}

const finding = (type: string, { operation, object, source }: Read, steps: readonly Step[], more: readonly number[] = []): Finding => {
  const all = [...steps.flatMap(({ from, to }) => [from, to]), operation, ...(source === fromStart ? [] : [source]), ...more];
  return { type, steps, read: { operation, object, from: source }, operations: [...new Set(all)] };
};

/** Reads of a session in program order. */
function* readsOf({ sessions, reads, from }: Trace, s: number): Generator<Read> {
  for (let at = sessions.start[s]!; at < sessions.start[s + 1]!; at++) {
    const operation = sessions.item[at]!;
    for (let slot = reads.start[operation]!; slot < reads.start[operation + 1]!; slot++)
      yield { operation, object: reads.item[slot]!, source: from[slot]! };
  }
}

const bySession =
  (judge: (trace: Trace, s: number, index: WriterIndex) => Finding | undefined): Judge =>
  (trace, { now, deadline }) => {
    const index = indexWriters(trace);
    for (let s = 0; s < trace.sessionCount; s++) {
      const found = judge(trace, s, index);
      if (found !== undefined) return found;
      if (now() > deadline) return 'time';
    }
    return undefined;
  };

const session = (from: number, to: number): Step => ({ from, to, why: 'session' });

/** O(n log n). */
export const judgeReadYourWrites: Judge = bySession((trace, s, index) => {
  for (const read of readsOf(trace, s)) {
    const group = groupOf(index, read.object, s);
    if (group < 0) continue;
    const own = lastWriterWithin(index, trace.place, group, trace.place[read.operation]!);
    if (own < 0 || own === read.source) continue;
    const { source } = read;
    if (source !== fromStart && (trace.session[source] !== s || trace.place[source]! > trace.place[own]!)) continue;
    return finding('read-your-writes', read, [session(own, read.operation)]);
  }
  return undefined;
});

interface Sight {
  readonly last: Read;
  /** Versions that were read and then others. */
  readonly left: Map<number, number>;
  /** By writer session, the latest of its writes that was read, and by which operation. */
  readonly latest: Map<number, { readonly write: number; readonly reader: number }>;
}

/** O(n) expected. */
export const judgeMonotonicReads: Judge = bySession((trace, s) => {
  const sights = new Map<number, Sight>();
  for (const read of readsOf(trace, s)) {
    const { object, source, operation } = read;
    const sight = sights.get(object);
    if (sight === undefined) {
      const latest = new Map(source === fromStart ? [] : [[trace.session[source]!, { write: source, reader: operation }] as const]);
      sights.set(object, { last: read, left: new Map(), latest });
      continue;
    }
    if (source === sight.last.source) continue;
    const again = backwards(trace, read, sight);
    if (again !== undefined) return again;
    sight.left.set(sight.last.source, sight.last.operation);
    if (source !== fromStart) sight.latest.set(trace.session[source]!, { write: source, reader: operation });
    sights.set(object, { ...sight, last: read });
  }
  return undefined;
});

const backwards = (trace: Trace, read: Read, { last, left, latest }: Sight): Finding | undefined => {
  const { source, operation } = read;
  if (source === fromStart) return finding('monotonic-reads', read, [session(last.operation, operation)], [last.source]);
  const before = left.get(source);
  if (before !== undefined) {
    const steps = [session(before, last.operation), session(last.operation, operation)];
    return finding('monotonic-reads', read, steps, last.source === fromStart ? [] : [last.source]);
  }
  const newer = latest.get(trace.session[source]!);
  if (newer === undefined || trace.place[newer.write]! <= trace.place[source]!) return undefined;
  const steps: Step[] = [session(source, newer.write), { from: newer.write, to: newer.reader, why: 'read', object: read.object }];
  return finding('monotonic-reads', read, [...steps, session(newer.reader, operation)]);
};

/** By session: the latest of its writes that was seen, and by which operation. */
type Seen = Map<number, { readonly write: number; readonly reader: number }>;

const see = (trace: Trace, seen: Seen, operation: number): void => {
  for (let slot = trace.reads.start[operation]!; slot < trace.reads.start[operation + 1]!; slot++) {
    const write = trace.from[slot]!;
    if (write === fromStart) continue;
    const before = seen.get(trace.session[write]!);
    if (before === undefined || trace.place[before.write]! < trace.place[write]!)
      seen.set(trace.session[write]!, { write, reader: operation });
  }
};

/** O(n log n), and O(k) for each read of an initial value. */
export const judgeMonotonicWrites: Judge = bySession((trace, s, index) => {
  const seen: Seen = new Map();
  let last = -1;
  for (const read of readsOf(trace, s)) {
    if (read.operation !== last) see(trace, seen, read.operation);
    last = read.operation;
    const found = read.source === fromStart ? missingAtStart(trace, index, read, seen) : superseded(trace, index, read, seen);
    if (found !== undefined) return found;
  }
  return undefined;
});

const told = (
  trace: Trace,
  write: number,
  { write: later, reader }: { readonly write: number; readonly reader: number },
  read: Read,
): Finding => {
  const steps: Step[] = [
    ...(write === later ? [] : [session(write, later)]),
    { from: later, to: reader, why: 'read', object: objectRead(trace, reader, later) },
  ];
  return finding('monotonic-writes', read, reader === read.operation ? steps : [...steps, session(reader, read.operation)]);
};

const objectRead = ({ reads, from }: Trace, reader: number, source: number): number => {
  let slot = reads.start[reader]!;
  while (from[slot] !== source) slot++;
  return reads.item[slot]!;
};

/** The initial value, although a write of the object comes before one of the same writer that was seen. */
const missingAtStart = (trace: Trace, index: WriterIndex, read: Read, seen: Seen): Finding | undefined => {
  for (let group = index.groups[read.object]!; group < index.groups[read.object + 1]!; group++) {
    const latest = seen.get(index.groupSession[group]!);
    if (latest === undefined) continue;
    const write = index.writer[index.start[group]!]!;
    if (trace.place[write]! < trace.place[latest.write]!) return told(trace, write, latest, read);
  }
  return undefined;
};

/** An earlier write of a writer although a later one of the object comes before, or is, one that was seen. */
const superseded = (trace: Trace, index: WriterIndex, read: Read, seen: Seen): Finding | undefined => {
  const { source, object } = read;
  const latest = seen.get(trace.session[source]!)!;
  const group = groupOf(index, object, trace.session[source]!);
  const newer = lastWriterWithin(index, trace.place, group, trace.place[latest.write]! + 1);
  if (newer < 0 || trace.place[newer]! <= trace.place[source]!) return undefined;
  const found = told(trace, newer, latest, read);
  return { ...found, steps: [session(source, newer), ...found.steps], operations: [...new Set([...found.operations, newer])] };
};
