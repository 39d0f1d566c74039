/**
 * Writes follow reads. A write follows another if its writer had read that before (a cas follows what it found), and what that follows, and
 * so on. Once a session has seen a write, what it follows must not be missing: no object is read as it was before such a write.
 *
 * Whatever breaks this breaks weak causal consistency at the same read, so only reads at fault there are looked at: as causal.ts finds
 * them, then O(n) each until one is found. Source: Terry et al., PDIS 1994.
 */
import { overwriter } from '../causal/causal.ts';
import type { Finding, Judge, Step } from '../read-write/finding.ts';
import { between, type CausalOrder, causalOrder, indexWriters, readersByWriter } from '../read-write/order.ts';
import { fromStart, type Trace } from '../read-write/trace.ts';

export const judgeWritesFollowReads: Judge = (trace, limits) => {
  const order = causalOrder(trace, limits);
  if (typeof order === 'string') return order;
  const newer = 'stuck' in order ? undefined : between(trace, order, indexWriters(trace));
  const readers = readersByWriter(trace);
  for (let at = 0; at < trace.size; at++) {
    const i = trace.sessions.item[at]!;
    if ((at & 15) === 15 && limits.now() > limits.deadline) return 'time';
    for (let slot = trace.reads.start[i]!; slot < trace.reads.start[i + 1]!; slot++) {
      if (newer !== undefined && overwriter(trace, order as CausalOrder, newer, i, slot, trace.from[slot]!) < 0) continue;
      if (limits.now() > limits.deadline) return 'time';
      const found = missing(trace, readers, i, slot);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

/** How a write came to be seen: `reader` read it before `through` was written; without `through`, the session itself did. */
interface Way {
  readonly reader: number;
  readonly through?: number;
}

const missing = (trace: Trace, readers: ReturnType<typeof readersByWriter>, operation: number, slot: number): Finding | undefined => {
  const [object, source] = [trace.reads.item[slot]!, trace.from[slot]!];
  const ways = seenBy(trace, operation);
  const after = source === fromStart ? undefined : followersOf(trace, readers, source);
  for (const [write, options] of ways) {
    if (write === source || !writes(trace, write, object)) continue;
    const followed = after === undefined ? options.find(({ through }) => through !== undefined) : options[0];
    if (followed === undefined) continue;
    if (after !== undefined && !after.has(write)) continue;
    const steps = [...(after === undefined ? [] : wayTo(trace, after, source, write)), ...wayBack(trace, ways, write, followed, operation)];
    const operations = [...new Set([...steps.flatMap(({ from, to }) => [from, to]), operation, write])];
    return { type: 'writes-follow-reads', steps, read: { operation, object, from: source }, operations };
  }
  return undefined;
};

const writes = (trace: Trace, operation: number, object: number): boolean => {
  for (let at = trace.writes.start[operation]!; at < trace.writes.start[operation + 1]!; at++)
    if (trace.writes.item[at] === object) return true;
  return false;
};

/** Every write that the session has seen by the end of this operation, and every one that those follow. At most two ways each: seen, followed. */
const seenBy = (trace: Trace, operation: number): ReadonlyMap<number, readonly Way[]> => {
  const { sessions, session, place, reads, from } = trace;
  const ways = new Map<number, Way[]>();
  /** By session: how many of its operations have been looked at, for `follows`. */
  const looked = new Map<number, number>();
  const waiting: number[] = [];
  const note = (write: number, way: Way): void => {
    const known = ways.get(write);
    if (known === undefined) {
      ways.set(write, [way]);
      waiting.push(write);
    } else if (known.length === 1 && (known[0]!.through === undefined) !== (way.through === undefined)) known.push(way);
  };
  const look = (s: number, start: number, end: number, through: number | undefined): void => {
    for (let at = sessions.start[s]! + start; at < sessions.start[s]! + end; at++) {
      const reader = sessions.item[at]!;
      for (let slot = reads.start[reader]!; slot < reads.start[reader + 1]!; slot++)
        if (from[slot] !== fromStart) note(from[slot]!, through === undefined ? { reader } : { reader, through });
    }
  };
  look(session[operation]!, 0, place[operation]! + 1, undefined);
  for (let write = waiting.pop(); write !== undefined; write = waiting.pop()) {
    const s = session[write]!;
    const start = looked.get(s) ?? 0;
    const end = place[write]! + 1;
    if (end <= start) continue;
    looked.set(s, end);
    look(s, start, end, write);
  }
  return ways;
};

/** The writes that follow one, each with the read by which that was found first: of a source that was found before, so the way back ends even where causes go round. */
type Followers = ReadonlyMap<number, { readonly reader: number; readonly source: number }>;

const followersOf = (trace: Trace, readers: ReturnType<typeof readersByWriter>, write: number): Followers => {
  const { session, place, sessions, writes: written } = trace;
  const found = new Map<number, { readonly reader: number; readonly source: number }>();
  /** By session: from which place on its writes follow. */
  const since = new Map<number, number>();
  const waiting = [write];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    for (let r = readers.start[source]!; r < readers.start[source + 1]!; r++) {
      const reader = readers.item[r]!;
      const s = session[reader]!;
      const until = since.get(s) ?? sessions.start[s + 1]! - sessions.start[s]!;
      if (place[reader]! >= until) continue;
      since.set(s, place[reader]!);
      for (let at = sessions.start[s]! + place[reader]!; at < sessions.start[s]! + until; at++) {
        const i = sessions.item[at]!;
        if (written.start[i + 1]! === written.start[i]!) continue;
        found.set(i, { reader, source });
        waiting.push(i);
      }
    }
  }
  return found;
};

const readStep = ({ reads, from }: Trace, source: number, reader: number): Step => {
  let slot = reads.start[reader]!;
  while (from[slot] !== source) slot++;
  return { from: source, to: reader, why: 'read', object: reads.item[slot]! };
};

const sessionStep = (from: number, to: number): readonly Step[] => (from === to ? [] : [{ from, to, why: 'session' }]);

/** From the write that was read to one that follows it. */
const wayTo = (trace: Trace, followers: Followers, source: number, write: number): readonly Step[] => {
  const steps: Step[] = [];
  for (let now = write; now !== source; ) {
    const { reader, source: before } = followers.get(now)!;
    steps.unshift(readStep(trace, before, reader), ...sessionStep(reader, now));
    now = before;
  }
  return steps;
};

/** From a write to the read that should have shown it. */
const wayBack = (
  trace: Trace,
  ways: ReadonlyMap<number, readonly Way[]>,
  write: number,
  first: Way,
  operation: number,
): readonly Step[] => {
  const steps: Step[] = [];
  let [now, way] = [write, first];
  for (;;) {
    steps.push(readStep(trace, now, way.reader));
    if (way.through === undefined) return [...steps, ...sessionStep(way.reader, operation)];
    steps.push(...sessionStep(way.reader, way.through));
    now = way.through;
    way = ways.get(now)![0]!;
  }
};
