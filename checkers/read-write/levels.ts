/**
 * Whether one session's reads can all be explained by one growing order of what it has seen: the same question that `view.ts` answers by
 * saturation, answered without clocks, for causal memory and PRAM, where only one session's reads are to be explained.
 *
 * A level says by which own operation something must have been seen: the operations of level j are put between the own operations j - 1 and
 * j. Saturation means: a write of an object that is seen by an own read of that object at j or later, the next one, is overwritten by what
 * that read found, so it is seen no later than that. Levels sink until nothing changes. The reads are explained exactly if then
 *   - nothing sank below an own operation that comes before it, and no own write lies between a write and its last own read,
 *   - no write of an object is seen before an own read of its initial value, and what a read found was not seen before an earlier read of
 *     something else there,
 *   - within each level what was read can be put last among the writes of its object.
 * Only what comes after something that the session read can lie on a cycle, so nothing else is looked at: about as much as went on while the
 * session lasted. O(that · rounds), where rounds are few.
 * Sources: as for `view.ts`.
 */
import type { Limits } from './finding.ts';
import { indexWriters, readersByWriter, type WriterIndex } from './order.ts';
import { fromStart, type Trace } from './trace.ts';

/** What precedes the own operations: program order and reads (`causal`), or program order and the own reads alone. */
export interface Past {
  readonly causal: boolean;
  /** Calls back with every other session of which something precedes the operation, and how much. Only asked for if `causal`. */
  readonly each: (operation: number, note: (session: number, count: number) => void) => void;
}

export interface Levels {
  /** Undefined: all explained. Else what is to be looked at: the operations, of other sessions, that can lie on a cycle. */
  judge(session: number, from: number, until: number): readonly number[] | 'time' | undefined;
}

/** For judging sessions one after the other. `judge(s, from, until)`: the reads at these places of the session are to be explained. */
export const levelsOf = (trace: Trace, past: Past, { now, deadline }: Limits): Levels => {
  const { size, session, place, sessions, reads, writes, from: source, objectCount, sessionCount } = trace;
  const readers = readersByWriter(trace);
  const index: WriterIndex = indexWriters(trace);
  /** By operation: its level plus one; 0: not looked at. */
  const level = new Int32Array(size);
  /** Successors first. */
  const found: number[] = [];
  /** By object: the own reads of it, by place, for those that have any. */
  const readPlaces: number[][] = [];
  const readSources: number[][] = [];
  const listOf = new Int32Array(objectCount).fill(-1);
  const objects: number[] = [];
  /** Only for PRAM: by session, how many of its operations must be seen. */
  const seen = new Int32Array(sessionCount);
  const touched: number[] = [];
  let ticks = 0;
  const late = (): boolean => (++ticks & 4095) === 0 && now() > deadline;

  const own = (s: number, at: number): number => sessions.item[sessions.start[s]! + at]!;
  const nextOf = (i: number): number => {
    const at = sessions.start[session[i]!]! + place[i]! + 1;
    return at < sessions.start[session[i]! + 1]! ? sessions.item[at]! : -1;
  };

  const forget = (): void => {
    for (const i of found) level[i] = 0;
    for (const object of objects) listOf[object] = -1;
    for (const s of touched) seen[s] = 0;
    found.length = objects.length = readPlaces.length = readSources.length = touched.length = 0;
  };

  const noteReads = (s: number, from: number, until: number): void => {
    for (let at = from; at <= until; at++) {
      const i = own(s, at);
      for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
        const object = reads.item[slot]!;
        if (listOf[object] === -1) {
          listOf[object] = objects.push(object) - 1;
          readPlaces.push([]);
          readSources.push([]);
        }
        readPlaces[listOf[object]!]!.push(at);
        readSources[listOf[object]!]!.push(source[slot]!);
      }
    }
  };

  /** The first own read of the object at this place or later, as an index into its list; -1 if there is none. */
  const nextRead = (list: number, at: number): number => {
    const places = readPlaces[list]!;
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low < places.length ? low : -1;
  };

  const lastInitialRead = (list: number): number => readPlaces[list]![readSources[list]!.lastIndexOf(fromStart)] ?? -1;

  const isSeen = (i: number): boolean => place[i]! < seen[session[i]!]!;

  /** The level by what comes right after it; own operations stand where they stand. */
  const levelBySuccessors = (i: number, s: number, until: number): number => {
    let least = until + 2;
    const next = nextOf(i);
    if (next >= 0 && level[next]! > 0) least = level[next]!;
    for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) {
      const reader = readers.item[r]!;
      const at = session[reader] === s ? place[reader]! + 1 : past.causal ? level[reader]! : 0;
      if (at > 0 && at < least && (session[reader] !== s || place[reader]! <= until)) least = at;
    }
    return least;
  };

  /** Everything after these operations that the session has seen, successors first. False: out of time. */
  const collect = (seeds: readonly number[], s: number, until: number): boolean => {
    const stack: number[] = [];
    const step: number[] = [];
    const push = (i: number): void => {
      if (session[i] === s || level[i] !== 0 || !isSeen(i)) return;
      level[i] = -1;
      stack.push(i);
      step.push(-1);
    };
    for (const seed of seeds) {
      push(seed);
      while (stack.length > 0) {
        if (late()) {
          for (const i of stack) level[i] = 0;
          return false;
        }
        const i = stack[stack.length - 1]!;
        const at = step[step.length - 1]!++;
        if (at === -1) {
          const next = nextOf(i);
          if (next >= 0) push(next);
        } else if (past.causal && readers.start[i]! + at < readers.start[i + 1]!) push(readers.item[readers.start[i]! + at]!);
        else {
          stack.pop();
          step.pop();
          level[i] = levelBySuccessors(i, s, until);
          found.push(i);
        }
      }
    }
    return true;
  };

  const noteSeen = (s: number, until: number): void => {
    if (past.causal) {
      past.each(own(s, until), (other, count) => {
        if (other === s) return;
        seen[other] = count;
        touched.push(other);
      });
      return;
    }
    for (let at = 0; at <= until; at++) {
      const i = own(s, at);
      for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) {
        const writer = source[slot]!;
        if (writer === fromStart || session[writer] === s) continue;
        if (seen[session[writer]!] === 0) touched.push(session[writer]!);
        seen[session[writer]!] = Math.max(seen[session[writer]!]!, place[writer]! + 1);
      }
    }
  };

  /** What was read, what comes after own operations, and the first writes of what was read as it was at the start. */
  const seedsOf = (s: number, from: number, until: number): number[] => {
    const seeds: number[] = [];
    for (let at = 0; at <= until; at++) {
      const i = own(s, at);
      if (at >= from)
        for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++) if (source[slot] !== fromStart) seeds.push(source[slot]!);
      if (past.causal) for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) seeds.push(readers.item[r]!);
    }
    for (const [list, object] of objects.entries())
      if (lastInitialRead(list) >= 0)
        for (let group = index.groups[object]!; group < index.groups[object + 1]!; group++)
          if (seen[index.groupSession[group]!]! > 0) seeds.push(index.writer[index.start[group]!]!);
    return seeds;
  };

  /** Where a write is seen, minus a half for own ones: they come after all of their place. */
  const levelOf = (write: number, s: number): number => (session[write] === s ? place[write]! + 0.5 : level[write]! - 1);

  /** Sinks the levels once, successors first. Undefined: a write is seen before a read of the initial value. */
  const sink = (s: number, until: number): boolean | 'time' | undefined => {
    let sunk = false;
    for (const i of found) {
      if (late()) return 'time';
      const before = level[i]!;
      let now = Math.min(before, levelBySuccessors(i, s, until));
      for (let at = writes.start[i]!; at < writes.start[i + 1]!; at++) {
        const list = listOf[writes.item[at]!]!;
        const read = list < 0 ? -1 : nextRead(list, now - 1);
        if (read < 0) continue;
        const write = readSources[list]![read]!;
        if (write === fromStart) return undefined;
        if (write === i) continue;
        const limit = session[write] === s ? place[write]! + 1 : level[write]!;
        if (limit < now) now = limit;
      }
      if (now === before) continue;
      level[i] = now;
      sunk = true;
    }
    return sunk;
  };

  /** Own operations against the levels, and reads of one object against each other. */
  const agrees = (s: number, until: number): boolean => {
    for (let at = 0; at <= until; at++) {
      const i = own(s, at);
      if (past.causal)
        for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) {
          const reader = readers.item[r]!;
          if (session[reader] !== s && level[reader]! > 0 && level[reader]! - 1 <= at) return false;
        }
      for (let slot = reads.start[i]!; slot < reads.start[i + 1]!; slot++)
        if (source[slot] !== fromStart && session[source[slot]!] === s && place[source[slot]!]! >= at) return false;
      for (let slot = writes.start[i]!; slot < writes.start[i + 1]!; slot++) {
        const list = listOf[writes.item[slot]!]!;
        const read = list < 0 ? -1 : nextRead(list, at + 1);
        if (read < 0) continue;
        const write = readSources[list]![read]!;
        if (write !== i && (write === fromStart || levelOf(write, s) < at + 1)) return false;
      }
    }
    for (const [list] of objects.entries()) {
      const [places, written] = [readPlaces[list]!, readSources[list]!];
      for (let at = 1; at < places.length; at++) {
        if (written[at] === written[at - 1]) continue;
        if (written[at] === fromStart || levelOf(written[at]!, s) <= places[at - 1]!) return false;
      }
    }
    return true;
  };

  /** By object: what must be the last write of it within the level at hand. */
  const last = new Int32Array(objectCount).fill(-1);
  const waits = new Int32Array(size);

  /** Within each level: what precedes what, and other writes before what was read. False: a cycle. */
  const sortable = (s: number, until: number): boolean => {
    const start = new Int32Array(until + 4);
    for (const i of found) start[level[i]! + 1]!++;
    for (let at = 1; at < start.length; at++) start[at]! += start[at - 1]!;
    const byLevel = new Int32Array(found.length);
    const fill = start.slice();
    for (let at = found.length - 1; at >= 0; at--) byLevel[fill[level[found[at]!]!]!++] = found[at]!;
    for (const [at, lists] of readByLevel(s)) {
      for (const list of lists.keys()) last[objects[list]!] = lists.get(list)!;
      const part = byLevel.subarray(start[at]!, start[at + 1]!);
      const fine = inOrder(part) || isAcyclic(part, at);
      for (const list of lists.keys()) last[objects[list]!] = -1;
      if (!fine) return false;
    }
    return true;
  };

  /** By level and object: the write of another session that was read. One at most, where reads agree. */
  const readByLevel = (s: number): ReadonlyMap<number, ReadonlyMap<number, number>> => {
    const levels = new Map<number, Map<number, number>>();
    for (const [list, written] of readSources.entries())
      for (const [at, write] of written.entries()) {
        if (write === fromStart || session[write] === s || (at > 0 && written[at - 1] === write)) continue;
        const here = levels.get(level[write]!);
        if (here === undefined) levels.set(level[write]!, new Map([[list, write]]));
        else here.set(list, write);
      }
    return levels;
  };

  /** Whether it is all right as it stands, predecessors first. */
  const inOrder = (part: Int32Array): boolean => {
    for (let at = 0; at < part.length; at++) waits[part[at]!] = at;
    for (const i of part)
      for (let slot = writes.start[i]!; slot < writes.start[i + 1]!; slot++) {
        const end = last[writes.item[slot]!]!;
        if (end >= 0 && end !== i && waits[end]! < waits[i]!) return false;
      }
    return true;
  };

  const isAcyclic = (part: Int32Array, at: number): boolean => {
    const after = (i: number, visit: (j: number) => void): void => {
      const next = nextOf(i);
      if (next >= 0 && level[next] === at) visit(next);
      if (past.causal)
        for (let r = readers.start[i]!; r < readers.start[i + 1]!; r++) if (level[readers.item[r]!] === at) visit(readers.item[r]!);
      for (let slot = writes.start[i]!; slot < writes.start[i + 1]!; slot++) {
        const end = last[writes.item[slot]!]!;
        if (end >= 0 && end !== i) visit(end);
      }
    };
    for (const i of part) waits[i] = 0;
    for (const i of part)
      after(i, j => {
        waits[j]!++;
      });
    const free: number[] = [];
    for (const i of part) if (waits[i] === 0) free.push(i);
    let left = part.length;
    for (let i = free.pop(); i !== undefined; i = free.pop()) {
      left--;
      after(i, j => {
        if (--waits[j]! === 0) free.push(j);
      });
    }
    return left === 0;
  };

  const decide = (s: number, from: number, until: number): boolean | 'time' => {
    noteReads(s, from, until);
    if (objects.length === 0) return true;
    noteSeen(s, until);
    if (!collect(seedsOf(s, from, until), s, until)) return 'time';
    for (;;) {
      const sunk = sink(s, until);
      if (sunk === 'time') return 'time';
      if (sunk === undefined) return false;
      if (!sunk) break;
    }
    return agrees(s, until) && sortable(s, until);
  };

  return {
    judge: (s, from, until) => {
      if (now() > deadline) return 'time';
      const fine = until < from || decide(s, from, until);
      const result = fine === 'time' ? fine : fine ? undefined : found.slice();
      forget();
      return result;
    },
  };
};
