/**
 * A model compiled for one key: operations become class numbers, states become numbers, and a step is a table look-up.
 * Operations of one class (same name, input and answer) are interchangeable but for their times.
 */
import type { Json } from '../../harness/std/json.ts';
import { canonical } from '../models/values.ts';
import { type Guards, guardsOf, initialValue, none, unobservedValue } from './guards.ts';
import type { Call, Model } from './model.ts';
import { callOf, type Subject } from './subject.ts';

export const illegal = -1;

export interface Automaton {
  readonly initial: number;
  readonly classes: number;
  /** Class of each subject, by its place in the list. */
  readonly classOf: Int32Array;
  /** 1 where no state is ever changed. */
  readonly readOnly: Uint8Array;
  /** 1 where the operation is legal in every state. */
  readonly always: Uint8Array;
  /** 1 where the state after it does not depend on the state before it. */
  readonly overwrites: Uint8Array;
  /** 1 where an unknown outcome can be left out: it changes nothing, or nothing that anybody could see. */
  readonly idle: Uint8Array;
  /** How many states there can be, 0 to `states` - 1; undefined if nobody knows. */
  readonly states: number | undefined;
  /** Per class, one that does the same wherever this is legal and is legal everywhere, or -1: a blind write of what a cas sets. */
  readonly cover: Int32Array;
  /** The state after, or `illegal`. */
  step(state: number, cls: number): number;
  /** Bytes held by its tables. */
  bytes(): number;
}

export const compile = <State>(model: Model<State>, subjects: readonly Subject[]): Automaton =>
  model.assignment === undefined ? compileTable(model, subjects) : compileGuards(guardsOf(model.assignment, model.init as Json, subjects));

/** A register-like model: states are the value numbers of `guards`, and a step needs no memory at all. */
export const compileGuards = (guards: Guards): Automaton => {
  const { classOf, rows } = classesOf(guards);
  const column = (of: Int32Array): Int32Array => Int32Array.from(rows, row => of[row]!);
  const [expect, forbid, set] = [column(guards.expect), column(guards.forbid), column(guards.set)];
  const flags = (of: (cls: number) => boolean): Uint8Array => Uint8Array.from(expect, (_, cls) => Number(of(cls)));
  const free = (cls: number): boolean => expect[cls] === none && forbid[cls] === none;
  const writes = new Map(rows.flatMap((_, cls) => (free(cls) && set[cls] !== none ? [[set[cls]!, cls] as const] : [])));
  return {
    initial: initialValue,
    states: guards.values.length,
    classes: rows.length,
    classOf,
    readOnly: flags(cls => set[cls] === none),
    always: flags(free),
    overwrites: flags(cls => free(cls) && set[cls] !== none),
    idle: flags(cls => set[cls] === none || (set[cls] === unobservedValue && !guards.forbids)),
    cover: set.map((value, cls) => (free(cls) || value === none ? -1 : (writes.get(value) ?? -1))),
    step: (state, cls) => {
      const wanted = expect[cls]!;
      if ((wanted !== none && wanted !== state) || forbid[cls] === state) return illegal;
      const next = set[cls]!;
      return next === none ? state : next;
    },
    bytes: () => guards.values.length * 64 + rows.length * 16,
  };
};

/** Operations of equal guards are one class; `rows` holds one operation of each. */
const classesOf = ({ expect, forbid, set, values }: Guards): { readonly classOf: Int32Array; readonly rows: readonly number[] } => {
  const classes = new Map<number | string, number>();
  const rows: number[] = [];
  const classOf = new Int32Array(expect.length);
  const radix = values.length + 1;
  for (let i = 0; i < expect.length; i++) {
    const plain = (expect[i]! + 1) * radix + set[i]! + 1;
    const name = forbid[i] === none ? plain : `${plain} ${forbid[i]}`;
    let cls = classes.get(name);
    if (cls === undefined) {
      cls = rows.length;
      classes.set(name, cls);
      rows.push(i);
    }
    classOf[i] = cls;
  }
  return { classOf, rows };
};

const unknown = -2;

/** Any model: states interned as they appear, transitions remembered in one row per state. */
const compileTable = <State>(model: Model<State>, subjects: readonly Subject[]): Automaton => {
  const numbers = new Map<string, number>();
  const calls: Call[] = [];
  const classOf = Int32Array.from(subjects, subject => {
    const call = callOf(subject);
    const who = model.byClient === true ? call.client?.process : '';
    const name = `${call.f} ${canonical(call.input)} ${call.output === undefined ? '?' : canonical(call.output)} ${call.applied} ${who}`;
    let cls = numbers.get(name);
    if (cls === undefined) {
      cls = calls.length;
      numbers.set(name, cls);
      calls.push(call);
    }
    return cls;
  });
  const states: State[] = [];
  const rows: Row[] = [];
  const intern = interner(model, states, () => rows.push(calls.length > widestRow ? sparseRow() : denseRow(calls.length)));
  const initial = intern(model.init);
  const flags = (hint: ((call: Call) => boolean) | undefined): Uint8Array => Uint8Array.from(calls, call => Number(hint?.(call) === true));
  const readOnly = flags(model.readOnly);
  return {
    initial,
    states: undefined,
    classes: calls.length,
    classOf,
    readOnly,
    always: flags(call => model.always?.(call) === true || model.overwrites?.(call) === true),
    overwrites: flags(model.overwrites),
    idle: readOnly,
    cover: new Int32Array(calls.length).fill(-1),
    step: (state, cls) => {
      const row = rows[state]!;
      const known = row.get(cls);
      if (known !== unknown) return known;
      const next = model.step(states[state]!, calls[cls]!);
      const number = next === undefined ? illegal : intern(next);
      row.set(cls, number);
      return number;
    },
    bytes: () => rows.length * (Math.min(calls.length, widestRow) * 4 + 200),
  };
};

/** What is known of a state's steps. */
interface Row {
  get(cls: number): number;
  set(cls: number, next: number): void;
}

const widestRow = 512;

const denseRow = (classes: number): Row => {
  const next = new Int32Array(classes).fill(unknown);
  return {
    get: cls => next[cls]!,
    set: (cls, to) => {
      next[cls] = to;
    },
  };
};

const sparseRow = (): Row => {
  const next = new Map<number, number>();
  return { get: cls => next.get(cls) ?? unknown, set: (cls, to) => next.set(cls, to) };
};

const interner = <State>(model: Model<State>, states: State[], onNew: () => void) => {
  const byHash = new Map<string | number, number[]>();
  const hash = model.hash ?? defaultHash;
  return (state: State): number => {
    const bucket = byHash.get(hash(state)) ?? [];
    const known = model.equals === undefined ? bucket[0] : bucket.find(number => model.equals!(states[number]!, state));
    if (known !== undefined) return known;
    const number = states.length;
    states.push(state);
    onNew();
    bucket.push(number);
    byHash.set(hash(state), bucket);
    return number;
  };
};

const defaultHash = (state: unknown): string | number =>
  typeof state === 'number' || typeof state === 'string' ? state : `\u0000${JSON.stringify(state)}`;
