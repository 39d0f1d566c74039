/**
 * Stacks whose values are each pushed once: O(n log n), exact where no pop has an unknown outcome.
 *
 * In a gap that no critical interval covers, every value can be gone or not have come yet: whatever an order has in the stack then can
 * instead be popped there, top first, or be pushed there, bottom first. So the history falls apart there, as if the stack were empty, and any
 * number of times. Hence a pop that found nothing needs such a gap and nothing else (emptiness.ts). And a value v that has a gap within its push and one within its
 * pop that no critical interval of another value covers can be taken away: order the rest, empty in both gaps, and put v's push and pop back there. Conversely,
 * in an order of whatever is left the first value pushed on the empty stack is one of this kind. So values are taken away as long as there are such;
 * a violation is that some are left. (A value without a critical interval can be pushed and popped within one gap.)
 *
 * A pop of unknown outcome may have taken any value w that nobody was seen to pop, from its call on. The earlier, the better: that shortens w's critical
 * interval and lengthens its pop. A violation, though every w were popped by the first of them, is one. An order is found if each is given to
 * one w in good time, those first that have to be gone first. Between the two the method does not say.
 *
 * Sources: Abdulla et al., "Efficient linearizability monitoring", PLDI 2025; Lee & Mathur, "Efficient decrease-and-conquer linearizability
 * monitoring", OOPSLA 2025.
 */
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';
import { coverage, type Elements, elementsOf, isViolation, monitored, none, operationsOf, type Verbs } from './elements.ts';
import { neverEmpty, pressedByEmptiness } from './emptiness.ts';
import { assigned, atOnce, type Deadlines, tooFewRemovals } from './lost-removals.ts';
import { RangeMinimum } from './range-minimum.ts';
import { Stabbing } from './stabbing.ts';

const method = 'stack';
export const stackVerbs: Verbs = { add: 'push', remove: 'pop' };

/** The verdict on `push` and `pop`; undefined where a value, or null, makes it inapplicable, or unknown pops leave it open. */
export const monitorStack = (subjects: readonly Subject[]): Monitored | undefined => {
  const elements = elementsOf(subjects, stackVerbs, method);
  if (elements === undefined || isViolation(elements)) return elements;
  if (elements.lost.place.length === 0) {
    const stuck = peel(elements);
    return monitored(method, neverEmpty(elements) ?? (stuck && core(elements, stuck)));
  }
  const deadlines = deadlinesOf(elements);
  const wrong = tooFewRemovals(elements, deadlines) ?? neverEmpty(elements, deadlines.event);
  if (wrong !== undefined) return monitored(method, wrong);
  const best = atOnce(elements);
  const stuck = peel(best);
  if (stuck !== undefined) return monitored(method, [...core(best, stuck), ...elements.lost.place]);
  const given = assigned(elements, pressedByEmptiness(elements, deadlines.event));
  return peel(given) === undefined && neverEmpty(given) === undefined ? monitored(method, undefined) : undefined;
};

/**
 * A value that was certainly pushed on another one has to be popped before that one is: by the first return of such a pop. Values are asked in the
 * order of their pushes, among those pushed before by the calls of their pops.
 */
const deadlinesOf = ({ events, size, addCalled, addReturned, removeCalled, removeReturned }: Elements): Deadlines => {
  const event = new Int32Array(size).fill(events + 1);
  const by = new Int32Array(size).fill(none);
  const beneath = Int32Array.from({ length: size }, (_, i) => i).sort((a, b) => addReturned[a]! - addReturned[b]!);
  const returns = new RangeMinimum(new Int32Array(events + 1).fill(events + 1));
  const valueAt = new Int32Array(events + 2).fill(none);
  for (let i = 0; i < size; i++) valueAt[removeReturned[i]!] = i;
  for (let i = 0, next = 0; i < size; i++) {
    for (; next < size && addReturned[beneath[next]!]! < addCalled[i]!; next++) {
      const value = beneath[next]!;
      if (removeReturned[value]! <= events) returns.add(removeCalled[value]!, removeCalled[value]!, removeReturned[value]! - events - 1);
    }
    event[i] = returns.min(addReturned[i]! + 1, events);
    if (event[i]! <= events) by[i] = valueAt[event[i]!]!;
  }
  return { event, by };
};

/** Takes values away from outside in; those that are left over, if any. */
const peel = ({ events, size, addCalled, addReturned, removeCalled, removeReturned }: Elements): Int32Array | undefined => {
  const critical = Int32Array.from({ length: size }, (_, i) => i).filter(i => addReturned[i]! < removeCalled[i]!);
  const last = events + 1;
  const cover = new RangeMinimum(coverage(last, addReturned, removeCalled).subarray(0, last + 1));
  const pushes = new Stabbing(
    critical,
    addCalled.map(event => event + 1),
    addReturned,
  );
  const pops = new Stabbing(
    critical,
    removeCalled.map(event => event + 1),
    removeReturned,
  );
  /** How many of its two gaps each value has found. */
  const found = new Uint8Array(size);
  let waiting = critical.length;
  const stabbed: number[] = [];
  const free: number[] = [];
  const uncover = (from: number, to: number): void => {
    for (let gap = cover.firstAtMost(0, from, to); gap >= 0; gap = cover.firstAtMost(0, gap + 1, to)) {
      cover.add(gap, gap, taken);
      pushes.take(gap, stabbed);
      pops.take(gap, stabbed);
      for (const value of stabbed) if (++found[value]! === 2) free.push(value);
      stabbed.length = 0;
    }
  };
  uncover(0, last);
  for (let value = free.pop(); value !== undefined; value = free.pop()) {
    waiting--;
    cover.add(addReturned[value]! + 1, removeCalled[value]!, -1);
    uncover(addReturned[value]! + 1, removeCalled[value]!);
  }
  return waiting === 0 ? undefined : critical.filter(value => found[value]! < 2);
};

/** A gap that was dealt with is covered for good. */
const taken = 0x1fffffff;

/**
 * Few of the values left over that keep each other from being taken away: one whose push or pop others cover altogether, those others, what
 * covers one of theirs, and so on.
 */
const core = (elements: Elements, stuck: Int32Array): number[] => {
  const { addCalled, addReturned, removeCalled, removeReturned } = elements;
  const cover = chains(stuck, addReturned, removeCalled);
  const first = stuck.reduce((a, b) => (removeReturned[b]! < removeReturned[a]! ? b : a));
  const members = new Set([first]);
  for (const value of members) {
    const chain = cover(addCalled[value]!, addReturned[value]!) ?? cover(removeCalled[value]!, removeReturned[value]!) ?? [];
    for (const other of chain) members.add(other);
  }
  return operationsOf(elements, ...members);
};

/** Answers with intervals (from + 1 to `to`) that cover the gaps `called` + 1 to `returned`, taking the one that reaches furthest each time. */
const chains = (members: Int32Array, from: Int32Array, to: Int32Array) => {
  const order = members.toSorted((a, b) => from[a]! - from[b]!);
  const furthest = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const before = at === 0 ? none : furthest[at - 1]!;
    furthest[at] = before === none || to[order[at]!]! > to[before]! ? order[at]! : before;
  }
  return (called: number, returned: number): number[] | undefined => {
    const chain: number[] = [];
    for (let reached = called; reached < returned; ) {
      let [low, high] = [0, order.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (from[order[middle]!]! <= reached) low = middle + 1;
        else high = middle;
      }
      const next = low === 0 ? none : furthest[low - 1]!;
      if (next === none || to[next]! <= reached) return undefined;
      chain.push(next);
      reached = to[next]!;
    }
    return chain;
  };
};
