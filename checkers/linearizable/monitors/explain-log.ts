/**
 * Why a few operations on an append-only log are a violation, in prose. The names are those of the property checkers (properties/log.ts,
 * properties/set.ts) where they have one: a `fork` is two reads with different values at one offset.
 */
import type { Key } from '../../../harness/history/event.ts';
import type { Json } from '../../../harness/std/json.ts';
import { offsetOf } from '../../models/append-only-log.ts';
import { sameValue, show, valueKey } from '../../models/values.ts';
import type { Explanation } from '../explain.ts';
import { callOf, type Subject } from '../subject.ts';
import {
  byValue,
  type Contradiction,
  explanationOf,
  few,
  fromNowhere,
  type ListRead,
  listReads,
  precedes,
  told,
  type ValueKey,
} from './contradiction.ts';

interface Append {
  readonly subject: Subject;
  /** What it was answered with. */
  readonly said: number | undefined;
  /** Where it stands for certain: where it says, or where its value, appended and shown once, is shown. */
  readonly at: number | undefined;
  /** The shortest read that gets there. */
  readonly shownBy: Subject | undefined;
}

interface Log {
  readonly reads: readonly ListRead[];
  readonly byValue: ReadonlyMap<ValueKey, readonly Subject[]>;
  readonly appends: readonly Append[];
}

/**
 * `unexpected`, `future-read`, `duplicated`, `fork`, `inconsistent-offsets`, `lost`, `stale-read`, `reordered`, `too-high` or `too-low` (an
 * offset). Besides the length of all answers O(n) for each read and each append that says its offset.
 */
export const explainLog = (_key: Key | undefined, kept: readonly Subject[], failed: readonly Subject[]): Explanation | undefined => {
  const log = openLog(kept);
  return explanationOf(
    strange(log, failed) ??
      forked(log) ??
      misplaced(log) ??
      lost(log) ??
      shrunk(log) ??
      ahead(log) ??
      reordered(log) ??
      overtaken(log) ??
      outOfBounds(log),
    kept,
  );
};

const openLog = (kept: readonly Subject[]): Log => {
  const reads = listReads(kept);
  const groups = byValue(kept, 'append');
  const longest = reads.at(-1)?.list ?? [];
  const offsets = new Map<ValueKey, number[]>();
  for (const [at, value] of longest.entries()) {
    const key = valueKey(value);
    offsets.set(key, [...(offsets.get(key) ?? []), at].slice(0, 2));
  }
  const appends = kept
    .filter(({ invoke }) => invoke.f === 'append')
    .map((subject): Append => {
      const said = offsetOf(callOf(subject));
      const key = valueKey(subject.invoke.value);
      const shown = offsets.get(key) ?? [];
      const at = said ?? (groups.get(key)!.length === 1 && shown.length === 1 ? shown[0]! : undefined);
      return { subject, said, at, shownBy: at === undefined ? undefined : reads.find(({ list }) => list.length > at)?.subject };
    });
  return { reads, byValue: groups, appends };
};

const counted = (list: readonly Json[]): Map<ValueKey, { readonly value: Json; count: number }> => {
  const counts = new Map<ValueKey, { readonly value: Json; count: number }>();
  for (const value of list) {
    const known = counts.get(valueKey(value));
    if (known === undefined) counts.set(valueKey(value), { value, count: 1 });
    else known.count++;
  }
  return counts;
};

/** A value that nobody can have put there, or not as often. */
const strange = ({ reads, byValue }: Log, failed: readonly Subject[]): Contradiction | undefined => {
  for (const { subject, list } of reads) {
    for (const [key, { value, count }] of counted(list)) {
      const writers = byValue.get(key) ?? [];
      const nowhere = fromNowhere(subject, value, writers, failed, 'asked to be appended');
      if (nowhere !== undefined) return nowhere;
      const asked = writers.filter(({ called }) => called < subject.returned);
      if (count <= asked.length) continue;
      const { text: some, named } = few(asked);
      const times = asked.length === 1 ? 'only once' : `only ${asked.length} times`;
      const text = `${told(subject)} shows ${show(value)} ${count} times, but it had been asked to be appended ${times}: ${some}.`;
      return { type: 'duplicated', text, named: [subject, ...named] };
    }
  }
  return undefined;
};

/** Two reads that do not agree about an offset. */
const forked = ({ reads }: Log): Contradiction | undefined => {
  for (const [r, one] of reads.entries()) {
    for (const other of reads.slice(0, r)) {
      const at = other.list.findIndex((value, i) => value !== one.list[i] && !sameValue(value, one.list[i]!));
      if (at < 0) continue;
      const text = `${told(other.subject)} shows ${show(other.list[at]!)} at offset ${at}, ${told(one.subject)} shows ${show(one.list[at]!)} there.`;
      return { type: 'fork', text, named: [other.subject, one.subject] };
    }
  }
  return undefined;
};

/** An offset that is none, that two were answered with, or where a read shows something else. */
const misplaced = ({ appends, reads, byValue }: Log): Contradiction | undefined => {
  const type = 'inconsistent-offsets';
  const taken = new Map<number, Subject>();
  const longest = reads.at(-1)?.list ?? [];
  for (const { subject, said, shownBy } of appends) {
    if (said === undefined) continue;
    if (!Number.isInteger(said) || said < 0)
      return { type, text: `${told(subject)} was answered with ${said}, which is no offset.`, named: [subject] };
    const other = taken.get(said);
    if (other !== undefined)
      return { type, text: `Two appends were answered with offset ${said}: ${told(other)} and ${told(subject)}.`, named: [other, subject] };
    taken.set(said, subject);
    if (shownBy !== undefined && !sameValue(longest[said]!, subject.invoke.value)) {
      const text = `${told(subject)} was answered with offset ${said}, but ${told(shownBy)} shows ${show(longest[said]!)} there.`;
      return { type, text, named: [subject, shownBy] };
    }
    if (shownBy !== undefined || byValue.get(valueKey(subject.invoke.value))!.length > 1) continue;
    const shown = longest.findIndex(value => sameValue(value, subject.invoke.value));
    if (shown < 0) continue;
    const read = reads.find(({ list }) => list.length > shown)!.subject;
    const text = `${told(subject)} was answered with offset ${said}, but ${told(read)} shows ${show(subject.invoke.value)} at offset ${shown}, and by then it had been asked to be appended only once.`;
    return { type, text, named: [subject, read] };
  }
  return undefined;
};

/** A read that misses what had been appended before it was called. */
const lost = ({ reads, appends, byValue }: Log): Contradiction | undefined => {
  for (const { subject, list } of reads) {
    const short = appends.find(append => append.said !== undefined && append.said >= list.length && precedes(append.subject, subject));
    if (short !== undefined) {
      const text = `${told(subject)} shows ${list.length} value${list.length === 1 ? '' : 's'} and so misses ${show(short.subject.invoke.value)}, although ${told(short.subject)}, at offset ${short.said}, had returned before the read was called.`;
      return { type: 'lost', text, named: [subject, short.subject] };
    }
    const counts = counted(list);
    for (const [key, group] of byValue) {
      const done = group.filter(append => precedes(append, subject));
      const shown = counts.get(key)?.count ?? 0;
      if (shown >= done.length) continue;
      const { text: some, named } = few(done);
      const value = show(done[0]!.invoke.value);
      const misses = shown === 0 ? `misses ${value}` : `shows ${value} ${shown === 1 ? 'only once' : `only ${shown} times`}`;
      const text = `${told(subject)} ${misses}, although ${some} had returned before the read was called.`;
      return { type: 'lost', text, named: [subject, ...named] };
    }
  }
  return undefined;
};

/** A read that shows less than one that had returned before it was called. */
const shrunk = ({ reads }: Log): Contradiction | undefined => {
  for (const [r, short] of reads.entries()) {
    const early = reads.slice(r + 1).find(read => read.list.length > short.list.length && precedes(read.subject, short.subject));
    if (early === undefined) continue;
    const text = `${told(short.subject)} misses ${show(early.list[short.list.length]!)}, although ${told(early.subject)}, which shows it, had returned before that read was called.`;
    return { type: 'stale-read', text, named: [short.subject, early.subject] };
  }
  return undefined;
};

/** A read that reaches an offset whose append was called only after that. */
const ahead = ({ reads, appends }: Log): Contradiction | undefined => {
  for (const { subject, list } of reads) {
    const late = appends.find(append => append.at !== undefined && append.at < list.length && precedes(subject, append.subject));
    if (late === undefined) continue;
    const text = `${told(subject)} shows ${show(list[late.at!]!)} at offset ${late.at}, but what stands there was asked to be appended only after that: ${told(late.subject)}.`;
    return { type: 'future-read', text, named: [subject, late.subject] };
  }
  return undefined;
};

/** An append at a higher offset that had returned before that at a lower one was called. */
const reordered = ({ appends }: Log): Contradiction | undefined => {
  let early: Append | undefined;
  for (const low of appends.filter(({ at }) => at !== undefined).sort((a, b) => b.at! - a.at!)) {
    if (early !== undefined && early.at! > low.at! && precedes(early.subject, low.subject)) {
      const reads = [...new Set([early, low].flatMap(({ said, shownBy }) => (said === undefined ? [shownBy!] : [])))];
      const seen = reads.length === 0 ? '' : `, as ${reads.map(told).join(' and ')} shows`;
      const text = `${told(low.subject)} was called after ${told(early.subject)} had returned, but stands before it, at offset ${low.at} against ${early.at}${seen}.`;
      return { type: 'reordered', text, named: [low.subject, early.subject, ...reads] };
    }
    if (early === undefined || low.subject.returned < early.subject.returned) early = low;
  }
  return undefined;
};

/** A read that shows a value, and not one whose append had returned before that was called. */
const overtaken = ({ reads, appends }: Log): Contradiction | undefined => {
  for (const { subject, list } of reads) {
    const shown = counted(list);
    let missed: Subject | undefined;
    for (const { subject: append } of appends)
      if (!shown.has(valueKey(append.invoke.value)) && (missed === undefined || append.returned < missed.returned)) missed = append;
    if (missed === undefined) continue;
    const early = missed;
    const late = appends.find(append => append.at !== undefined && append.at < list.length && precedes(early, append.subject));
    if (late === undefined) continue;
    const text = `${told(subject)} shows ${show(list[late.at!]!)} at offset ${late.at} but not ${show(early.invoke.value)}, although ${told(early)} had returned before ${told(late.subject)} was called.`;
    return { type: 'reordered', text, named: [subject, early, late.subject] };
  }
  return undefined;
};

/** An offset before which there cannot be as many values, or must be more. */
const outOfBounds = ({ appends }: Log): Contradiction | undefined => {
  for (const append of appends) {
    const { subject, said } = append;
    if (said === undefined) continue;
    const others = appends.filter(other => other !== append);
    const possible = others.filter(({ at, subject: { called } }) => called < subject.returned && (at === undefined || at < said));
    if (possible.length < said) {
      const { text: some, named } = few(possible.map(other => other.subject));
      const only = possible.length === 0 ? 'no append of a lower or unknown offset' : `of appends at lower or unknown offsets only ${some}`;
      const text = `${told(subject)} was answered with offset ${said}, but ${only} had been called before it returned.`;
      return { type: 'too-high', text, named: [subject, ...named] };
    }
    const certain = others.filter(({ at, subject: other }) => (at === undefined ? precedes(other, subject) : at < said));
    if (certain.length <= said) continue;
    const { text: some, named } = few(certain.map(other => other.subject));
    const text = `${told(subject)} was answered with offset ${said}, but ${some} came before it: they stand before it, or had returned before it was called.`;
    return { type: 'too-low', text, named: [subject, ...named] };
  }
  return undefined;
};
