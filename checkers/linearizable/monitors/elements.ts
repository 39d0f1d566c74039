/**
 * The door of the methods for collections: queues, stacks, priority queues and bags of values that are each added once.
 *
 * Time is counted in gaps: the events of the operations are numbered 0 to `events` - 1, gap g lies before event g. An operation takes
 * effect in one of the gaps `called` + 1 to `returned`, and a gap has room for any number of effects. A value is added before it is
 * removed, so its intervals are cut to fit: an addition ends where the removal does, a removal begins where the addition does.
 *
 * Certainly in the collection is a value in the gaps `addReturned` + 1 to `removeCalled`, whatever the order: its critical interval.
 */
import { valueKey } from '../../models/values.ts';
import type { Call, Monitored, Touched } from '../model.ts';
import { callOf, never, type Subject } from '../subject.ts';

/** What the operations are called that add a value and remove one; a removal that answers null found the collection empty. */
export interface Verbs {
  readonly add: string;
  readonly remove: string;
}

export const queueVerbs: Verbs = { add: 'enqueue', remove: 'dequeue' };

/** Which value an operation touches, for counterexamples. */
export const touchedBy =
  ({ add, remove }: Verbs) =>
  ({ f, input, output }: Call): Touched => {
    if (f === add) return { value: input, adds: true };
    if (f !== remove || output === null) return 'nothing';
    return output === undefined ? 'anything' : { value: output, adds: false };
  };

export const none = -1;

export interface Elements {
  /** How many events there are; gaps go up to `events` + 1, the last one after everything. */
  readonly events: number;
  /** Values that matter, by the call of their additions, and where those operations stand among the subjects; `none`: nobody removed it. */
  readonly size: number;
  readonly add: Int32Array;
  readonly remove: Int32Array;
  readonly addCalled: Int32Array;
  readonly addReturned: Int32Array;
  /** Of a value that nobody removed: `events` and `events` + 1. */
  readonly removeCalled: Int32Array;
  readonly removeReturned: Int32Array;
  /** Removals that found nothing. */
  readonly empty: Operations;
  /** Removals of unknown outcome. */
  readonly lost: Operations;
}

/** Operations in call order: their places among the subjects, and events. */
export interface Operations {
  readonly place: Int32Array;
  readonly called: Int32Array;
  readonly returned: Int32Array;
}

/**
 * The values with their operations; or a violation that shows at once: a value removed that was not added before, or more than once. Undefined
 * where a value is added twice, or null is. An addition of unknown outcome whose value nobody was seen to remove is left out: no order
 * needs it. O(n log n).
 */
export const elementsOf = (subjects: readonly Subject[], verbs: Verbs, method: string): Elements | Monitored | undefined => {
  const values = new Map<string | number | boolean | null, number>();
  const added: number[] = [];
  const removed: number[] = [];
  const [empty, lost]: [number[], number[]] = [[], []];
  let repeated = false;
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, completion } = subjects[place]!;
    if (invoke.f === verbs.remove) {
      if (completion?.type !== 'ok') lost.push(place);
      else if (completion.value === null) empty.push(place);
      else removed.push(place);
    } else if (invoke.f === verbs.add) {
      const value = valueKey(invoke.value);
      repeated ||= value === null || values.has(value);
      values.set(value, added.length);
      added.push(place);
    }
  }
  if (repeated) return undefined;
  const remove = new Int32Array(added.length).fill(none);
  const violation = (...suspects: number[]): Monitored => ({ outcome: 'violation', method, suspects: suspects.sort((a, b) => a - b) });
  for (const place of removed) {
    const element = values.get(valueKey(callOf(subjects[place]!).output!));
    if (element === undefined) return violation(place);
    const add = added[element]!;
    if (subjects[add]!.called > subjects[place]!.returned) return violation(add, place);
    if (remove[element] !== none) return violation(add, remove[element]!, place);
    remove[element] = place;
  }
  return columnsOf(subjects, added, remove, empty, lost);
};

export const isViolation = (found: Elements | Monitored): found is Monitored => 'outcome' in found;

const columnsOf = (
  subjects: readonly Subject[],
  added: readonly number[],
  removeOf: Int32Array,
  empty: readonly number[],
  lost: readonly number[],
): Elements => {
  const { events, called, returned } = eventsOf(subjects);
  const matter = added.flatMap((place, element) => (removeOf[element] === none && subjects[place]!.returned === never ? [] : [element]));
  const size = matter.length;
  const [add, remove, addCalled] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const [addReturned, removeCalled, removeReturned] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  for (let i = 0; i < size; i++) {
    const a = added[matter[i]!]!;
    const r = removeOf[matter[i]!]!;
    [add[i], remove[i], addCalled[i]] = [a, r, called[a]!];
    removeReturned[i] = r === none ? events + 1 : returned[r]!;
    removeCalled[i] = r === none ? events : Math.max(called[r]!, called[a]!);
    addReturned[i] = Math.min(returned[a]!, removeReturned[i]!);
  }
  const operations = (places: readonly number[]): Operations => ({
    place: Int32Array.from(places),
    called: Int32Array.from(places, place => called[place]!),
    returned: Int32Array.from(places, place => returned[place]!),
  });
  return {
    events,
    size,
    add,
    remove,
    addCalled,
    addReturned,
    removeCalled,
    removeReturned,
    empty: operations(empty),
    lost: operations(lost),
  };
};

export interface Events {
  readonly events: number;
  /** Per subject the numbers of its events; an unknown outcome returns at `events`, after all. */
  readonly called: Int32Array;
  readonly returned: Int32Array;
  /** The operations by their returns, those that have one. */
  readonly byReturn: Int32Array;
}

/** Numbers the events of these operations. O(n log n). */
export const eventsOf = (subjects: readonly Subject[]): Events => {
  const size = subjects.length;
  let answered = 0;
  for (let i = 0; i < size; i++) if (subjects[i]!.returned !== never) answered++;
  const keys = new Float64Array(answered);
  for (let i = 0, at = 0; i < size; i++) {
    if (subjects[i]!.returned !== never) keys[at++] = subjects[i]!.returned * size + i;
  }
  keys.sort();
  const events = size + answered;
  const [called, returned] = [new Int32Array(size), new Int32Array(size).fill(events)];
  const byReturn = new Int32Array(answered);
  for (let event = 0, next = 0, back = 0; event < events; event++) {
    const position = back < answered ? Math.floor(keys[back]! / size) : never;
    if (next < size && subjects[next]!.called < position) called[next++] = event;
    else {
      byReturn[back] = keys[back]! % size;
      returned[byReturn[back++]!] = event;
    }
  }
  return { events, called, returned, byReturn };
};

/** For each gap, how many of the intervals [from + 1, to] cover it; those that are empty cover nothing. */
export const coverage = (gaps: number, from: Int32Array, to: Int32Array): Int32Array => {
  const cover = new Int32Array(gaps + 1);
  for (let i = 0; i < from.length; i++) {
    if (from[i]! >= to[i]!) continue;
    cover[from[i]! + 1]!++;
    cover[to[i]! + 1]!--;
  }
  for (let gap = 1; gap <= gaps; gap++) cover[gap]! += cover[gap - 1]!;
  return cover;
};

/**
 * Of these elements, few whose critical intervals together cover the gaps `called` + 1 to `returned`, one beginning where the other ends;
 * undefined if there is a gap between. O(n log n).
 */
export const chainOver = (
  elements: Int32Array,
  from: Int32Array,
  to: Int32Array,
  called: number,
  returned: number,
): number[] | undefined => {
  const byStart = elements.filter(i => from[i]! < returned && to[i]! > called).sort((a, b) => from[a]! - from[b]!);
  const chain: number[] = [];
  let next = 0;
  for (let reached = called; reached < returned; ) {
    let furthest = none;
    for (; next < byStart.length && from[byStart[next]!]! <= reached; next++) {
      if (furthest === none || to[byStart[next]!]! > to[furthest]!) furthest = byStart[next]!;
    }
    if (furthest === none || to[furthest]! <= reached) return undefined;
    chain.push(furthest);
    reached = to[furthest]!;
  }
  return chain;
};

/** The operations on these values, as places among the subjects. */
export const operationsOf = ({ add, remove }: Elements, ...elements: number[]): number[] => elements.flatMap(i => [add[i]!, remove[i]!]);

/** The verdict, given a contradiction or none. */
export const monitored = (method: string, suspects: readonly number[] | undefined): Monitored => ({
  outcome: suspects === undefined ? 'linearizable' : 'violation',
  method,
  suspects: [...new Set(suspects)].filter(place => place !== none).sort((a, b) => a - b),
});
