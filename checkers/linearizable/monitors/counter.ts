/**
 * Counters that only go one way: `add` n, `read` -> the sum.
 *
 * Where all amounts are the same, a sum says how many adds came before it. So reads have their order, and adds fill the gaps between them: as
 * many as the sums differ by, those with an answer all, those of unknown outcome as needed. Real time says from which gap to which each may
 * go, and earliest deadline first finds a way if there is one. (That sums lie between what must and what can have been added is not
 * enough: an add that lies between two reads of the same sum is told by no bound.) Exact, O(n log n).
 *
 * With several amounts the question is one of subset sums. Then only what bounds and order refute is refuted; the rest is left to the search.
 */
import type { Monitored } from '../model.ts';
import { never, type Subject } from '../subject.ts';
import { Levels } from './levels.ts';
import { unscheduled } from './schedule.ts';
import { ascending, withWitness } from './witness.ts';

const method = 'counter';
const none = -1;

const fine: Monitored = { outcome: 'linearizable', method, suspects: [] };
const violation = (...suspects: readonly number[]): Monitored => ({
  outcome: 'violation',
  method,
  suspects: [...new Set(suspects)].filter(place => place !== none),
});

export const monitorCounter = (subjects: readonly Subject[]): Monitored | undefined => {
  const found = judgeCounter(subjects);
  if (found?.outcome !== 'violation') return found;
  const { inseparable, ...witness } = withWitness(subjects, found, places => closureOf(subjects, places), judgeCounter);
  return inseparable && isUniform(subjects) ? { ...witness, inseparable } : witness;
};

/** Whether every question about it is decided here. */
const isUniform = (subjects: readonly Subject[]): boolean => openCounter(subjects)?.amount !== undefined;

/** A read keeps every add that was called before it returned. */
const closureOf = (subjects: readonly Subject[], places: readonly number[]): readonly number[] => {
  const until = places.reduce(
    (last, place) => (subjects[place]!.invoke.f === 'read' ? Math.max(last, subjects[place]!.returned) : last),
    -1,
  );
  const kept = [...places];
  for (let place = 0; place < subjects.length && subjects[place]!.called < until; place++)
    if (subjects[place]!.invoke.f === 'add' && subjects[place]!.invoke.value !== 0) kept.push(place);
  return ascending(kept);
};

const judgeCounter = (subjects: readonly Subject[]): Monitored | undefined => {
  const counter = openCounter(subjects);
  if (counter === undefined) return undefined;
  const { reads, sums } = counter;
  if (counter.amount === undefined) return outOfBounds(counter);
  const counts = sums.map(sum => sum / counter.amount!);
  const odd = counts.findIndex(count => !Number.isInteger(count) || count < 0);
  return odd === none ? untimely(counter, counts) : violation(reads[odd]!);
};

interface Counter {
  readonly subjects: readonly Subject[];
  /** Places of the adds of something, by call, and how much each adds: more than 0, or less if the counter counts down. */
  readonly adds: Int32Array;
  readonly amounts: Float64Array;
  /** Places of the answered reads, by call. */
  readonly reads: Int32Array;
  readonly sums: Float64Array;
  /** What all add; undefined if they add different amounts. */
  readonly amount: number | undefined;
}

/** Undefined if it goes both ways, or if anything is no whole number that can be added exactly. */
const openCounter = (subjects: readonly Subject[]): Counter | undefined => {
  const [adds, amounts, reads, sums]: [number[], number[], number[], number[]] = [[], [], [], []];
  let total = 0;
  let isOne = true;
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, completion, returned } = subjects[place]!;
    if (invoke.f === 'add') {
      const amount = invoke.value;
      if (typeof amount !== 'number' || !Number.isSafeInteger(amount)) return undefined;
      if (amount === 0) continue;
      if (amounts.length > 0 && amount > 0 !== amounts[0]! > 0) return undefined;
      isOne &&= amounts.length === 0 || amount === amounts[0];
      total += amount;
      adds.push(place);
      amounts.push(amount);
    } else if (invoke.f === 'read' && returned !== never) {
      if (typeof completion!.value !== 'number') return undefined;
      reads.push(place);
      sums.push(completion!.value);
    }
  }
  if (!Number.isSafeInteger(total)) return undefined;
  return {
    subjects,
    adds: Int32Array.from(adds),
    amounts: Float64Array.from(amounts),
    reads: Int32Array.from(reads),
    sums: Float64Array.from(sums),
    amount: isOne ? (amounts[0] ?? 1) : undefined,
  };
};

/** Reads of one sum, in ascending order of the sums. */
interface Groups {
  readonly counts: Float64Array;
  /** Per group the read that was called last and the one that returned first. */
  readonly caller: Int32Array;
  readonly returner: Int32Array;
}

const groupsOf = ({ subjects, reads }: Counter, counts: Float64Array): Groups => {
  const distinct = counts.slice().sort();
  let size = 0;
  for (let i = 0; i < distinct.length; i++) if (i === 0 || distinct[i] !== distinct[i - 1]) distinct[size++] = distinct[i]!;
  const caller = new Int32Array(size).fill(none);
  const returner = new Int32Array(size).fill(none);
  for (let r = 0; r < reads.length; r++) {
    const group = indexOf(distinct, size, counts[r]!);
    caller[group] = reads[r]!; // reads come in call order
    if (returner[group] === none || subjects[reads[r]!]!.returned < subjects[returner[group]!]!.returned) returner[group] = reads[r]!;
  }
  return { counts: distinct.subarray(0, size), caller, returner };
};

/** Where a value stands in the first `size` of an ascending list. */
const indexOf = (ascending: Float64Array, size: number, value: number): number => {
  let [low, high] = [0, size - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const untimely = (counter: Counter, counts: Float64Array): Monitored => {
  const { subjects, adds } = counter;
  const groups = groupsOf(counter, counts);
  const backwards = crossingReads(counter, groups);
  if (backwards !== undefined) return backwards;
  const capacity = Int32Array.from(groups.counts, (count, group) =>
    Math.min(count - (group === 0 ? 0 : groups.counts[group - 1]!), adds.length + 1),
  );
  const { earliest, latest } = windowsOf(counter, groups);
  const lost = Int32Array.from(adds.keys()).filter(a => subjects[adds[a]!]!.returned !== never);
  const column = (of: Int32Array): Int32Array => lost.map(a => of[a]!);
  const undone = unscheduled(column(earliest), column(latest), capacity, 'all jobs are done');
  if (undone !== undefined) {
    const add = lost[undone.job!]!;
    const from = earliest[add]! > latest[add]! ? earliest[add]! : overfull(column(earliest), column(latest), capacity, latest[add]!);
    return violation(adds[add]!, groups.caller[latest[add]!]!, from === 0 ? none : groups.returner[from - 1]!);
  }
  const missing = unscheduled(earliest, latest, capacity, 'all rounds are full');
  if (missing === undefined) return fine;
  return violation(groups.returner[missing.round!]!, missing.round === 0 ? none : groups.caller[missing.round! - 1]!);
};

const crossingReads = ({ subjects }: Counter, { caller, returner }: Groups): Monitored | undefined => {
  const levels = new Levels(caller.length);
  for (let group = 0; group < caller.length; group++) {
    levels.call(group, subjects[caller[group]!]!.called, caller[group]!);
    levels.return(group, subjects[returner[group]!]!.returned, returner[group]!);
  }
  const crossing = levels.crossing();
  return crossing && violation(crossing.early, crossing.late);
};

/**
 * For each add the first and the last gap that it fits into; gap g lies before group g. It comes after no read that returned before its call,
 * and before none that was called after its return.
 */
const windowsOf = (
  { subjects, adds }: Counter,
  { caller, returner }: Groups,
): { readonly earliest: Int32Array; readonly latest: Int32Array } => {
  const groups = caller.length;
  /** Over the groups before this one, and over this one and those after it. */
  const latestCall = new Int32Array(groups + 1).fill(-1);
  const earliestReturn = new Int32Array(groups + 1).fill(never);
  for (let g = 0; g < groups; g++) latestCall[g + 1] = Math.max(latestCall[g]!, subjects[caller[g]!]!.called);
  for (let g = groups - 1; g >= 0; g--) earliestReturn[g] = Math.min(earliestReturn[g + 1]!, subjects[returner[g]!]!.returned);
  const earliest = new Int32Array(adds.length);
  const latest = new Int32Array(adds.length);
  for (let a = 0; a < adds.length; a++) {
    const { called, returned } = subjects[adds[a]!]!;
    earliest[a] = countUpTo(earliestReturn, called);
    latest[a] = countUpTo(latestCall, returned) - 1;
  }
  return { earliest, latest };
};

/** How many numbers of an ascending list lie below a limit that none of them equals, except for `never`. */
const countUpTo = (ascending: Int32Array, limit: number): number => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The last gap from which on, up to the given one, there are more adds that must go there than the gaps take. */
const overfull = (earliest: Int32Array, latest: Int32Array, capacity: Int32Array, to: number): number => {
  const starting = new Int32Array(to + 1);
  for (let a = 0; a < earliest.length; a++) if (latest[a]! <= to && earliest[a]! <= to) starting[earliest[a]!]!++;
  let surplus = 0;
  for (let from = to; from > 0; from--) {
    surplus += starting[from]! - capacity[from]!;
    if (surplus > 0) return from;
  }
  return 0;
};

/** A sum that is less than what had been added for sure, or more than what can have been; or one that went back. */
const outOfBounds = (counter: Counter): Monitored | undefined => {
  const { subjects, adds, amounts, reads, sums } = counter;
  const sign = Math.sign(amounts[0]!);
  const byReturn = (places: Int32Array): Int32Array =>
    Int32Array.from(places.keys()).sort((a, b) => subjects[places[a]!]!.returned - subjects[places[b]!]!.returned);
  const returning = byReturn(adds);
  for (let r = 0, a = 0, least = 0; r < reads.length; r++) {
    for (; a < returning.length && subjects[adds[returning[a]!]!]!.returned < subjects[reads[r]!]!.called; a++)
      least += amounts[returning[a]!]!;
    if (sign * sums[r]! < sign * least) return violation(reads[r]!);
  }
  const returningReads = byReturn(reads);
  let [a, most, largest] = [0, 0, none];
  for (const r of returningReads) {
    for (; a < adds.length && subjects[adds[a]!]!.called < subjects[reads[r]!]!.returned; a++) most += amounts[a]!;
    if (sign * sums[r]! > sign * most) return violation(reads[r]!);
  }
  for (let r = 0, done = 0; r < reads.length; r++) {
    for (; subjects[reads[returningReads[done]!]!]!.returned < subjects[reads[r]!]!.called; done++) {
      const earlier = returningReads[done]!;
      if (largest === none || sign * sums[earlier]! > sign * sums[largest]!) largest = earlier;
    }
    if (largest !== none && sign * sums[r]! < sign * sums[largest]!) return violation(reads[largest]!, reads[r]!);
  }
  return undefined;
};
