/**
 * One key's operations as typed columns for the search: operations with an answer ("live") by number in call order, the order of their
 * returns, and a slot for each while it is open; operations of unknown outcome ("crashed") only as classes that become available.
 */
import type { Automaton } from './automaton.ts';
import { never, type Subject } from './subject.ts';

/** When each operation was called and returned, as in its subject. */
export interface Times {
  readonly called: Int32Array;
  readonly returned: Int32Array;
}

export const timesOf = (subjects: readonly Subject[]): Times => {
  const [called, returned] = [new Int32Array(subjects.length), new Int32Array(subjects.length)];
  for (let i = 0; i < subjects.length; i++) {
    called[i] = subjects[i]!.called;
    returned[i] = subjects[i]!.returned;
  }
  return { called, returned };
};

/**
 * The answered operations by return. Sorts numbers that hold both the return and the place, which needs no comparator; they are exact
 * as long as events times operations stay below 2 ** 53.
 */
export const byReturn = (returned: Int32Array): Int32Array => {
  const size = returned.length;
  const both = new Float64Array(size);
  let answered = 0;
  for (let i = 0; i < size; i++) if (returned[i] !== never) both[answered++] = returned[i]! * size + i;
  const sorted = both.subarray(0, answered).sort();
  const order = new Int32Array(answered);
  for (let f = 0; f < answered; f++) order[f] = sorted[f]! % size;
  return order;
};

export interface Timeline {
  /** Per live operation: its class, its slot while it is open, its rank among the returns, its place among the subjects. */
  readonly cls: Int32Array;
  readonly slot: Int32Array;
  readonly rank: Int32Array;
  readonly subject: Int32Array;
  /** Live operations by return. The search's frontier is a position in this list. */
  readonly returns: Int32Array;
  /** How many live operations were called before the return at each frontier. */
  readonly calledBefore: Int32Array;
  /** Crashed operations in call order, as places in `crashedClasses`, and how many were called before each return. */
  readonly crashed: Int32Array;
  readonly crashedBefore: Int32Array;
  readonly crashedClasses: Int32Array;
  /** Per place in `crashedClasses`: the frontiers at which its operations become available, ascending. */
  readonly crashedAt: readonly (readonly number[])[];
  readonly slots: number;
}

/** O(n log n). Leaves out what constrains nothing: answers that are right in every state and change none, idle unknown outcomes. */
export const timelineOf = ({ called, returned }: Times, automaton: Automaton): Timeline => {
  const { classOf, readOnly, always, idle } = automaton;
  const size = called.length;
  /** By subject: its number among the live ones. */
  const numbers = new Int32Array(size);
  const [subject, cls, lost] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  let [live, crashes] = [0, 0];
  for (let i = 0; i < size; i++) {
    const c = classOf[i]!;
    numbers[i] = -1;
    if (returned[i] === never) {
      if (idle[c] === 0) lost[crashes++] = i;
    } else if (readOnly[c] === 0 || always[c] === 0) {
      subject[live] = i;
      cls[live] = c;
      numbers[i] = live++;
    }
  }
  const [returns, rank] = [new Int32Array(live), new Int32Array(live)];
  const [calledBefore, crashedBefore] = [new Int32Array(live), new Int32Array(live)];
  const order = byReturn(returned);
  let [callsBefore, lostBefore] = [0, 0];
  for (let k = 0, f = 0; k < order.length; k++) {
    const number = numbers[order[k]!]!;
    if (number < 0) continue;
    const at = returned[order[k]!]!;
    while (callsBefore < live && called[subject[callsBefore]!]! < at) callsBefore++;
    while (lostBefore < crashes && called[lost[lostBefore]!]! < at) lostBefore++;
    returns[f] = number;
    rank[number] = f;
    calledBefore[f] = callsBefore;
    crashedBefore[f++] = lostBefore;
  }
  const { crashed, crashedClasses } = crashedByKind(lost.subarray(0, crashes), automaton);
  return {
    cls: cls.subarray(0, live),
    subject: subject.subarray(0, live),
    rank,
    returns,
    calledBefore,
    crashed,
    crashedBefore,
    crashedClasses,
    crashedAt: frontiersByKind(crashedClasses.length, crashed, crashedBefore),
    ...assignSlots(returns, calledBefore),
  };
};

/** The classes of unknown outcomes, blind writes last, and the place of each one's class among them. */
const crashedByKind = (lost: Int32Array, { classOf, classes, overwrites }: Automaton): Pick<Timeline, 'crashed' | 'crashedClasses'> => {
  const place = new Int32Array(lost.length === 0 ? 0 : classes).fill(-1);
  const found: number[] = [];
  for (let k = 0; k < lost.length; k++) {
    const c = classOf[lost[k]!]!;
    if (place[c] === -1) {
      place[c] = 0;
      found.push(c);
    }
  }
  found.sort((a, b) => overwrites[a]! - overwrites[b]! || a - b);
  for (let at = 0; at < found.length; at++) place[found[at]!] = at;
  const crashed = new Int32Array(lost.length);
  for (let k = 0; k < lost.length; k++) crashed[k] = place[classOf[lost[k]!]!]!;
  return { crashed, crashedClasses: Int32Array.from(found) };
};

/** A slot is taken at the call and free again after the return, so there are as many as operations were ever open at once. */
const assignSlots = (returns: Int32Array, calledBefore: Int32Array): { readonly slot: Int32Array; readonly slots: number } => {
  const slot = new Int32Array(returns.length);
  const free: number[] = [];
  let slots = 0;
  let next = 0;
  for (let f = 0; f < returns.length; f++) {
    for (; next < calledBefore[f]!; next++) slot[next] = free.pop() ?? slots++;
    free.push(slot[returns[f]!]!);
  }
  return { slot, slots };
};

const frontiersByKind = (kinds: number, crashed: Int32Array, crashedBefore: Int32Array): number[][] => {
  const frontiers: number[][] = Array.from({ length: kinds }, () => []);
  let next = 0;
  for (let f = 0; f < crashedBefore.length; f++) for (; next < crashedBefore[f]!; next++) frontiers[crashed[next]!]!.push(f);
  return frontiers;
};
