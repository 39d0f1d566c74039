/** Anomalies of reads and writes of single values: register, several registers, strings, counters that grow. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { accessesOf } from '../models/multi-register.ts';
import { sameValue, valueKey } from '../models/values.ts';
import {
  answered,
  byObject,
  countWhile,
  edits,
  foreignValue,
  type Injection,
  laggedMoment,
  momentOf,
  picker,
  type Recorded,
} from './injection.ts';

interface Access {
  readonly operation: Operation;
  readonly object: Key | undefined;
  readonly value: Json;
}

/** How a workload's operations read and write. */
interface Grammar {
  readonly initial: Json;
  /** What an `ok` operation shows as it found it. */
  reads(operation: Operation): readonly Access[];
  /** What it wrote if it took effect. */
  writes(operation: Operation): readonly Access[];
  /** Its completion, had it found this. */
  reply(operation: Operation, object: Key | undefined, value: Json): Event;
}

const one = (operation: Operation, value: Json): readonly Access[] => [{ operation, object: operation.invoke.key, value }];

const registerGrammar: Grammar = {
  initial: null,
  reads: operation => (operation.type === 'ok' && operation.invoke.f === 'read' ? one(operation, operation.completion!.value) : []),
  writes: operation => {
    const { f, value } = operation.invoke;
    if (f === 'write') return one(operation, value);
    return f === 'cas' && operation.completion?.applied !== false && Array.isArray(value) ? one(operation, value[1] as Json) : [];
  },
  reply: (operation, _object, value) => answered(operation, value),
};

const kvGrammar: Grammar = {
  initial: '',
  reads: operation => (operation.type === 'ok' && operation.invoke.f === 'get' ? one(operation, operation.completion!.value ?? '') : []),
  writes: operation => (operation.invoke.f === 'put' ? one(operation, String(operation.invoke.value)) : []),
  reply: (operation, _object, value) => answered(operation, value),
};

const monotonicGrammar: Grammar = {
  ...registerGrammar,
  initial: 0,
  writes: operation => (operation.invoke.f === 'inc' && operation.type === 'ok' ? one(operation, operation.completion!.value) : []),
};

const manyGrammar: Grammar = {
  initial: null,
  reads: operation => (operation.type === 'ok' ? external(operation, 'read') : []),
  writes: operation => external(operation, 'write'),
  reply: (operation, object, value) => {
    const { value: said } = operation.completion!;
    if (!Array.isArray(said)) return answered(operation, { ...(said as object), [object as string]: value });
    const at = (said as readonly (readonly Json[])[]).findIndex(([verb, name]) => !String(verb).startsWith('w') && String(name) === object);
    return answered(
      operation,
      (said as readonly (readonly Json[])[]).map((step, i) => (i === at ? [step[0]!, step[1]!, value] : step)) as Json,
    );
  },
};

/** First reads and last writes: the rest is between the operation and itself. */
const external = (operation: Operation, wanted: 'read' | 'write'): readonly Access[] => {
  const { f, value } = operation.invoke;
  const output = operation.type === 'ok' ? operation.completion!.value : undefined;
  const found = new Map<string, Access>();
  const touched = new Set<string>();
  for (const { kind, name, value: seen } of accessesOf({ f, input: value, output })) {
    if (kind === wanted && (kind === 'write' || !touched.has(name))) found.set(name, { operation, object: name, value: seen });
    touched.add(name);
  }
  return [...found.values()];
};

/** What an object was known to hold, from the return of whoever read or wrote it. */
interface Known {
  readonly object: Key | undefined;
  readonly operation: Operation;
  readonly value: Json;
}

interface Prepared {
  readonly recorded: Recorded;
  readonly grammar: Grammar;
  readonly reads: readonly Access[];
  readonly readsOf: ReadonlyMap<Key | undefined, readonly Access[]>;
  /** Of `ok` operations. */
  readonly writes: readonly Access[];
  readonly knownOf: ReadonlyMap<Key | undefined, readonly Known[]>;
}

const prepared = new WeakMap<Recorded, Map<Grammar, Prepared>>();

/** Once for all kinds of anomaly. O(n log n). */
const prepare = (recorded: Recorded, grammar: Grammar): Prepared => {
  const mine = prepared.get(recorded) ?? new Map<Grammar, Prepared>();
  prepared.set(recorded, mine);
  const before = mine.get(grammar);
  if (before !== undefined) return before;
  const reads = recorded.operations.flatMap(operation => [...grammar.reads(operation)]);
  const writes = recorded.operations.flatMap(operation => (operation.type === 'ok' ? [...grammar.writes(operation)] : []));
  const known = [...reads, ...writes].sort((a, b) => a.operation.completion!.index - b.operation.completion!.index);
  const made: Prepared = { recorded, grammar, reads, readsOf: byObject(reads), writes, knownOf: byObject(known) };
  mine.set(grammar, made);
  return made;
};

/** What the object was last known to hold at a moment. */
const heldAt = ({ knownOf, recorded, grammar }: Prepared, object: Key | undefined, moment: number): Json => {
  const known = knownOf.get(object) ?? [];
  const count = countWhile(known, ({ operation }) => momentOf(operation.completion!, recorded.timed) <= moment);
  return count === 0 ? grammar.initial : known[count - 1]!.value;
};

const strict = new Set(['linearizable', 'all', 'bounded-staleness', 'strict-serializable', 'monotonic', 'long-fork']);

const staleRead = (grammar: Grammar): Injection => ({
  kind: 'stale read',
  summary:
    'a read is answered by a replica that lags 10 ms to 2 s behind (2 to 200 events where there are no times): with what was last known by then',
  allowedBy: model => !strict.has(model),
  prepare: recorded => {
    const ready = prepare(recorded, grammar);
    const pick = picker(ready.reads);
    return (
      pick &&
      (rng => {
        const { operation, object, value } = pick(rng);
        const old = heldAt(ready, object, laggedMoment(operation.invoke, recorded, rng));
        return edits(sameValue(old, value) ? [] : [grammar.reply(operation, object, old)]);
      })
    );
  },
});

const lostWrite = (grammar: Grammar): Injection => ({
  kind: 'lost write',
  summary:
    'a write is acknowledged and forgotten: whoever saw its value, or one that a cas made of it, sees what was there before; those cas fail',
  prepare: recorded => {
    const ready = prepare(recorded, grammar);
    const pick = picker(ready.writes);
    return pick && (rng => edits(withoutWrite(ready, pick(rng))));
  },
});

const withoutWrite = (ready: Prepared, { operation, object, value }: Access): readonly Event[] => {
  const { grammar, recorded } = ready;
  const before = heldAt(ready, object, momentOf(operation.invoke, recorded.timed));
  if (sameValue(before, value)) return [];
  const until = lastSight(ready, { operation, object, value });
  const lost = new Set([valueKey(value)]);
  const events: Event[] = [];
  for (const { operation: other, value: seen } of ready.knownOf.get(object) ?? []) {
    if (other === operation || other.completion!.index < operation.invoke.index || other.completion!.index > until) continue;
    const { f, value: asked } = other.invoke;
    if (f === 'cas' && Array.isArray(asked) && lost.has(valueKey(asked[0] as Json))) {
      lost.add(valueKey(asked[1] as Json));
      events.push({ ...other.completion!, type: 'fail' });
    } else if (lost.has(valueKey(seen)) && grammar.reads(other).some(read => read.object === object))
      events.push(grammar.reply(other, object, before));
  }
  return events;
};

/** Up to which return a sight of the value is one of this write: where the value is written again, until something else was there for sure. */
const lastSight = ({ writes, knownOf }: Prepared, { operation, object, value }: Access): number => {
  const isUnique = !writes.some(other => other.operation !== operation && other.object === object && sameValue(other.value, value));
  if (isUnique) return Number.POSITIVE_INFINITY;
  const next = (knownOf.get(object) ?? []).find(
    other => other.operation.invoke.index > operation.completion!.index && !sameValue(other.value, value),
  );
  return next === undefined ? Number.POSITIVE_INFINITY : next.operation.completion!.index;
};

const dirtyRead = (grammar: Grammar): Injection => ({
  kind: 'dirty read',
  summary:
    'a read shows what it must not: the value of a write that failed, or of one of unknown outcome that nobody else saw, or one that nobody wrote',
  prepare: recorded => {
    const ready = prepare(recorded, grammar);
    const pick = picker(ready.reads);
    const seen = new Set(ready.reads.map(({ object, value }) => `${object}\u0000${valueKey(value)}`));
    const tried = (type: Operation['type']) =>
      byObject(
        recorded.operations
          .filter(operation => operation.type === type)
          .flatMap(operation => [...grammar.writes(operation)])
          .filter(({ object, value }) => !seen.has(`${object}\u0000${valueKey(value)}`)),
      );
    const [failed, unknown] = [tried('fail'), tried('info')];
    return (
      pick &&
      (rng => {
        const { operation, object, value } = pick(rng);
        const before = (all: ReadonlyMap<Key | undefined, Access[]>): readonly Json[] =>
          (all.get(object) ?? []).filter(write => write.operation.invoke.index < operation.completion!.index).map(write => write.value);
        const sources = [before(failed), before(unknown), [foreignValue(value, rng)]].filter(list => list.length > 0);
        const shown = rng.pick(rng.pick(sources));
        return edits(sameValue(shown, value) ? [] : [grammar.reply(operation, object, shown)]);
      })
    );
  },
});

const reordering = (grammar: Grammar): Injection => ({
  kind: 'reordering',
  summary: 'two reads of an object, one after the other (of one process, where the model is about those), get each other’s answers',
  allowedBy: model => model === 'eventual',
  prepare: (recorded, model) => {
    const { reads, readsOf } = prepare(recorded, grammar);
    const ofOneProcess = !strict.has(model);
    const earlier = ({ operation, object }: Access): Access | undefined =>
      readsOf
        .get(object)!
        .findLast(
          other =>
            other.operation.completion!.index < operation.invoke.index &&
            (!ofOneProcess || other.operation.invoke.process === operation.invoke.process),
        );
    const pick = picker(reads);
    return (
      pick &&
      (rng => {
        const late = pick(rng);
        const early = earlier(late);
        if (early === undefined || sameValue(early.value, late.value)) return edits([]);
        return edits([grammar.reply(early.operation, late.object, late.value), grammar.reply(late.operation, late.object, early.value)]);
      })
    );
  },
});

const lostAppend: Injection = {
  kind: 'lost append',
  summary: 'an append is acknowledged and forgotten: what it appended is missing from every answer',
  prepare: ({ operations }) => {
    const appends = operations.filter(({ invoke, type }) => type === 'ok' && invoke.f === 'append' && String(invoke.value) !== '');
    const gets = operations.filter(({ invoke, type }) => type === 'ok' && invoke.f === 'get');
    const pick = picker(appends);
    return (
      pick &&
      (rng => {
        const { invoke } = pick(rng);
        const token = String(invoke.value);
        const without = gets.flatMap(get => {
          const parts = get.invoke.key === invoke.key ? String(get.completion!.value ?? '').split(token) : [];
          return parts.length === 2 ? [answered(get, parts.join(''))] : [];
        });
        return edits(without);
      })
    );
  },
};

const injectionsFor = (grammar: Grammar): readonly Injection[] => [
  staleRead(grammar),
  lostWrite(grammar),
  dirtyRead(grammar),
  reordering(grammar),
];

export const registerInjections = injectionsFor(registerGrammar);
export const manyRegisterInjections = injectionsFor(manyGrammar);
export const kvInjections = [staleRead(kvGrammar), lostAppend, lostWrite(kvGrammar), dirtyRead(kvGrammar), reordering(kvGrammar)];
export const monotonicInjections = [staleRead(monotonicGrammar), reordering(monotonicGrammar)];
