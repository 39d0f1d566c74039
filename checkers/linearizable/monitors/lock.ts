/**
 * Locks with one holder at a time (`acquire` a free one, `release` a held one, whoever does): exact, O(n log n), unknown outcomes included.
 *
 * A legal order takes acquires and releases in turns. So there is never a choice of kind, only of which operation of the kind that is due:
 * of those that are open, the one that returns first, since it can do what any other could and leaves the others, which stay usable for
 * longer (earliest deadline first). An unknown outcome comes last by the same reason, and need never happen. Operations are taken only
 * when a return forces it; the first return that cannot be served is a violation.
 */
import type { Monitored } from '../model.ts';
import { never, type Subject } from '../subject.ts';
import { type Events, eventsOf } from './elements.ts';

const method = 'lock';
const [acquire, release, other] = [0, 1, -1];

export const monitorLock = (subjects: readonly Subject[]): Monitored => {
  const kind = Int8Array.from(subjects, ({ invoke: { f } }) => (f === 'acquire' ? acquire : f === 'release' ? release : other));
  const events = eventsOf(subjects);
  const failed = firstUnserved(subjects, kind, events);
  if (failed === undefined) return { outcome: 'linearizable', method, suspects: [] };
  const suspects = [turnsMissing(subjects, kind, events, failed), sinceCertain(subjects, kind, events, failed)]
    .filter(found => found !== undefined)
    .sort((a, b) => a.length - b.length)[0];
  return { outcome: 'violation', method, suspects: suspects ?? calledBefore(subjects, failed), inseparable: true };
};

/** Plays the turns; the operation at whose return it is not its kind's turn, and nothing open can change that. */
const firstUnserved = (subjects: readonly Subject[], kind: Int8Array, { byReturn, returned }: Events): number | undefined => {
  const open = [new Earliest(returned), new Earliest(returned)];
  const unknown = [0, 0];
  const settled = new Uint8Array(subjects.length);
  let held = false;
  let next = 0;
  for (const frontier of byReturn) {
    const mine = kind[frontier]!;
    if (mine === other) continue;
    for (; next < subjects.length && subjects[next]!.called < subjects[frontier]!.returned; next++) {
      if (kind[next] === other) continue;
      if (subjects[next]!.returned === never) unknown[kind[next]!]!++;
      else open[kind[next]!]!.push(next);
    }
    if (settled[frontier] === 1) continue;
    if ((mine === release) !== held) {
      const due = held ? release : acquire;
      if (open[due]!.size > 0) settled[open[due]!.pop()] = 1;
      else if (unknown[due]! > 0) unknown[due]!--;
      else return frontier;
    }
    settled[open[mine]!.pop()] = 1; // the frontier itself: nothing that is open returns earlier
    held = mine === acquire;
  }
  return undefined;
};

/**
 * The latest stretch before the failed return in which too many operations of its kind took place, from call to return, for those of the other
 * kind that were open in it: between two acquires there is a release.
 */
const turnsMissing = (
  subjects: readonly Subject[],
  kind: Int8Array,
  { events, called, returned }: Events,
  failed: number,
): number[] | undefined => {
  const end = returned[failed]!;
  const at = new Int32Array(events).fill(-1);
  for (let i = 0; i < subjects.length; i++) {
    if (kind[i] === other) continue;
    at[called[i]!] = i;
    if (returned[i]! < events) at[returned[i]!] = i;
  }
  const inside: number[] = [];
  const between: number[] = [];
  for (let i = 0; i < subjects.length && called[i]! < end; i++) {
    if (kind[i] === 1 - kind[failed]! && returned[i]! > end) between.push(i);
  }
  // At the very start the lock is free: there the first release needs an acquire as well.
  const enough = (from: number): number => (from === 0 && kind[failed] === release ? 1 : 2);
  for (let event = end; event >= 0; event--) {
    const i = at[event]!;
    if (i < 0) continue;
    if (event === returned[i] && kind[i] !== kind[failed]) between.push(i);
    if (event === called[i] && kind[i] === kind[failed] && returned[i]! <= end) inside.push(i);
    if (inside.length - between.length >= enough(event)) return [...inside, ...between].sort((a, b) => a - b);
  }
  return undefined;
};

/**
 * The last moment at which the lock was certainly held, because one acquire more had returned than releases had been called; then the
 * acquires that returned after it and the releases called after it, too few. For a release likewise: certainly free, and too few acquires.
 */
const sinceCertain = (subjects: readonly Subject[], kind: Int8Array, { byReturn }: Events, failed: number): number[] | undefined => {
  const mine = kind[failed]!;
  const ahead = mine === acquire ? 1 : 0;
  const until = subjects[failed]!.returned;
  let [certain, since] = [-1, mine === acquire ? never : -1];
  let [returned, called, next] = [0, 0, 0];
  for (const i of byReturn) {
    const now = subjects[i]!.returned;
    if (now >= until) break;
    for (; next < subjects.length && subjects[next]!.called < now; next++) if (kind[next] === 1 - mine) called++;
    if (kind[i] !== mine) continue;
    returned++;
    if (returned === called + ahead) [certain, since] = [i, now];
  }
  const within = ({ called, returned }: Subject, i: number): boolean =>
    kind[i] === mine ? returned > since && returned <= until : kind[i] === 1 - mine && called > since && called < until;
  const after = subjects.flatMap((subject, i) => (within(subject, i) ? [i] : []));
  const balance = after.reduce((sum, i) => sum + (kind[i] === mine ? 1 : -1), 0);
  if (balance < 1) return undefined;
  return mine === acquire ? [certain, ...after].sort((a, b) => a - b) : after;
};

const calledBefore = (subjects: readonly Subject[], failed: number): number[] =>
  subjects.flatMap((subject, i) => (subject.called < subjects[failed]!.returned ? [i] : []));

/** A heap of operations, the first to return on top. */
class Earliest {
  readonly #returned: Int32Array;
  readonly #heap: number[] = [];

  constructor(returned: Int32Array) {
    this.#returned = returned;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(operation: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(operation);
    for (let parent = (at - 1) >> 1; at > 0 && this.#before(operation, heap[parent]!); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = operation;
  }

  pop(): number {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return top;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  #before(a: number, b: number): boolean {
    return this.#returned[a]! < this.#returned[b]!;
  }
}
