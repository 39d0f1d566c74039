/**
 * What it means to inject an anomaly into a recorded history: a fault of the system at a random place, and every answer that it would have changed,
 * changed. Where it would have changed none the history cannot reveal it, and that is what is measured.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Rng } from '../../harness/std/rng.ts';

/** The events that take the place of those of the same index; none where the fault would have changed no answer. */
export type Injected = ReadonlyMap<number, Event>;

export interface Recorded {
  readonly history: History;
  readonly operations: readonly Operation[];
  /** Whether events have times; else lags are counted in events. */
  readonly timed: boolean;
}

export interface Injection {
  /** As reports call it: `stale read`, `lost write`. */
  readonly kind: string;
  /** What the faulty system does. */
  readonly summary: string;
  /** Models that allow it are not asked; all others are. */
  readonly allowedBy?: (model: string) => boolean;
  /** Undefined: this history has no place for it at all. Otherwise draws places, as often as it is called. */
  prepare(recorded: Recorded, model: string): ((rng: Rng) => Injected) | undefined;
}

/** The completion with another answer. */
export const answered = ({ completion }: Operation, value: Json): Event => ({ ...completion!, value });

export const edits = (events: readonly Event[]): Injected => new Map(events.map(event => [event.index, event]));

export const withEdits = (history: History, injected: Injected): History => {
  const copy = [...history];
  for (const [index, event] of injected) copy[index] = event;
  return copy;
};

/** Undefined for an empty list. */
export const picker = <T>(items: readonly T[]): ((rng: Rng) => T) | undefined => (items.length === 0 ? undefined : rng => rng.pick(items));

/** How far behind a replica is that lags: 10 ms to 2 s, or 2 to 200 events; small lags as likely as large ones. */
export const leastLagMs = 10;
export const mostLagMs = 2000;
const leastLagEvents = 2;
const mostLagEvents = 200;

/** The moment that a replica which lags shows to whoever asks now: in the unit of `momentOf`. */
export const laggedMoment = (asked: Event, { timed }: Recorded, rng: Rng): number => {
  const [least, most] = timed ? [leastLagMs * 1e6, mostLagMs * 1e6] : [leastLagEvents, mostLagEvents];
  return momentOf(asked, timed) - least * (most / least) ** rng.float();
};

export const momentOf = (event: Event, timed: boolean): number => (timed ? event.time : event.index);

export const byObject = <T extends { readonly object: Key | undefined }>(items: readonly T[]): ReadonlyMap<Key | undefined, T[]> => {
  const groups = new Map<Key | undefined, T[]>();
  for (const item of items) {
    const group = groups.get(item.object);
    if (group === undefined) groups.set(item.object, [item]);
    else group.push(item);
  }
  return groups;
};

/** How many items at the front satisfy a condition that holds for a front part of the list. */
export const countWhile = <T>(list: readonly T[], holds: (item: T) => boolean): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** A value that nobody wrote, of the kind that others are. */
export const foreignValue = (like: Json, rng: Rng): Json =>
  typeof like === 'string' ? `never-written-${rng.int(1_000_000)}` : 1_000_000_000 + rng.int(1_000_000);
