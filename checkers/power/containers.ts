/** Anomalies of what gives out what was put in: queues, stacks, bags. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { valueKey } from '../models/values.ts';
import { answered, byObject, edits, foreignValue, type Injected, type Injection, picker, type Recorded } from './injection.ts';

/** One answer of one consumer: what came out, in order; nothing where it was found empty. */
interface Taking {
  readonly object: Key | undefined;
  readonly operation: Operation;
  readonly values: readonly Json[];
}

/** A value on its way out: the how manyeth of which taking, in the order of returns. */
interface Place {
  readonly takings: readonly Taking[];
  readonly taking: number;
  readonly at: number;
}

const putting = new Set(['enqueue', 'push', 'put', 'insert', 'add', 'offer']);
const taking = new Set(['dequeue', 'pop', 'poll', 'remove', 'take', 'drain']);

const takingsOf = ({ operations }: Recorded): readonly Taking[] =>
  operations
    .filter(({ invoke, type }) => type === 'ok' && taking.has(invoke.f))
    .map((operation): Taking => {
      const { f, key } = operation.invoke;
      const { value } = operation.completion!;
      const values = f === 'drain' ? ((Array.isArray(value) ? value : []) as readonly Json[]) : value === null ? [] : [value];
      return { object: key, operation, values };
    })
    .sort((a, b) => a.operation.completion!.index - b.operation.completion!.index);

const placesOf = (recorded: Recorded): readonly Place[] =>
  [...byObject(takingsOf(recorded)).values()].flatMap(takings =>
    takings.flatMap(({ values }, at) => values.map((_, position): Place => ({ takings, taking: at, at: position }))),
  );

const putsOf = ({ operations }: Recorded, type: Operation['type']): readonly Operation[] =>
  operations.filter(operation => operation.type === type && putting.has(operation.invoke.f));

const nameOf = (object: Key | undefined, value: Json): string => `${object}\u0000${String(valueKey(value))}`;

/** Answers in which the values of some takings, from the first that changes on, are these. */
const replies = (takings: readonly Taking[], from: number, now: readonly (readonly Json[])[]): Injected => {
  const events: Event[] = [];
  now.forEach((values, i) => {
    const { operation, values: before } = takings[from + i]!;
    if (values.length === before.length && values.every((value, at) => value === before[at])) return;
    events.push(answered(operation, operation.invoke.f === 'drain' ? values : (values[0] ?? null)));
  });
  return edits(events);
};

/** Whoever would have taken it gets what comes next, and so on, until nothing had been put in yet, or the next one found nothing either. */
const withoutValue = ({ takings, taking: first, at }: Place, calledAt: ReadonlyMap<string, number>): Injected => {
  const now = takings.slice(first).map(({ values }) => [...values]);
  now[0]!.splice(at, 1);
  for (let i = 0; i < now.length; i++) {
    const { operation, values, object } = takings[first + i]!;
    if (now[i]!.length === values.length || operation.invoke.f === 'drain') break;
    const next = now[i + 1]?.[0];
    if (next === undefined || (calledAt.get(nameOf(object, next)) ?? 0) > operation.completion!.index) break;
    now[i]!.push(next);
    now[i + 1]!.shift();
  }
  return replies(takings, first, now);
};

/** The next one gets it again, and what that would have got comes after it, and so on, until somebody found nothing or drained everything. */
const withValueAgain = ({ takings, taking: first, at }: Place): Injected => {
  const now = takings.slice(first).map(({ values }) => [...values]);
  let carried: Json | undefined = now[0]![at]!;
  for (let i = 1; i < now.length && carried !== undefined; i++) {
    now[i]!.unshift(carried);
    const isRoomy: boolean = takings[first + i]!.operation.invoke.f === 'drain' || takings[first + i]!.values.length === 0;
    carried = isRoomy ? undefined : now[i]!.pop();
  }
  return replies(takings, first, now);
};

const lostElement: Injection = {
  kind: 'lost element',
  summary: 'what was put in is acknowledged and forgotten: whoever would have taken it out gets what comes next, and so do those after it',
  prepare: recorded => {
    const places = placesOf(recorded);
    const byName = new Map(places.map(place => [nameOf(place.takings[0]!.object, valueAt(place)), place]));
    const puts = putsOf(recorded, 'ok');
    const calledAt = new Map(puts.map(({ invoke }) => [nameOf(invoke.key, invoke.value), invoke.index]));
    const pick = picker(puts);
    return (
      pick &&
      (rng => {
        const { invoke } = pick(rng);
        const place = byName.get(nameOf(invoke.key, invoke.value));
        return place === undefined ? edits([]) : withoutValue(place, calledAt);
      })
    );
  },
};

const valueAt = ({ takings, taking: number, at }: Place): Json => takings[number]!.values[at]!;

const duplicatedElement: Injection = {
  kind: 'duplicated element',
  summary: 'what was taken out is given to the next consumer once more, and what that would have got to the one after it',
  allowedBy: model => model === 'at-least-once-queue',
  prepare: recorded => {
    const pick = picker(placesOf(recorded));
    return pick && (rng => withValueAgain(pick(rng)));
  },
};

const phantomElement: Injection = {
  kind: 'dirty read',
  summary: 'a consumer gets something that nobody put in, or that was refused',
  prepare: recorded => {
    const pick = picker(placesOf(recorded));
    const failed = putsOf(recorded, 'fail');
    return (
      pick &&
      (rng => {
        const place = pick(rng);
        const { object, operation, values } = place.takings[place.taking]!;
        const refused = failed.filter(({ invoke }) => invoke.key === object && invoke.index < operation.completion!.index);
        const value = refused.length > 0 && rng.chance(0.5) ? rng.pick(refused).invoke.value : foreignValue(values[place.at]!, rng);
        return replies(place.takings, place.taking, [values.with(place.at, value)]);
      })
    );
  },
};

const ordered = new Set(['fifo-queue', 'linearizable']);

const reordering: Injection = {
  kind: 'reordering',
  summary: 'two consumers, one after the other, get each other’s values',
  allowedBy: model => !ordered.has(model),
  prepare: recorded => {
    const pick = picker(placesOf(recorded));
    return (
      pick &&
      (rng => {
        const { takings, taking: first, at } = pick(rng);
        const { values } = takings[first]!;
        if (at + 1 < values.length) return replies(takings, first, [values.with(at, values[at + 1]!).with(at + 1, values[at]!)]);
        const next = takings[first + 1]?.values ?? [];
        if (next.length === 0) return edits([]);
        return replies(takings, first, [values.with(at, next[0]!), next.with(0, values[at]!)]);
      })
    );
  },
};

export const containerInjections = [lostElement, duplicatedElement, phantomElement, reordering];
