/**
 * Linearizability while the history is still growing. What is a violation of a prefix, with open operations as unknown ones, is one of the
 * whole (proof in README.md), so that an alarm is never false. It may be late: the verdict remains that of the whole history.
 *
 * Each key is judged by `judgeKey`, the very same, over a window that begins at a cut: a moment at which no operation is open and the state
 * is known for certain. Where a key has no such moment its window grows, and it is judged less often the longer that takes. A key that is drained is
 * left to the verdict of the whole, which knows what a drain is worth (models/drains.ts).
 */
import type { Event, Key } from '../../harness/history/event.ts';
import type { SeenViolation } from '../../harness/protocol/checker.ts';
import { valueKey } from '../models/values.ts';
import { judgeKey, type KeyJudgement } from './judge-key.ts';
import type { Client, Model } from './model.ts';
import type { Limits } from './search.ts';
import { callOf, indexOf, never, type Subject } from './subject.ts';

/** `operations` are at fault, not a minimal set. */
export type OnlineViolation = SeenViolation;

export interface OnlineJudge {
  /** The next event of the history; its `index` is its place. Never judges. O(1). */
  feed(event: Event): void;
  /**
   * Judges what is new since it was last judged, until `limits` run out; the rest is for the next time. The first violation found, if any: after
   * one there is nothing more to judge. Never throws.
   */
  judge(limits: Limits): OnlineViolation | undefined;
  /** Answers that nobody has judged yet. */
  readonly behind: number;
  /** Operations in all windows. */
  readonly held: number;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Open = Mutable<Omit<Subject, 'client'>> & { readonly client: Mutable<Client> };

interface Window<State> {
  readonly key: Key | undefined;
  /** From the cut on, in the order of their calls; before them unknown outcomes from before the cut. */
  subjects: Open[];
  /** The state at the cut, and whether that is still the object's first. */
  state: State;
  isFirst: boolean;
  /** Answers since it was last judged, and the newest. */
  fresh: number;
  newest: number;
  timeNs: number;
  /** Not judged before this moment: one that takes long, or could not be decided, waits. */
  notBefore: number;
}

/** A window may be judged for this part of the time. */
const share = 0.25;
/** One key may take so long at once; undecided, it waits many times as long. */
const longestMs = 2_000;
const patienceAfterUndecided = 10;

export const judgeOnline = <State>(model: Model<State>): OnlineJudge => {
  const windows = new Map<Key | undefined, Window<State>>();
  const open = new Map<number, Open>();
  const waiting = new Set<Window<State>>();
  const drained = new Set<Key | undefined>();
  const drain = (key: Key | undefined): void => {
    drained.add(key);
    const window = windows.get(key);
    if (window !== undefined) waiting.delete(window);
    windows.delete(key);
  };
  const windowOf = (key: Key | undefined): Window<State> => {
    const known = windows.get(key);
    if (known !== undefined) return known;
    const window = { key, subjects: [], state: model.init, isFirst: true, fresh: 0, newest: 0, timeNs: 0, notBefore: 0 };
    windows.set(key, window);
    return window;
  };
  return {
    feed: event => {
      if (typeof event.process !== 'number') return;
      if (model.drainedBy !== undefined && event.f === 'drain') drain(event.key);
      if (drained.has(event.key)) return;
      if (event.type === 'invoke') windowOf(event.key).subjects.push(begun(open, event, event.process));
      else if (completed(open.get(event.process), event)) {
        const window = windowOf(open.get(event.process)!.invoke.key);
        window.fresh++;
        window.timeNs = event.time;
        waiting.add(window);
      }
    },
    judge: limits => {
      for (const window of waiting) {
        const began = limits.now();
        if (began >= limits.deadline) return undefined;
        if (began < window.notBefore) continue;
        waiting.delete(window);
        const happened = window.subjects.filter(subject => subject.completion?.type !== 'fail');
        const within = { ...limits, deadline: Math.min(limits.deadline, began + longestMs) };
        const found = judgeKey(happened, startingAt(model, window), within);
        window.fresh = 0;
        if (found.outcome === 'violation') return violationOf(window, happened, found);
        const took = limits.now() - began;
        window.notBefore = began + took / share;
        if (found.outcome === 'linearizable') cut(window, happened, model);
        else window.notBefore = began + took * patienceAfterUndecided;
      }
      return undefined;
    },
    get behind() {
      let count = 0;
      for (const { fresh } of waiting) count += fresh;
      return count;
    },
    get held() {
      let count = 0;
      for (const { subjects } of windows.values()) count += subjects.length;
      return count;
    },
  };
};

/** An open operation is one of unknown outcome, and who made it has not been heard of since. */
const begun = (open: Map<number, Open>, event: Event, process: number): Open => {
  const client = open.get(process)?.client ?? { process, came: event.index, left: Number.POSITIVE_INFINITY };
  client.left = event.index;
  const subject = { invoke: event, completion: undefined, called: event.index, returned: never, client };
  open.set(process, subject);
  return subject;
};

/** Whether this may have made a violation: an answer may, and so may word that something did not happen. */
const completed = (subject: Open | undefined, event: Event): boolean => {
  if (subject === undefined || subject.completion !== undefined) return false;
  subject.completion = event;
  if (event.type === 'info') return false;
  subject.returned = event.index;
  subject.client.left = Number.POSITIVE_INFINITY;
  return true;
};

/** A polynomial method may rest on the object's first state: it is asked only while that is what the window begins with. */
const startingAt = <State>(model: Model<State>, { state, isFirst }: Window<State>): Model<State> => {
  if (isFirst) return model;
  const { monitor: _, ...rest } = model;
  return { ...rest, init: state };
};

const violationOf = <State>({ key, timeNs }: Window<State>, subjects: readonly Subject[], { suspects }: KeyJudgement): OnlineViolation => ({
  key,
  operations: suspects.map(place => indexOf(subjects[place]!)).sort((a, b) => a - b),
  timeNs,
});

/** More operations at once than this, and nobody tries their orders. */
const mostAtOnce = 5;

/**
 * Moves the beginning of a linearizable window to the last moment at which no operation is open and the state is certain. Between two
 * such quiet moments it is known from before, or told by one operation that was alone. Unknown outcomes from before the cut stay in
 * the window, for they may take effect after it; those whose effect was certainly seen go, having happened.
 */
const cut = <State>(window: Window<State>, happened: readonly Open[], model: Model<State>): void => {
  const matters = (subject: Subject): boolean => model.readOnly?.(callOf(subject)) !== true;
  const lost = happened.filter(subject => subject.completion?.type === 'info' && matters(subject));
  let state: State | undefined = window.state;
  let best: { readonly at: number; readonly state: State } | undefined;
  for (const group of groupsBetweenQuietMoments(happened)) {
    const end = group.reduce((latest, { returned }) => Math.max(latest, returned), 0);
    const told = group.length === 1 ? toldBy(model, group[0]!) : undefined;
    const isDisturbed = lost.some(({ called }) => called < end);
    state = told !== undefined ? told : isDisturbed || state === undefined ? undefined : only(model, state, group);
    if (state !== undefined) best = { at: end, state };
  }
  if (best === undefined) return;
  const { at } = best;
  const before = happened.filter(({ called }) => called < at);
  const kept = lost.filter(subject => subject.called < at && !wasSeen(model, window, before, subject));
  window.subjects = [...kept, ...window.subjects.filter(({ called }) => called > at)];
  window.state = best.state;
  window.isFirst = false;
};

/** Answered operations by stretches of time between which none is open. Nothing after the call of one that is still open. */
const groupsBetweenQuietMoments = (happened: readonly Open[]): readonly (readonly Open[])[] => {
  const groups: Open[][] = [];
  let [group, end]: [Open[], number] = [[], -1];
  for (const subject of happened) {
    if (subject.completion?.type === 'info') continue;
    if (subject.called > end && group.length > 0) {
      groups.push(group);
      group = [];
    }
    if (subject.completion === undefined) return groups;
    group.push(subject);
    end = Math.max(end, subject.returned);
  }
  return group.length > 0 ? [...groups, group] : groups;
};

/** The state after an operation that was alone, whatever it was before, if the operation tells. */
const toldBy = <State>(model: Model<State>, subject: Subject): State | undefined => {
  const call = callOf(subject);
  if (model.assignment !== undefined) {
    const { set, expect } = model.assignment(call);
    return (set === undefined ? expect : set) as State | undefined;
  }
  return model.overwrites?.(call) === true ? model.step(model.init, call) : undefined;
};

/** The state after these, if every order of theirs that is right leads to the same one. */
const only = <State>(model: Model<State>, from: State, group: readonly Open[]): State | undefined => {
  if (group.length > mostAtOnce) return undefined;
  const ends = new Map<string | number, State>();
  const nameOf = (state: State): string | number => (model.hash ?? nameOfPlain)(state);
  const place = (state: State, rest: readonly Open[]): void => {
    if (rest.length === 0) ends.set(nameOf(state), state);
    const first = rest.reduce((earliest, { returned }) => Math.min(earliest, returned), never);
    for (const subject of rest) {
      const next = subject.called < first ? model.step(state, callOf(subject)) : undefined;
      if (next !== undefined)
        place(
          next,
          rest.filter(other => other !== subject),
        );
    }
  };
  place(from, group);
  return ends.size === 1 && model.equals === undefined ? [...ends.values()][0] : undefined;
};

const nameOfPlain = (state: unknown): string | number =>
  typeof state === 'number' || typeof state === 'string' ? state : `\u0000${JSON.stringify(state)}`;

/** Whether an unknown outcome has certainly taken effect: what only it can have set was seen. */
const wasSeen = <State>(model: Model<State>, { state }: Window<State>, before: readonly Open[], subject: Open): boolean => {
  if (model.assignment === undefined) return false;
  const { set } = model.assignment(callOf(subject));
  if (set === undefined || valueKey(state as never) === valueKey(set)) return false;
  const others = before.filter(other => other !== subject).map(other => ({ other, ...model.assignment!(callOf(other)) }));
  const isSame = (value: typeof set | undefined): boolean => value !== undefined && valueKey(value) === valueKey(set);
  return !others.some(({ set: value }) => isSame(value)) && others.some(({ other, expect }) => other.returned !== never && isSame(expect));
};
