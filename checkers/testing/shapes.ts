/** What random clients of each model ask, and how an honest object answers. */
import type { Json } from '../../harness/std/json.ts';
import type { Rng } from '../../harness/std/rng.ts';
import type { Model } from '../linearizable/model.ts';
import { appendOnlyLog } from '../models/append-only-log.ts';
import { counter, fifoQueue, set } from '../models/collections.ts';
import { kv } from '../models/kv.ts';
import { multiRegister } from '../models/multi-register.ts';
import { mutex } from '../models/mutex.ts';
import { fencedLock, reentrantLock } from '../models/owned-locks.ts';
import { priorityQueue } from '../models/priority-queue.ts';
import { register } from '../models/register.ts';
import { stack } from '../models/stack.ts';
import { uniqueIds } from '../models/unique-ids.ts';
import { unorderedQueue } from '../models/unordered-queue.ts';
import { sameValue } from '../models/values.ts';
import type { Shape } from './random-history.ts';

/** `values`: how many different ones; 0: all unique. `denied`: share of failed cas that say so (`applied: false`) instead of `fail`. */
export const registerShape = (values: number, denied = 0): Shape<Json> => {
  const recent: Json[] = [null];
  return {
    model: register,
    request: (rng, fresh) => {
      const value = (): number => {
        const next = values === 0 ? fresh() : rng.int(values);
        recent.push(next);
        if (recent.length > 4) recent.shift();
        return next;
      };
      const old = (): Json => (rng.chance(0.1) ? null : values === 0 ? rng.pick(recent) : rng.int(values));
      const kind = rng.int(3);
      if (kind === 0) return { f: 'read', value: null };
      if (kind === 1) return { f: 'write', value: value() };
      const from = old();
      return { f: 'cas', value: [from, value()] };
    },
    answer: (state, f, value) => {
      if (f === 'read') return { value: state };
      if (f === 'write' || sameValue(state, (value as readonly Json[])[0]!)) return { value };
      return denied > 0 ? { value, applied: false } : { value, type: 'fail' };
    },
    lie: (rng, f, value) => (f === 'read' ? (rng.chance(0.2) ? null : values === 0 ? rng.pick(recent) : rng.int(values)) : value),
  };
};

type Registers = { readonly [name: string]: Json };

export const multiRegisterShape: Shape<Registers> = {
  model: multiRegister(),
  request: rng => {
    const names = rng.pick([['a'], ['b'], ['a', 'b']]);
    if (rng.chance(0.3)) return { f: 'txn', value: names.map(name => (rng.chance(0.5) ? ['r', name, null] : ['w', name, rng.int(2)])) };
    const all = (value: () => Json): Json => Object.fromEntries(names.map(name => [name, value()]));
    return rng.chance(0.5) ? { f: 'read', value: all(() => null) } : { f: 'write', value: all(() => rng.int(2)) };
  },
  answer: (state, f, value) => {
    if (f === 'write') return { value };
    const now = { ...state };
    if (f === 'read') return { value: Object.fromEntries(Object.keys(value as Registers).map(name => [name, now[name] ?? null])) };
    const micro = (value as readonly (readonly [string, string, Json])[]).map(([verb, name, v]) => {
      if (verb === 'w') now[name] = v;
      return [verb, name, now[name] ?? null];
    });
    return { value: micro };
  },
  lie: (rng, f, value) =>
    f === 'read' ? Object.fromEntries(Object.keys(value as Registers).map(name => [name, rng.pick([null, 0, 1])])) : value,
};

/** Few letters make equal appends, of which one may be overwritten and the other not. */
export const kvShape = (letters: readonly string[] = ['a', 'b']): Shape<string> => ({
  model: kv,
  request: rng => {
    const f = rng.pick(['get', 'get', 'put', 'append', 'append']);
    return { f, value: f === 'get' ? null : rng.pick(f === 'put' ? ['a', 'b'] : letters) };
  },
  answer: (state, f, value) => ({ value: f === 'get' ? state : value }),
  lie: (rng, f, value) => (f === 'get' ? rng.pick(['', 'a', 'b', 'ab', 'ba', String(value).slice(1)]) : value),
});

export const mutexShape: Shape<'free' | 'held'> = {
  model: mutex,
  request: rng => ({ f: rng.pick(['acquire', 'release']), value: null }),
  answer: (state, f) => ({ value: null, type: (f === 'acquire') === (state === 'free') ? 'ok' : 'fail' }),
  lie: (_rng, _f, value) => value,
};

export const queueShape: Shape<readonly Json[]> = {
  model: fifoQueue,
  request: rng => (rng.chance(0.5) ? { f: 'enqueue', value: rng.int(3) } : { f: 'dequeue', value: null }),
  answer: (state, f, value) => ({ value: f === 'dequeue' ? (state[0] ?? null) : value }),
  lie: (rng, f, value) => (f === 'dequeue' ? rng.pick([null, 0, 1, 2]) : value),
};

/**
 * Every value goes in once, the n-th being `value(n)`. `verbs`: what adds and what removes. Answers are honest to the model, lies are values
 * given lately, or null.
 */
export const uniqueShape = <State>(
  model: Model<State>,
  [add, remove]: readonly [string, string],
  next: (state: State) => Json,
  value: (n: number) => Json = n => n,
): Shape<State> => {
  let newest = 1;
  return {
    model,
    request: (rng, fresh) => {
      if (rng.chance(0.5)) return { f: remove, value: null };
      newest = fresh();
      return { f: add, value: value(newest) };
    },
    answer: (state, f, asked) => ({ value: f === remove ? next(state) : asked }),
    lie: (rng, f, asked) => (f === remove ? (rng.chance(0.25) ? null : value(Math.max(1, newest - rng.int(3)))) : asked),
  };
};

/** In any order, so that what goes in last may come out first: no two of the first thirty are equal. */
const scrambled = (n: number): number => (n * 7) % 31;

export const uniqueQueueShape = uniqueShape(fifoQueue, ['enqueue', 'dequeue'], items => items[0] ?? null);
export const uniqueStackShape = uniqueShape(stack, ['push', 'pop'], items => items.at(-1) ?? null);
export const uniqueBagShape = uniqueShape(unorderedQueue, ['enqueue', 'dequeue'], items => parsed(items[items.length >> 1]));
export const uniquePriorityQueueShape = (first: 'smallest' | 'largest') =>
  uniqueShape(priorityQueue(first), ['enqueue', 'dequeue'], items => items[0] ?? null, scrambled);

export const setShape: Shape<readonly string[]> = {
  model: set,
  request: rng => (rng.chance(0.5) ? { f: 'add', value: rng.int(3) } : { f: 'read', value: null }),
  answer: (state, f, value) => ({ value: f === 'read' ? state.map(text => JSON.parse(text) as Json) : value }),
  lie: (rng, f, value) => (f === 'read' ? [0, 1, 2].filter(() => rng.chance(0.4)) : value),
};

export const counterShape: Shape<number> = {
  model: counter,
  request: rng => (rng.chance(0.5) ? { f: 'add', value: rng.int(4) - 1 } : { f: 'read', value: null }),
  answer: (state, f, value) => ({ value: f === 'read' ? state : value }),
  lie: (rng, f, value) => (f === 'read' ? rng.int(4) : value),
};

/** Answers that are wrong by little. */
const nearby = (rng: Rng, value: Json, step: number): Json => (value as number) + step * (rng.int(3) - 1);

export const evenCounterShape = (amount: number): Shape<number> => ({
  model: counter,
  request: rng => (rng.chance(0.6) ? { f: 'add', value: amount } : { f: 'read', value: null }),
  answer: (state, f, value) => ({ value: f === 'read' ? state : value }),
  lie: (rng, f, value) => (f === 'read' ? nearby(rng, value, amount) : value),
});

export const growingCounterShape: Shape<number> = {
  model: counter,
  request: rng => (rng.chance(0.6) ? { f: 'add', value: 1 + rng.int(3) } : { f: 'read', value: null }),
  answer: (state, f, value) => ({ value: f === 'read' ? state : value }),
  lie: (rng, f, value) => (f === 'read' ? nearby(rng, value, 1 + rng.int(2)) : value),
};

/** Elements are mostly unique, and answers wrong in one of them. */
export const likelySetShape: Shape<readonly string[]> = {
  model: set,
  request: (rng, fresh) => (rng.chance(0.6) ? { f: 'add', value: rng.chance(0.2) ? 1 : fresh() } : { f: 'read', value: null }),
  answer: (state, f, value) => ({ value: f === 'read' ? state.map(text => JSON.parse(text) as Json) : value }),
  lie: (rng, f, value) => {
    if (f !== 'read') return value;
    const list = value as readonly Json[];
    return rng.chance(0.7) ? list.toSpliced(rng.int(list.length + 1), 1) : [...list, 1 + rng.int(6)];
  },
};

/** What takes values in and gives one of them out again; `out` is what an honest object gives next. */
const collectionShape = <State>(model: Model<State>, names: readonly [string, string], out: (state: State) => Json): Shape<State> => ({
  model,
  request: (rng, fresh) =>
    rng.chance(0.5) ? { f: names[0], value: rng.chance(0.3) ? fresh() : rng.int(3) } : { f: names[1], value: null },
  answer: (state, f, value) => ({ value: f === names[1] ? out(state) : value }),
  lie: (rng, f, value) => (f === names[1] ? rng.pick([null, 0, 1, 2]) : value),
});

const parsed = (text: string | undefined): Json => (text === undefined ? null : JSON.parse(text));

export const bagShape = collectionShape(unorderedQueue, ['enqueue', 'dequeue'], items => parsed(items[items.length >> 1]));
export const stackShape = collectionShape(stack, ['push', 'pop'], items => items.at(-1) ?? null);
export const priorityQueueShape = (first: 'smallest' | 'largest') =>
  collectionShape(priorityQueue(first), ['enqueue', 'dequeue'], items => items[0] ?? null);

export const reentrantLockShape: Shape<typeof reentrantLock.init> = {
  model: reentrantLock,
  request: rng => ({ f: rng.pick(['acquire', 'release']), value: null }),
  answer: (state, f, value, client) => ({
    value,
    type: reentrantLock.step(state, { f, input: null, output: null, client }) === undefined ? 'fail' : 'ok',
  }),
  lie: (_rng, _f, value) => value,
};

export const fencedLockShape: Shape<typeof fencedLock.init> = {
  model: fencedLock,
  request: rng => ({ f: rng.pick(['acquire', 'release']), value: null }),
  answer: (state, f, _value, client) => {
    const token = f === 'acquire' ? Math.max(0, state.token) + 1 : null;
    return { value: token, type: fencedLock.step(state, { f, input: null, output: token, client }) === undefined ? 'fail' : 'ok' };
  },
  lie: (rng, f, value) => (f === 'acquire' ? rng.pick([null, 1, 2, 3]) : value),
};

export const uniqueIdsShape: Shape<readonly string[]> = {
  model: uniqueIds,
  request: () => ({ f: 'generate', value: null }),
  answer: state => ({ value: state.length }),
  lie: rng => rng.int(6),
};

/** `answers`: what an append is answered with. */
export const logShape = (answers: 'offset' | 'pair' | 'value', unique: boolean): Shape<readonly Json[]> => ({
  model: appendOnlyLog,
  request: (rng, fresh) => (rng.chance(0.5) ? { f: 'append', value: unique ? 10 + fresh() : rng.int(3) } : { f: 'read', value: null }),
  answer: (state, f, value) => {
    if (f === 'read') return { value: state };
    return { value: answers === 'value' ? value : answers === 'offset' ? state.length : [state.length, value] };
  },
  lie: (rng, f, value) => {
    if (f === 'append')
      return answers === 'value' ? value : answers === 'offset' ? rng.int(4) : [rng.int(4), (value as readonly Json[])[1]!];
    const list = value as readonly Json[];
    const at = rng.int(list.length + 1);
    return rng.pick([list.toSpliced(at, 1), list.slice(0, at), list.toSpliced(at, 0, rng.int(3)), list.toReversed()]);
  },
});
