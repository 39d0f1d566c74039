/** Histories of simulated queues, stacks, priority queues, bags and locks: honest ones, and ones with a single wrong answer. */
import type { Event, History } from '../harness/history/event.ts';
import type { Json } from '../harness/std/json.ts';
import { createRng, type Rng } from '../harness/std/rng.ts';

export const collectionTypes = ['queue', 'stack', 'priority-queue', 'unordered-queue', 'lock'] as const;
export type CollectionType = (typeof collectionTypes)[number];

export interface CollectionCase {
  readonly type: CollectionType;
  readonly operations: number;
  readonly clients: number;
  /** Share of operations whose outcome nobody knows. */
  readonly info: number;
  readonly wrong: 'nothing' | 'one answer';
}

/** What a simulated object does: the answer, or undefined if it has to wait. */
interface Simulated {
  ask(rng: Rng, client: number): { readonly f: string; readonly value: Json };
  apply(f: string, value: Json, client: number): Json | undefined;
}

const collection = (add: string, remove: string, pick: (items: number[]) => number | undefined): Simulated => {
  const items: number[] = [];
  let next = 0;
  return {
    ask: rng => (rng.chance(items.length > 200 ? 0.4 : 0.5) ? { f: add, value: next++ } : { f: remove, value: null }),
    apply: (f, value) => {
      if (f === remove) return pick(items) ?? null;
      items.push(value as number);
      return value;
    },
  };
};

const lock = (): Simulated => {
  let holder: number | undefined;
  const holds = new Set<number>();
  return {
    ask: (_rng, client) => ({ f: holds.has(client) ? 'release' : 'acquire', value: null }),
    apply: (f, _value, client) => {
      if (f === 'release') {
        holder = undefined;
        holds.delete(client);
        return null;
      }
      if (holder !== undefined) return undefined;
      holder = client;
      holds.add(client);
      return null;
    },
  };
};

const least = (items: number[]): number | undefined => {
  let at = 0;
  for (let i = 1; i < items.length; i++) if (scrambled(items[i]!) < scrambled(items[at]!)) at = i;
  return items.splice(at, 1)[0];
};
/** Priorities without order in time, unique below 2^20. */
const scrambled = (value: number): number => (value * 0x9e375) % 2 ** 20;

const simulated = (type: CollectionType, rng: Rng): Simulated => {
  if (type === 'lock') return lock();
  if (type === 'stack') return collection('push', 'pop', items => items.pop());
  const pick = {
    queue: (items: number[]) => items.shift(),
    'priority-queue': least,
    'unordered-queue': (items: number[]) => items.splice(rng.int(items.length), 1)[0],
  };
  return collection('enqueue', 'dequeue', pick[type]);
};

interface Open {
  readonly f: string;
  readonly value: Json;
  readonly process: number;
  answer: Json | undefined;
}

/** Random clients call, are served, and return, a step at a time. Locks have no unknown outcomes: they would never be free again. */
export const collectionHistory = ({ type, operations, clients, info, wrong }: CollectionCase): History => {
  const rng = createRng(`${type}/${operations}/${clients}/${info}/${wrong}`);
  const object = simulated(type, rng);
  const events: Event[] = [];
  const open: (Open | undefined)[] = new Array(clients).fill(undefined);
  const process = open.map((_, i) => i);
  let fresh = clients;
  const shown = (value: Json): Json => (type === 'priority-queue' && value !== null ? scrambled(value as number) : value);
  const emit = (call: Open, kind: Event['type'], value: Json): void => {
    events.push({ index: events.length, time: events.length * 10_000, process: call.process, type: kind, f: call.f, value: shown(value) });
  };
  for (let started = 0; started < operations; ) {
    const client = rng.int(clients);
    const call = open[client];
    if (call === undefined) {
      const asked = object.ask(rng, client);
      const made: Open = { ...asked, process: process[client]!, answer: undefined };
      open[client] = made;
      emit(made, 'invoke', made.value);
      started++;
    } else if (call.answer === undefined) call.answer = object.apply(call.f, call.value, client);
    else {
      const lost = type !== 'lock' && rng.chance(info);
      emit(call, lost ? 'info' : 'ok', lost ? call.value : call.answer);
      open[client] = undefined;
      if (lost) process[client] = fresh++;
    }
  }
  return wrong === 'nothing' ? events : spoilt(events, type);
};

/** In the middle, one removal says what a later one did, and that what it did, though that had to wait; or a bag seems to be empty; or a lock is acquired by a client that never asked. */
const spoilt = (events: readonly Event[], type: CollectionType): History => {
  const half = events.length >> 1;
  if (type === 'lock') {
    const at = events.findIndex(({ type: kind, f }, i) => i > half && kind === 'ok' && f === 'acquire');
    const extra = { process: 1_000_000, f: 'acquire', value: null };
    return [
      ...events.slice(0, at + 1),
      { ...events[at]!, ...extra, type: 'invoke' as const },
      { ...events[at]!, ...extra, type: 'ok' as const },
      ...events.slice(at + 1),
    ].map((event, index) => ({ ...event, index, time: index * 10_000 }));
  }
  const removed = (event: Event): boolean => event.type === 'ok' && (event.f === 'dequeue' || event.f === 'pop') && event.value !== null;
  const added = additions(events);
  for (let early = half; early < events.length; early++) {
    if (!removed(events[early]!)) continue;
    const swapped = [...events];
    if (type === 'unordered-queue') {
      swapped[early] = { ...events[early]!, value: null };
      return swapped;
    }
    const late = events.findIndex(
      (event, i) =>
        i > early && i < early + 4000 && removed(event) && callOf(events, i) > early && mustWait(events, added, type, early, event),
    );
    if (late < 0) continue;
    swapped[early] = { ...events[early]!, value: events[late]!.value };
    swapped[late] = { ...events[late]!, value: events[early]!.value };
    return swapped;
  }
  throw new Error('no place for a wrong answer');
};

type Additions = ReadonlyMap<Json, readonly [number, number]>;

/** Whether what `later` removed was in the collection when the early removal was called, and certainly comes out after what that removed. */
const mustWait = (events: readonly Event[], added: Additions, type: CollectionType, early: number, later: Event): boolean => {
  const { value } = events[early]!;
  const called = callOf(events, early);
  const [from, to] = added.get(value)!;
  const [laterFrom, laterTo] = added.get(later.value)!;
  if (laterTo > called || to > called) return false;
  if (type === 'priority-queue') return later.value! > value!;
  return type === 'queue' ? laterFrom > to : laterTo < from;
};

const callOf = (events: readonly Event[], answer: number): number => {
  let at = answer - 1;
  while (events[at]!.process !== events[answer]!.process) at--;
  return at;
};

/** When each value was asked to be put in, and when that was answered. */
const additions = (events: readonly Event[]): Additions => {
  const added = new Map<Json, readonly [number, number]>();
  for (const [i, { type, f, value }] of events.entries()) {
    if (f === 'dequeue' || f === 'pop') continue;
    added.set(
      value,
      type === 'invoke' ? [i, Number.POSITIVE_INFINITY] : [added.get(value)![0], type === 'ok' ? i : Number.POSITIVE_INFINITY],
    );
  }
  return added;
};
