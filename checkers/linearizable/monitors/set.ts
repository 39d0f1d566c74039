/**
 * Sets that only grow: `add`, and `read` of all elements. Exact, linear in the length of the history and of all answers.
 *
 * An element is there from its first add on, which takes effect at any moment between the earliest call and the earliest return of an add of
 * it (an unknown one never returns; further adds change nothing). Answers must form a chain under inclusion; then an element belongs before
 * the smallest answers that have it and after all smaller ones, one that nobody saw after all answers, or nowhere if no add of it returned:
 * levels. They form a chain if and only if every answer has as many elements as there are whose smallest answer is no larger than it.
 */
import type { Json } from '../../../harness/std/json.ts';
import type { Monitored } from '../model.ts';
import { never, type Subject } from '../subject.ts';
import { Levels } from './levels.ts';
import { Numbering } from './numbering.ts';
import { ascending, withWitness } from './witness.ts';

const method = 'set';
const none = -1;
const unread = 0x7fffffff;

const violation = (...suspects: readonly number[]): Monitored => ({ outcome: 'violation', method, suspects: [...new Set(suspects)] });

export const monitorSet = (subjects: readonly Subject[]): Monitored | undefined => {
  const found = judgeSet(subjects);
  return found?.outcome === 'violation' ? withWitness(subjects, found, places => closureOf(subjects, places), judgeSet) : found;
};

/** A read keeps every add of its elements that it can have seen; of an element without one the first add that comes later, if any. */
const closureOf = (subjects: readonly Subject[], places: readonly number[]): readonly number[] => {
  const numbers = new Numbering();
  const kept = [...places];
  /** By element: when the last read that shows it returned. */
  const until: number[] = [];
  for (const place of places) {
    if (subjects[place]!.invoke.f !== 'read') continue;
    for (const element of listOf(subjects[place]!)) {
      const number = numbers.of(element);
      until[number] = Math.max(until[number] ?? 0, subjects[place]!.returned);
    }
  }
  const shown = numbers.count;
  const isAdded = new Uint8Array(shown);
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, called } = subjects[place]!;
    if (invoke.f !== 'add') continue;
    const number = numbers.of(invoke.value);
    if (number >= shown || (called > until[number]! && isAdded[number] === 1)) continue;
    isAdded[number] = 1;
    kept.push(place);
  }
  return ascending(kept);
};

const judgeSet = (subjects: readonly Subject[]): Monitored | undefined => {
  const reads = readsOf(subjects);
  if (reads === undefined) return undefined;
  const numbers = new Numbering();
  const adds = addsOf(subjects, numbers);
  const seen = answersOf(subjects, reads, numbers);
  return nowhere(reads, seen) ?? unchained(subjects, reads, seen, numbers) ?? untimely(subjects, reads, adds, seen);
};

const listOf = ({ completion }: Subject): readonly Json[] => (completion!.value ?? []) as readonly Json[];

/** The places of answered reads; undefined if one was not answered with a list. */
const readsOf = (subjects: readonly Subject[]): Int32Array | undefined => {
  const reads: number[] = [];
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, completion, returned } = subjects[place]!;
    if (invoke.f !== 'read' || returned === never) continue;
    if (completion!.value !== null && !Array.isArray(completion!.value)) return undefined;
    reads.push(place);
  }
  return Int32Array.from(reads);
};

/** By element: the add that was called first, and the one that returned first. */
interface Adds {
  readonly first: Int32Array;
  readonly known: Int32Array;
}

const addsOf = (subjects: readonly Subject[], numbers: Numbering): Adds => {
  const first = new Int32Array(subjects.length).fill(none);
  const known = new Int32Array(subjects.length).fill(none);
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, returned } = subjects[place]!;
    if (invoke.f !== 'add') continue;
    const element = numbers.of(invoke.value);
    if (first[element] === none) first[element] = place; // subjects come in call order
    if (returned !== never && (known[element] === none || returned < subjects[known[element]!]!.returned)) known[element] = place;
  }
  return { first: first.subarray(0, numbers.count), known: known.subarray(0, numbers.count) };
};

interface Answers {
  /** By read: how many elements it has, and the first that nobody asked to add, or `none`. */
  readonly size: Int32Array;
  readonly strange: Int32Array;
  /** By element: the size of the smallest answer that has it, and a read with that answer. */
  readonly smallest: Int32Array;
  readonly shownBy: Int32Array;
}

const answersOf = (subjects: readonly Subject[], reads: Int32Array, numbers: Numbering): Answers => {
  const elements = numbers.count;
  const size = new Int32Array(reads.length);
  const strange = new Int32Array(reads.length).fill(none);
  const smallest = new Int32Array(elements).fill(unread);
  const shownBy = new Int32Array(elements).fill(none);
  /** By element: 1 + the last read that had it. */
  const last = new Int32Array(elements);
  const found = new Int32Array(elements);
  for (let r = 0; r < reads.length; r++) {
    const list = listOf(subjects[reads[r]!]!);
    let distinct = 0;
    for (let i = 0; i < list.length; i++) {
      const element = numbers.of(list[i]!);
      if (element >= elements) {
        if (strange[r] === none) strange[r] = element;
      } else if (last[element] !== r + 1) {
        last[element] = r + 1;
        found[distinct++] = element;
      }
    }
    size[r] = distinct;
    for (let i = 0; i < distinct; i++) {
      const element = found[i]!;
      if (distinct >= smallest[element]!) continue;
      smallest[element] = distinct;
      shownBy[element] = r;
    }
  }
  return { size, strange, smallest, shownBy };
};

/** An element that nobody asked to add. Of several such reads the smallest. */
const nowhere = (reads: Int32Array, { size, strange }: Answers): Monitored | undefined => {
  const r = smallestRead(size, read => strange[read] !== none);
  return r === none ? undefined : violation(reads[r]!);
};

const smallestRead = (size: Int32Array, holds: (read: number) => boolean): number => {
  let best = none;
  for (let r = 0; r < size.length; r++) if ((best === none || size[r]! < size[best]!) && holds(r)) best = r;
  return best;
};

/** Two answers, neither of which has all that the other has. */
const unchained = (subjects: readonly Subject[], reads: Int32Array, seen: Answers, numbers: Numbering): Monitored | undefined => {
  const { size, smallest, shownBy } = seen;
  const upTo = new Int32Array(smallest.length + 2);
  for (const least of smallest) if (least !== unread) upTo[least]!++;
  for (let n = 1; n < upTo.length; n++) upTo[n]! += upTo[n - 1]!;
  const r = smallestRead(size, read => upTo[size[read]!] !== size[read]);
  if (r === none) return undefined;
  const has = new Uint8Array(smallest.length);
  for (const element of listOf(subjects[reads[r]!]!)) has[numbers.of(element)] = 1;
  const missing = smallest.findIndex((least, element) => has[element] === 0 && least <= size[r]!);
  return violation(reads[r]!, reads[shownBy[missing]!]!);
};

/** Something in the wrong order. A read of n elements has level 2n; what was added to get to n elements, one less. */
const untimely = (subjects: readonly Subject[], reads: Int32Array, adds: Adds, { size, smallest, shownBy }: Answers): Monitored => {
  const { first, known } = adds;
  const end = 2 * smallest.length + 1;
  const levels = new Levels(end + 1);
  for (let element = 0; element < smallest.length; element++) {
    const level = smallest[element] === unread ? end : 2 * smallest[element]! - 1;
    if (level < end) levels.call(level, subjects[first[element]!]!.called, first[element]!);
    if (known[element] !== none) levels.return(level, subjects[known[element]!]!.returned, known[element]!);
  }
  for (let r = 0; r < reads.length; r++) {
    const { called, returned } = subjects[reads[r]!]!;
    levels.call(2 * size[r]!, called, reads[r]!);
    levels.return(2 * size[r]!, returned, reads[r]!);
  }
  const crossing = levels.crossing();
  if (crossing === undefined) return { outcome: 'linearizable', method, suspects: [] };
  const { early, late } = crossing;
  const element = subjects[early]!.invoke.f === 'add' ? first.indexOf(early) : none;
  return element === none ? violation(early, late) : violation(early, late, reads[shownBy[element]!]!);
};
