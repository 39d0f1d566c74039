/** Anomalies of what is read as a list: sets, messages, lists that transactions append to, logs. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { valueKey } from '../models/values.ts';
import { answered, edits, foreignValue, type Injection, laggedMoment, momentOf, picker, type Recorded } from './injection.ts';

/** A list that an answer shows. */
interface Shown {
  readonly operation: Operation;
  readonly object: Key | undefined;
  readonly list: readonly Json[];
}

interface Put {
  readonly operation: Operation;
  readonly object: Key | undefined;
  readonly value: Json;
}

interface Grammar {
  readonly isOrdered: boolean;
  shows(operation: Operation): readonly Shown[];
  puts(operation: Operation): readonly Put[];
  /** The answer with other lists, by object. */
  reply(operation: Operation, change: (object: Key | undefined, list: readonly Json[]) => readonly Json[]): Event;
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const setGrammar: Grammar = {
  isOrdered: false,
  shows: operation =>
    operation.type === 'ok' && operation.invoke.f === 'read'
      ? [{ operation, object: operation.invoke.key, list: listOf(operation.completion!.value) }]
      : [],
  puts: operation => (operation.invoke.f === 'read' ? [] : [{ operation, object: operation.invoke.key, value: operation.invoke.value }]),
  reply: (operation, change) => answered(operation, change(operation.invoke.key, listOf(operation.completion!.value)) as Json),
};

type Steps = readonly (readonly [string, Key, Json])[];

const stepsOf = (value: Json): Steps => (Array.isArray(value) ? (value as unknown as Steps) : []);

/** Reads after an own append to the same list are between the transaction and itself. */
const isExternal = (steps: Steps, at: number): boolean =>
  steps[at]![0] !== 'append' && !steps.slice(0, at).some(([verb, key]) => verb === 'append' && String(key) === String(steps[at]![1]));

const listAppendGrammar: Grammar = {
  isOrdered: true,
  shows: operation => {
    if (operation.type !== 'ok') return [];
    const steps = stepsOf(operation.completion!.value);
    return steps.flatMap(([, key, list], at) => (isExternal(steps, at) ? [{ operation, object: String(key), list: listOf(list) }] : []));
  },
  puts: operation =>
    stepsOf(operation.invoke.value).flatMap(([verb, key, value]) => (verb === 'append' ? [{ operation, object: String(key), value }] : [])),
  reply: (operation, change) => {
    const steps = stepsOf(operation.completion!.value);
    const told = steps.map(([verb, key, list]) => (verb === 'append' ? [verb, key, list] : [verb, key, change(String(key), listOf(list))]));
    return answered(operation, told as unknown as Json);
  },
};

type Records = readonly (readonly [number, Json])[];

const recordsIn = (value: Json): readonly (readonly [string, Records])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (Object.entries(value) as unknown as [string, Records][]) : [];

/** A poll shows places of a log; those that stay keep their offset. */
const logGrammar: Grammar = {
  isOrdered: true,
  shows: operation =>
    operation.type === 'ok' && operation.invoke.f === 'poll'
      ? recordsIn(operation.completion!.value).map(([object, records]) => ({ operation, object, list: records.map(([, value]) => value) }))
      : [],
  puts: operation =>
    operation.invoke.f === 'send' ? [{ operation, object: String(operation.invoke.key), value: operation.invoke.value }] : [],
  reply: (operation, change) => {
    const told = recordsIn(operation.completion!.value).map(([name, records]) => {
      const values = change(
        name,
        records.map(([, value]) => value),
      );
      const isSameLength = values.length === records.length;
      const offsetOf = (value: Json, at: number): number =>
        isSameLength
          ? records[at]![0]
          : (records.find(record => valueKey(record[1]) === valueKey(value))?.[0] ?? (records.at(-1)?.[0] ?? 0) + 1);
      return [name, values.map((value, at) => [offsetOf(value, at), value])];
    });
    return answered(operation, Object.fromEntries(told) as Json);
  },
};

const nameOf = (object: Key | undefined, value: Json): string => `${object}\u0000${String(valueKey(value))}`;

const showsOf = ({ operations }: Recorded, grammar: Grammar): readonly Shown[] =>
  operations.flatMap(operation => [...grammar.shows(operation)]);
const putsOf = ({ operations }: Recorded, grammar: Grammar, type: Operation['type']): readonly Put[] =>
  operations.flatMap(operation => (operation.type === type ? [...grammar.puts(operation)] : []));

const only =
  (object: Key | undefined, list: readonly Json[]) =>
  (other: Key | undefined, own: readonly Json[]): readonly Json[] =>
    other === object ? list : own;

const staleRead = (grammar: Grammar, allowedBy: (model: string) => boolean): Injection => ({
  kind: 'stale read',
  summary:
    'a read is answered by a replica that lags 10 ms to 2 s behind (2 to 200 events where there are no times): without what was not known by then',
  allowedBy,
  prepare: recorded => {
    const shows = showsOf(recorded, grammar);
    const pick = picker(shows);
    const known = new Map<string, number>();
    const learn = (object: Key | undefined, value: Json, event: Event): void => {
      const name = nameOf(object, value);
      known.set(name, Math.min(known.get(name) ?? Number.POSITIVE_INFINITY, momentOf(event, recorded.timed)));
    };
    for (const { operation, object, value } of putsOf(recorded, grammar, 'ok')) learn(object, value, operation.completion!);
    for (const { operation, object, list } of shows) for (const value of list) learn(object, value, operation.completion!);
    return (
      pick &&
      (rng => {
        const { operation, object, list } = pick(rng);
        const moment = laggedMoment(operation.invoke, recorded, rng);
        const isOld = (value: Json): boolean => known.get(nameOf(object, value))! <= moment;
        const firstNew = list.findIndex(value => !isOld(value));
        const old = grammar.isOrdered ? (firstNew < 0 ? list : list.slice(0, firstNew)) : list.filter(isOld);
        return edits(old.length === list.length ? [] : [grammar.reply(operation, only(object, old))]);
      })
    );
  },
});

const lostElement = (grammar: Grammar): Injection => ({
  kind: 'lost element',
  summary: 'what was added is acknowledged and forgotten: it is missing from every answer',
  prepare: recorded => {
    const pick = picker(putsOf(recorded, grammar, 'ok'));
    const shownIn = new Map<string, Shown[]>();
    for (const shown of showsOf(recorded, grammar))
      for (const value of new Set(shown.list)) {
        const name = nameOf(shown.object, value);
        const already = shownIn.get(name);
        if (already === undefined) shownIn.set(name, [shown]);
        else already.push(shown);
      }
    return (
      pick &&
      (rng => {
        const { operation: put, object, value } = pick(rng);
        const name = nameOf(object, value);
        return edits(
          (shownIn.get(name) ?? [])
            .filter(({ operation }) => operation !== put)
            .map(({ operation }) => grammar.reply(operation, (other, own) => own.filter(element => nameOf(other, element) !== name))),
        );
      })
    );
  },
});

const duplicatedElement = (grammar: Grammar): Injection => ({
  kind: 'duplicated element',
  summary: 'a read shows one element twice',
  // To the model of a set an answer is a set, however often it says so.
  allowedBy: model => !grammar.isOrdered && model === 'linearizable',
  prepare: recorded => {
    const pick = picker(showsOf(recorded, grammar));
    return (
      pick &&
      (rng => {
        const { operation, object, list } = pick(rng);
        return edits(list.length === 0 ? [] : [grammar.reply(operation, only(object, [...list, rng.pick(list)]))]);
      })
    );
  },
});

const dirtyRead = (grammar: Grammar): Injection => ({
  kind: 'dirty read',
  summary: 'a read shows, at its end, an element whose add failed, or one that nobody added',
  prepare: recorded => {
    const pick = picker(showsOf(recorded, grammar));
    const failed = putsOf(recorded, grammar, 'fail');
    return (
      pick &&
      (rng => {
        const { operation, object, list } = pick(rng);
        const refused = failed.filter(put => put.object === object && put.operation.invoke.index < operation.completion!.index);
        const value = refused.length > 0 && rng.chance(0.5) ? rng.pick(refused).value : foreignValue(list.at(-1) ?? 0, rng);
        return edits([grammar.reply(operation, only(object, [...list, value]))]);
      })
    );
  },
});

const reordering = (grammar: Grammar): Injection => ({
  kind: 'reordering',
  summary: 'a read shows two neighbours of a list in the wrong order',
  prepare: recorded => {
    const pick = picker(showsOf(recorded, grammar));
    return (
      pick &&
      (rng => {
        const { operation, object, list } = pick(rng);
        if (list.length < 2) return edits([]);
        const at = rng.int(list.length - 1);
        const swapped = list.with(at, list[at + 1]!).with(at + 1, list[at]!);
        return edits([grammar.reply(operation, only(object, swapped))]);
      })
    );
  },
});

/** `set` measures how long elements were unseen, and lets it be. */
const staleAllowed = (model: string): boolean => !['linearizable', 'set-full'].includes(model);

export const setInjections = [
  staleRead(setGrammar, staleAllowed),
  lostElement(setGrammar),
  duplicatedElement(setGrammar),
  dirtyRead(setGrammar),
];
export const listAppendInjections = [
  staleRead(listAppendGrammar, () => false),
  lostElement(listAppendGrammar),
  duplicatedElement(listAppendGrammar),
  dirtyRead(listAppendGrammar),
  reordering(listAppendGrammar),
];
export const logInjections = [lostElement(logGrammar), dirtyRead(logGrammar), reordering(logGrammar)];
