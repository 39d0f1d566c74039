/**
 * Append-only logs: `append`, perhaps answered with its offset, and `read` of the whole list. Exact where it is known which append made each
 * value that was read, and O(n log n) besides the length of all answers.
 *
 * Every answer must be the beginning of the longest one. An append stands where its offset says or, without one, where its value is the only
 * of its kind; an answered append that stands nowhere comes after everything that was read. If an offset lies behind a gap, appends of
 * unknown outcome fill it, the first to be called at the front: all of them return never, so nothing else tells them apart. What is left
 * of those did not happen. Then everything has its level: a read of n values comes after append n - 1 and before append n.
 */
import type { Json } from '../../../harness/std/json.ts';
import { offsetOf } from '../../models/append-only-log.ts';
import { sameValue } from '../../models/values.ts';
import type { Monitored } from '../model.ts';
import { callOf, never, type Subject } from '../subject.ts';
import { Levels } from './levels.ts';
import { Numbering } from './numbering.ts';
import { ascending, withWitness } from './witness.ts';

const method = 'append-only-log';
const none = -1;

type Finding = Monitored | undefined | 'unclear';

const violation = (...suspects: readonly number[]): Monitored => ({ outcome: 'violation', method, suspects: [...new Set(suspects)] });

export const monitorLog = (subjects: readonly Subject[]): Monitored | undefined => {
  const found = judgeLog(subjects);
  return found?.outcome === 'violation' ? withWitness(subjects, found, places => closureOf(subjects, places), judgeLog) : found;
};

/**
 * A read keeps the appends of its values (of one that none can have put there the first that comes later); an append that says its offset those that say a lower one, or none, and were called before it
 * returned. Offsets that are kept need no others but those.
 */
const closureOf = (subjects: readonly Subject[], places: readonly number[]): readonly number[] => {
  const numbers = new Numbering();
  /** By value: when the last read that shows it returned. */
  const until: number[] = [];
  for (const place of places) {
    if (subjects[place]!.invoke.f !== 'read') continue;
    for (const value of listOf(subjects[place]!)) {
      const number = numbers.of(value);
      until[number] = Math.max(until[number] ?? 0, subjects[place]!.returned);
    }
  }
  const shown = numbers.count;
  const isAppended = new Uint8Array(shown);
  const offsets = subjects.map(subject => (subject.invoke.f === 'append' ? offsetOf(callOf(subject)) : undefined));
  const kept = new Set(places);
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, called } = subjects[place]!;
    if (invoke.f !== 'append') continue;
    const number = numbers.of(invoke.value);
    if (number >= shown || (called > until[number]! && isAppended[number] === 1)) continue;
    isAppended[number] = 1;
    kept.add(place);
  }
  const highest = subjects.length;
  const level = (place: number): number => Math.min(Math.max(offsets[place] ?? -1, -1), highest) + 1;
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    /** By level: when the last of those kept that say a higher offset returned. */
    const end = new Int32Array(highest + 3).fill(-1);
    for (const place of kept) if (offsets[place] !== undefined) end[level(place)] = Math.max(end[level(place)]!, subjects[place]!.returned);
    for (let at = highest; at >= 0; at--) end[at] = Math.max(end[at]!, end[at + 1]!);
    for (let place = 0; place < subjects.length; place++)
      if (subjects[place]!.invoke.f === 'append' && subjects[place]!.called < end[level(place) + 1]!) kept.add(place);
  }
  return ascending(kept);
};

const judgeLog = (subjects: readonly Subject[]): Monitored | undefined => {
  const log = openLog(subjects);
  if (log === undefined) return undefined;
  const found = disagreeing(log) ?? standAtOffsets(log) ?? standByValue(log) ?? fillGaps(log) ?? untimely(log);
  return found === 'unclear' ? undefined : found;
};

interface Log {
  readonly subjects: readonly Subject[];
  readonly appends: Int32Array;
  readonly reads: Int32Array;
  /** The longest answer. */
  readonly list: readonly Json[];
  readonly longest: number;
  /** By append (its rank among the appends): where it stands, or `none`. */
  readonly offset: Int32Array;
  /** By offset: the append that stands there, or `none`. */
  readonly standing: Int32Array;
}

const listOf = ({ completion }: Subject): readonly Json[] => (completion!.value ?? []) as readonly Json[];

const openLog = (subjects: readonly Subject[]): Log | undefined => {
  const appends: number[] = [];
  const reads: number[] = [];
  let longest = none;
  for (let place = 0; place < subjects.length; place++) {
    const subject = subjects[place]!;
    if (subject.invoke.f === 'append') appends.push(place);
    if (subject.invoke.f !== 'read' || subject.returned === never) continue;
    if (subject.completion!.value !== null && !Array.isArray(subject.completion!.value)) return undefined;
    reads.push(place);
    if (longest === none || listOf(subject).length > listOf(subjects[longest]!).length) longest = place;
  }
  const list = longest === none ? [] : listOf(subjects[longest]!);
  return {
    subjects,
    appends: Int32Array.from(appends),
    reads: Int32Array.from(reads),
    list,
    longest,
    offset: new Int32Array(appends.length).fill(none),
    standing: new Int32Array(Math.max(list.length, appends.length)).fill(none),
  };
};

/** Of the reads that got as far as an offset, the shortest. */
const readUpTo = ({ subjects, reads }: Log, offset: number): number => {
  let best = none;
  for (const place of reads) {
    const { length } = listOf(subjects[place]!);
    if (length > offset && (best === none || length < listOf(subjects[best]!).length)) best = place;
  }
  return best;
};

/** An answer that is not the beginning of the longest one. */
const disagreeing = (log: Log): Finding => {
  const { subjects, reads, list } = log;
  for (const place of reads) {
    const own = listOf(subjects[place]!);
    for (let at = 0; at < own.length; at++) {
      if (own[at] === list[at] || sameValue(own[at]!, list[at]!)) continue;
      const other = reads.find(read => listOf(subjects[read]!).length > at && !sameValue(listOf(subjects[read]!)[at]!, own[at]!))!;
      return violation(place, other);
    }
  }
  return undefined;
};

const standAtOffsets = (log: Log): Finding => {
  const { subjects, appends, list, offset, standing } = log;
  for (let a = 0; a < appends.length; a++) {
    const place = appends[a]!;
    const at = offsetOf(callOf(subjects[place]!));
    if (at === undefined) continue;
    if (!Number.isInteger(at) || at < 0 || at >= appends.length) return violation(place);
    if (standing[at] !== none) return violation(appends[standing[at]!]!, place);
    if (at < list.length && !sameValue(list[at]!, subjects[place]!.invoke.value)) return violation(place, readUpTo(log, at));
    offset[a] = at;
    standing[at] = a;
  }
  return undefined;
};

/** What was read and has no append by its offset has the one that appended its value. */
const standByValue = (log: Log): Finding => {
  const { subjects, appends, list, offset, standing } = log;
  const numbers = new Numbering();
  const size = appends.length + list.length;
  const candidates = new Int32Array(size);
  const candidate = new Int32Array(size);
  for (let a = 0; a < appends.length; a++) {
    if (offset[a] !== none) continue;
    const value = numbers.of(subjects[appends[a]!]!.invoke.value);
    candidates[value]!++;
    candidate[value] = a;
  }
  const taken = new Int32Array(size);
  for (let at = 0; at < list.length; at++) {
    if (standing[at] !== none) continue;
    const value = numbers.of(list[at]!);
    if (++taken[value]! > candidates[value]!) return violation(readUpTo(log, at));
    if (candidates[value] !== 1) return 'unclear';
    offset[candidate[value]!] = at;
    standing[at] = candidate[value]!;
  }
  return undefined;
};

/** Offsets up to the largest known one that nothing stands at. */
const fillGaps = ({ subjects, appends, offset, standing }: Log): Finding => {
  const end = standing.findLastIndex(append => append !== none) + 1;
  const gaps: number[] = [];
  for (let at = 0; at < end; at++) if (standing[at] === none) gaps.push(at);
  if (gaps.length === 0) return undefined;
  const spare: number[] = []; // in call order
  for (let a = 0; a < appends.length; a++) {
    if (offset[a] !== none) continue;
    if (subjects[appends[a]!]!.returned !== never) return 'unclear';
    spare.push(a);
  }
  let earliest = standing[end - 1]!;
  const returned = (a: number): number => subjects[appends[a]!]!.returned;
  for (let at = end - 1, left = gaps.length - 1; left >= 0; at--) {
    const here = standing[at]!;
    if (here !== none) {
      if (returned(here) < returned(earliest)) earliest = here;
      continue;
    }
    const filling = spare[left]; // the first to be called at the front, so the last of those that are needed here
    if (filling === undefined || subjects[appends[filling]!]!.called > returned(earliest)) return violation(appends[earliest]!);
    offset[filling] = at;
    left--;
  }
  return undefined;
};

const untimely = (log: Log): Monitored => {
  const { subjects, appends, reads, list, offset, standing } = log;
  const end = 2 * Math.max(list.length, standing.findLastIndex(append => append !== none) + 1) + 1;
  const levels = new Levels(end + 1);
  for (let a = 0; a < appends.length; a++) {
    const { called, returned } = subjects[appends[a]!]!;
    if (offset[a] === none && returned === never) continue;
    const level = offset[a] === none ? end : 2 * offset[a]! + 1;
    levels.call(level, called, appends[a]!);
    levels.return(level, returned, appends[a]!);
  }
  for (const place of reads) {
    const level = 2 * listOf(subjects[place]!).length;
    levels.call(level, subjects[place]!.called, place);
    levels.return(level, subjects[place]!.returned, place);
  }
  const crossing = levels.crossing();
  if (crossing === undefined) return { outcome: 'linearizable', method, suspects: [] };
  const { early, late } = crossing;
  const shown = subjects[early]!.invoke.f === 'append' ? readUpTo(log, offset[appends.indexOf(early)]!) : none;
  return shown === none ? violation(early, late) : violation(early, late, shown);
};
