/** What random clients of each model ask, and how an honest object answers. */
import type { Json } from '../../harness/std/json.ts';
import { counter, fifoQueue, set } from '../models/collections.ts';
import { kv } from '../models/kv.ts';
import { multiRegister } from '../models/multi-register.ts';
import { mutex } from '../models/mutex.ts';
import { register } from '../models/register.ts';
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
