/** Why a counterexample is one: the anomaly's name and prose that names the contradiction. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { sameValue, show } from '../models/values.ts';
import { type Guards, guardsOf, initialValue, none } from './guards.ts';
import type { Call, Model } from './model.ts';
import type { Sources } from './sources.ts';
import { callOf, never, type Subject } from './subject.ts';
import { checkByZones, type Zone } from './zones.ts';

export interface Explanation {
  readonly type: string;
  readonly explanation: string;
}

/** What is known of a register's key beyond the counterexample. */
export interface RegisterKey {
  readonly key: Key | undefined;
  readonly subjects: readonly Subject[];
  /** Operations that failed: they set nothing, and yet their value may turn up. */
  readonly failed: readonly Subject[];
  readonly guards: Guards;
  readonly sources: Sources;
}

/** For any model: the operations, and that no order explains them. */
export const explainAnyModel = (model: Model<never>, key: Key | undefined, kept: readonly Subject[]): Explanation => {
  const object = key === undefined ? `the ${model.name}` : `${model.name} ${key}`;
  const list = kept.slice(0, 12).map(subject => `${model.describe(callOf(subject))} (${by(subject)}, ${span(subject)})`);
  const more = kept.length > list.length ? `; and ${kept.length - list.length} more` : '';
  return {
    type: 'non-linearizable',
    explanation: `No order of these ${kept.length} operations on ${object} that respects real time explains every answer: ${list.join('; ')}${more}.`,
  };
};

/** For registers: looks for the plainest contradiction among the operations kept (places in the key's list, in call order). */
export const explainRegister = (model: Model<never>, register: RegisterKey, kept: readonly number[]): Explanation => {
  for (const observer of kept) {
    const found = unexplained(register, observer, kept);
    if (found !== undefined) return found;
  }
  return (
    casConflict(register, kept) ??
    alternation(register, kept) ??
    byZones(model, register, kept) ??
    explainAnyModel(
      model,
      register.key,
      kept.map(i => register.subjects[i]!),
    )
  );
};

/** One observation that nothing can have caused. */
const unexplained = (register: RegisterKey, observer: number, kept: readonly number[]): Explanation | undefined => {
  const { subjects, guards, sources } = register;
  const value = guards.expect[observer]!;
  if (value === none || subjects[observer]!.returned === never) return undefined;
  const writers = sources.writersOf(value);
  if (value !== initialValue && writers.length === 0) return neverWritten(register, observer);
  const earlier = writers.filter(w => subjects[w]!.called < subjects[observer]!.returned);
  if (value !== initialValue && earlier.length === 0) return future(register, observer, writers[0]!);
  if (sources.possible(observer).length > 0 || sources.initialPossible(observer)) return undefined;
  return stale(register, observer, earlier.length === 0 ? undefined : sources.shown(observer), kept);
};

const neverWritten = (register: RegisterKey, observer: number): Explanation => {
  const { subjects, guards } = register;
  const value = guards.values[guards.expect[observer]!]!;
  const failed = register.failed.find(failure => wouldWrite(callOf(failure), value));
  const said = answer(register, subjects[observer]!, value);
  if (failed === undefined) return { type: 'phantom-value', explanation: `${said}, but no operation ever wrote ${show(value)}.` };
  return {
    type: 'dirty-read',
    explanation: `${said}, but the only operation that would have written ${show(value)} failed: ${callOf(failed).f} ${show(callOf(failed).input)} (${by(failed)}, ${span(failed)}).`,
  };
};

const last = (input: Json): Json => (Array.isArray(input) ? (input as readonly Json[]).at(-1)! : input);

const wouldWrite = ({ f, input }: Call, value: Json): boolean => f !== 'read' && sameValue(f === 'cas' ? last(input) : input, value);

const future = (register: RegisterKey, observer: number, writer: number): Explanation => {
  const { subjects, guards } = register;
  const value = guards.values[guards.expect[observer]!]!;
  return {
    type: 'future-read',
    explanation: `${answer(register, subjects[observer]!, value)}, but ${show(value)} was first asked to be written at ${moment(subjects[writer]!.invoke)} (${by(subjects[writer]!)}), after the answer.`,
  };
};

const stale = (register: RegisterKey, observer: number, writer: number | undefined, kept: readonly number[]): Explanation | undefined => {
  const { subjects, guards, sources } = register;
  const from = writer === undefined ? -1 : subjects[writer]!.returned;
  const overwriter =
    kept.find(
      i =>
        guards.set[i] !== none &&
        subjects[i]!.called > from &&
        subjects[i]!.returned < subjects[observer]!.called &&
        guards.set[i] !== guards.expect[observer],
    ) ?? sources.overwriter(observer);
  if (overwriter === undefined) return undefined;
  const value = guards.values[guards.expect[observer]!]!;
  const update = subjects[overwriter]!;
  const isCas = guards.set[observer] !== none;
  const seen = guards.expect.includes(guards.set[overwriter]!);
  const again =
    writer === undefined
      ? `and nothing wrote ${show(value)} after the start`
      : `and nothing wrote ${show(value)} again after it (last written by ${by(subjects[writer]!)}, ${span(subjects[writer]!)})`;
  const unseen = seen || isCas ? '' : ` What it wrote was never seen by anybody.`;
  return {
    type: isCas ? 'cas-conflict' : seen ? 'stale-read' : 'lost-write',
    explanation: `${answer(register, subjects[observer]!, value)}, but ${callOf(update).f} ${show(callOf(update).input)} (${by(update)}) had returned at ${moment(returnOf(update))}, ${again}.${unseen}`,
  };
};

/** Two successful cas that both took away a value which was written once. */
const casConflict = ({ subjects, guards, sources, key }: RegisterKey, kept: readonly number[]): Explanation | undefined => {
  const takers = kept.filter(i => guards.expect[i] !== none && guards.set[i] !== none && subjects[i]!.returned !== never);
  for (const a of takers) {
    const b = takers.find(other => other > a && guards.expect[other] === guards.expect[a]);
    if (b === undefined || sources.writersOf(guards.expect[a]!).length > (guards.expect[a] === initialValue ? 0 : 1)) continue;
    const [first, second] = [subjects[a]!, subjects[b]!];
    const value = show(guards.values[guards.expect[a]!]!);
    return {
      type: 'cas-conflict',
      explanation: `Two cas${of(key)} succeeded on the same value ${value}, which was there only once: ${show(callOf(first).input)} (${by(first)}, ${span(first)}) and ${show(callOf(second).input)} (${by(second)}, ${span(second)}).`,
    };
  }
  return undefined;
};

/** A value written once that was seen, then certainly gone, then seen again. */
const alternation = ({ subjects, guards, sources, key }: RegisterKey, kept: readonly number[]): Explanation | undefined => {
  const touches = (i: number): number => (guards.expect[i] === none ? guards.set[i]! : guards.expect[i]!);
  for (const again of kept.toReversed()) {
    const value = guards.expect[again]!;
    if (value === none || sources.writersOf(value).length > (value === initialValue ? 0 : 1)) continue;
    const same = kept.filter(i => i !== again && touches(i) === value && subjects[i]!.returned < subjects[again]!.called);
    for (const between of kept) {
      if (touches(between) === value || touches(between) === none || subjects[between]!.returned > subjects[again]!.called) continue;
      const before = same.find(i => subjects[i]!.returned < subjects[between]!.called);
      if (before === undefined && value !== initialValue) continue;
      const [late, middle] = [subjects[again]!, subjects[between]!];
      const early =
        before === undefined ? 'there from the start' : `there by ${moment(returnOf(subjects[before]!))} (${by(subjects[before]!)})`;
      const shown = show(guards.values[value]!);
      return {
        type: guards.set[again] === none ? 'stale-read' : 'cas-conflict',
        explanation: `${answerOf(key, late, guards.values[value]!)}, but ${shown} was ${early}, and then it was ${show(guards.values[touches(between)] ?? callOf(middle).input)} (${by(middle)}, ${span(middle)}); ${value === initialValue ? `nothing wrote ${shown}` : `${shown} was written only once`}.`,
      };
    }
  }
  return undefined;
};

/** What zones say of the operations kept, where each value was written once. */
const byZones = (model: Model<never>, register: RegisterKey, kept: readonly number[]): Explanation | undefined => {
  const subjects = kept.map(i => register.subjects[i]!);
  const guards = guardsOf(model.assignment!, model.init as Json, subjects);
  const result = checkByZones(guards);
  if (result.outcome !== 'violation') return undefined;
  const told = (i: number): string => `${model.describe(callOf(subjects[i]!))} (${by(subjects[i]!)}, ${span(subjects[i]!)})`;
  if (result.order !== undefined) {
    const { early, late } = result.order;
    const type =
      guards.expect[late] !== none && guards.set[late] === none
        ? 'future-read'
        : guards.set[early] === none
          ? 'stale-read'
          : 'cas-conflict';
    const explanation = `${told(early)} must come before ${told(late)} on the way from value to value${of(register.key)}, each of which was written once; but it was called only after the other had returned.`;
    return { type, explanation };
  }
  return result.zones && twoZones(register.key, subjects, guards, result.zones, told);
};

/** Two chains of values, each of which had the register without a break, at the same time. */
const twoZones = (
  key: Key | undefined,
  subjects: readonly Subject[],
  guards: Guards,
  [held, other]: readonly [Zone, Zone],
  told: (i: number) => string,
): Explanation => {
  const shown = (i: number): string => {
    const number = i === none ? initialValue : guards.expect[i] === none ? guards.set[i]! : guards.expect[i]!;
    const value = guards.values[number];
    return show(value === undefined ? last(callOf(subjects[i]!).input) : value);
  };
  const stretch = (zone: Zone): string => {
    const from =
      zone.returner === none ? 'the start' : `${moment(returnOf(subjects[zone.returner]!))}, the return of ${told(zone.returner)},`;
    return `${from} to ${moment(subjects[zone.caller]!.invoke)}, the call of ${told(zone.caller)}`;
  };
  const object = key === undefined ? 'The register' : `Register ${key}`;
  const chain = shown(held.returner) === shown(held.caller) ? '' : ` (on the way from ${shown(held.returner)} by cas)`;
  const second =
    other.firstReturn < other.lastCall
      ? `it also held ${shown(other.caller)} from ${stretch(other)}`
      : `${told(other.returner)} took effect in between`;
  return {
    type: guards.set[held.caller] === none ? 'stale-read' : guards.expect[held.caller] === none ? 'non-linearizable' : 'cas-conflict',
    explanation: `${object} held ${shown(held.caller)}${chain} without a break from ${stretch(held)}, because each value was written once; but ${second}.`,
  };
};

const answer = ({ key }: RegisterKey, subject: Subject, value: unknown): string => answerOf(key, subject, value);

const answerOf = (key: Key | undefined, subject: Subject, value: unknown): string => {
  const { node, process } = subject.completion ?? subject.invoke;
  const where = node ?? subject.invoke.node;
  const what =
    callOf(subject).f === 'read'
      ? `answered read${key === undefined ? '' : ` ${key}`} = ${show(value as never)}`
      : `answered ok to ${callOf(subject).f} ${show(callOf(subject).input)}${of(key)}, which needs ${show(value as never)}`;
  return where === undefined
    ? `Process ${process} was ${what} (${span(subject)})`
    : `${where} ${what} (process ${process}, ${span(subject)})`;
};

const of = (key: Key | undefined): string => (key === undefined ? '' : ` on ${key}`);

export const by = ({ invoke, completion }: Subject): string => {
  const node = completion?.node ?? invoke.node;
  return node === undefined ? `process ${invoke.process}` : `process ${invoke.process} on ${node}`;
};

export const returnOf = ({ invoke, completion }: Subject): Event => completion ?? invoke;

export const span = (subject: Subject): string => {
  const { invoke, returned } = subject;
  const end = returnOf(subject);
  if (returned === never) return `${moment(invoke)}, outcome unknown`;
  return clockless(invoke) && clockless(end) ? `lines ${invoke.time}-${end.time}` : `${seconds(invoke.time)}-${moment(end)}`;
};

/** When an event was, for people. */
export const moment = (event: Event): string => (clockless(event) ? `line ${event.time}` : `${seconds(event.time)} s`);

/** A history without times has line numbers for them, which no clock could pass for: an event every few nanoseconds. */
const clockless = ({ time, index }: Event): boolean => time <= 10 * (index + 1);

/** Seconds with milliseconds, or finer where a millisecond is long. */
const seconds = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(nanoseconds < 1e9 ? 6 : 3);
