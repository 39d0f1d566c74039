/**
 * A history whose reads are traced to writes, one way of several where values were written more than once. Unknown writes that nobody
 * observed are left out: taking away a write that nobody read makes no read wrong, in any of the models.
 */
import type { ReadWriteHistory } from './door.ts';
import type { Finding } from './finding.ts';
import { invertedLists, type Lists } from './lists.ts';

/** Read from the initial value. */
export const fromStart = -1;

export interface Trace {
  readonly size: number;
  /** The operation's number in the history. */
  readonly origin: Int32Array;
  readonly session: Int32Array;
  readonly place: Int32Array;
  /** Operations by session, in program order. */
  readonly sessions: Lists;
  readonly sessionCount: number;
  /** Objects by operation. */
  readonly reads: Lists;
  readonly writes: Lists;
  /** By slot of `reads`: the operation whose write was read, or `fromStart`. */
  readonly from: Int32Array;
  readonly objectCount: number;
  /** The object's number in the history. */
  readonly objectOrigin: Int32Array;
}

/** A value that no write explains, as a read slot of the history. */
export interface ThinAir {
  readonly operation: number;
  readonly version: number;
}

/** Whom each read can have read from, most likely first: what was written last before the answer. */
export interface Candidates {
  /** By slot of the history's `reads`. */
  readonly of: (slot: number) => readonly number[];
  /** Slots with more than one candidate. */
  readonly ambiguous: readonly number[];
  readonly thinAir: ThinAir | undefined;
}

/** O(n) where values are unique; else the sum of the candidates. */
export const candidatesOf = (history: ReadWriteHistory): Candidates => {
  const { reads, writers, isInitial, size, unknown } = history;
  const ambiguous: number[] = [];
  let thinAir: ThinAir | undefined;
  for (let operation = 0; operation < size; operation++) {
    for (let slot = reads.start[operation]!; slot < reads.start[operation + 1]!; slot++) {
      const version = reads.item[slot]!;
      const [first, end] = [writers.start[version]!, writers.start[version + 1]!];
      let count = end - first + isInitial[version]!;
      for (let at = first; at < end && count < 3; at++) if (writers.item[at] === operation) count--;
      if (count > 1) ambiguous.push(slot);
      if (count === 0 && unknown[operation] === 0) thinAir ??= { operation, version };
    }
  }
  const readerOf = readers(history);
  return { of: slot => candidates(history, slot, readerOf(slot)), ambiguous, thinAir };
};

const readers = ({ reads, size }: ReadWriteHistory): ((slot: number) => number) => {
  const by = new Int32Array(reads.item.length);
  for (let i = 0; i < size; i++) by.fill(i, reads.start[i]!, reads.start[i + 1]!);
  return slot => by[slot]!;
};

const candidates = ({ reads, writers, isInitial, operations }: ReadWriteHistory, slot: number, reader: number): readonly number[] => {
  const version = reads.item[slot]!;
  const [first, end] = [writers.start[version]!, writers.start[version + 1]!];
  if (end - first === 1 && isInitial[version] === 0 && writers.item[first] !== reader) return [writers.item[first]!];
  const until = operations[reader]!.completion?.index ?? Number.POSITIVE_INFINITY;
  const others = [...writers.item.subarray(first, end)].filter(writer => writer !== reader);
  const asked = others.filter(writer => operations[writer]!.invoke.index < until).reverse();
  return [...asked, ...(isInitial[version] === 1 ? [fromStart] : []), ...others.slice(asked.length)];
};

/** The trace for this choice of writers (by read slot), or the value that then comes out of thin air. O(n). */
export const traceOf = (history: ReadWriteHistory, choice: Int32Array): Trace | ThinAir => {
  const happened = observed(history, choice);
  const { reads, writes, versions } = history;
  const number = new Int32Array(history.size).fill(-1);
  const origin: number[] = [];
  for (let i = 0; i < history.size; i++) if (happened[i] === 1) number[i] = origin.push(i) - 1;
  const size = origin.length;
  const from: number[] = [];
  const readObjects: number[] = [];
  const writeObjects: number[] = [];
  const [readStart, writeStart, session] = [new Int32Array(size + 1), new Int32Array(size + 1), new Int32Array(size)];
  for (let i = 0; i < size; i++) {
    const operation = origin[i]!;
    for (let slot = reads.start[operation]!; slot < reads.start[operation + 1]!; slot++) {
      const version = reads.item[slot]!;
      const writer = choice[slot]!;
      if (writer < fromStart) return { operation, version };
      from.push(writer === fromStart ? fromStart : number[writer]!);
      readObjects.push(versions[version]!.object);
    }
    for (let at = writes.start[operation]!; at < writes.start[operation + 1]!; at++) writeObjects.push(versions[writes.item[at]!]!.object);
    readStart[i + 1] = from.length;
    writeStart[i + 1] = writeObjects.length;
    session[i] = history.session[operation]!;
  }
  const sessionCount = history.sessions.start.length - 1;
  const sessions = invertedLists({ start: Int32Array.from({ length: size + 1 }, (_, i) => i), item: session }, sessionCount);
  const place = new Int32Array(size);
  for (let s = 0; s < sessionCount; s++)
    for (let at = sessions.start[s]!; at < sessions.start[s + 1]!; at++) place[sessions.item[at]!] = at - sessions.start[s]!;
  return {
    size,
    origin: Int32Array.from(origin),
    session,
    place,
    sessions,
    sessionCount,
    reads: { start: readStart, item: Int32Array.from(readObjects) },
    writes: { start: writeStart, item: Int32Array.from(writeObjects) },
    from: Int32Array.from(from),
    objectCount: history.objects.length,
    objectOrigin: Int32Array.from(history.objects.keys()),
  };
};

/** 1 for operations that are known to have happened, or whose writes are read by one that has. */
const observed = ({ size, unknown, reads }: ReadWriteHistory, choice: Int32Array): Uint8Array => {
  const happened = new Uint8Array(size);
  const waiting: number[] = [];
  const add = (operation: number): void => {
    if (happened[operation] === 1) return;
    happened[operation] = 1;
    waiting.push(operation);
  };
  for (let i = 0; i < size; i++) if (unknown[i] === 0) add(i);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    for (let slot = reads.start[next]!; slot < reads.start[next + 1]!; slot++) if (choice[slot]! >= 0) add(choice[slot]!);
  return happened;
};

/**
 * Some operations of a trace, in ascending order, with new numbers; `origin` names those of the whole, `number` is filled the other way
 * round. Reads are kept where `reads` says so of their slot; their writers must be among the operations. O(operations + objects of the part).
 */
export const partOf = (
  whole: Trace,
  operations: Int32Array,
  number: Int32Array,
  reads: (operation: number, slot: number) => boolean,
): Trace => {
  const size = operations.length;
  const sessionNumbers = new Map<number, number>();
  const objectNumbers = new Map<number, number>();
  const numbered = (numbers: Map<number, number>, of: number): number => {
    let found = numbers.get(of);
    if (found === undefined) {
      found = numbers.size;
      numbers.set(of, found);
    }
    return found;
  };
  for (let i = 0; i < size; i++) number[operations[i]!] = i;
  const [session, place, origin] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const [readStart, writeStart] = [new Int32Array(size + 1), new Int32Array(size + 1)];
  const [readObjects, writeObjects, from]: [number[], number[], number[]] = [[], [], []];
  const lengths: number[] = [];
  for (let i = 0; i < size; i++) {
    const operation = operations[i]!;
    const s = numbered(sessionNumbers, whole.session[operation]!);
    session[i] = s;
    place[i] = lengths[s] ?? 0;
    lengths[s] = place[i]! + 1;
    origin[i] = operation;
    for (let slot = whole.reads.start[operation]!; slot < whole.reads.start[operation + 1]!; slot++)
      if (reads(operation, slot)) {
        readObjects.push(numbered(objectNumbers, whole.reads.item[slot]!));
        from.push(whole.from[slot] === fromStart ? fromStart : number[whole.from[slot]!]!);
      }
    for (let at = whole.writes.start[operation]!; at < whole.writes.start[operation + 1]!; at++)
      writeObjects.push(numbered(objectNumbers, whole.writes.item[at]!));
    readStart[i + 1] = from.length;
    writeStart[i + 1] = writeObjects.length;
  }
  const own = { start: Int32Array.from({ length: size + 1 }, (_, i) => i), item: session };
  return {
    size,
    origin,
    session,
    place,
    sessions: invertedLists(own, sessionNumbers.size),
    sessionCount: sessionNumbers.size,
    reads: { start: readStart, item: Int32Array.from(readObjects) },
    writes: { start: writeStart, item: Int32Array.from(writeObjects) },
    from: Int32Array.from(from),
    objectCount: objectNumbers.size,
    objectOrigin: Int32Array.from(objectNumbers.keys(), object => whole.objectOrigin[object]!),
  };
};

/** A finding in a part, in the numbers of the whole (objects: of the history). */
export const translated = (found: Finding, { origin, objectOrigin }: Trace): Finding => {
  const of = (i: number): number => origin[i]!;
  return {
    type: found.type,
    operations: found.operations.map(of),
    steps: found.steps.map(({ from, to, why, reader, object }) => ({
      from: of(from),
      to: of(to),
      why,
      ...(reader !== undefined && { reader: of(reader) }),
      ...(object !== undefined && { object: objectOrigin[object]! }),
    })),
    ...(found.read && {
      read: {
        operation: of(found.read.operation),
        object: objectOrigin[found.read.object]!,
        from: found.read.from === fromStart ? fromStart : of(found.read.from),
      },
    }),
  };
};

export const isTrace = (trace: Trace | ThinAir): trace is Trace => 'size' in trace;
