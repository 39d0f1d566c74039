import { expect, test } from 'vitest';
import { limit } from '../harness/generator/basic.ts';
import { simulate } from '../harness/generator/simulate.ts';
import type { Event } from '../harness/history/event.ts';
import type { Request } from '../harness/protocol/generator.ts';
import { type Options, resolveOptions } from '../harness/protocol/options.ts';
import type { Json } from '../harness/std/json.ts';
import { createRng } from '../harness/std/rng.ts';
import { register } from './register.ts';

const context = (given: Options, seed = 1) => ({
  rng: createRng(seed),
  options: resolveOptions(register.options, given),
  concurrency: 5,
  nodes: 3,
});

/** A linearizable store that takes effect at the beginning of each operation. */
const store = () => {
  const registers = new Map<unknown, Json>();
  return ({ f, key, value }: Request, rng: { int(n: number): number }) => {
    const latencyNs = 1 + rng.int(3_000_000);
    const now = registers.get(key) ?? null;
    if (f === 'read') return { latencyNs, value: now };
    if (f === 'cas' && (value as Json[])[0] !== now) return { latencyNs, type: 'fail' as const };
    registers.set(key, f === 'cas' ? (value as Json[])[1]! : value);
    return { latencyNs };
  };
};

const history = (given: Options, count = 2000, seed = 1): Event[] =>
  simulate(limit(count, register.generator(context(given, seed))), { concurrency: 5, seed, respond: store() });

const asked = (events: readonly Event[]) => events.filter(event => event.type === 'invoke');

test('the same seed asks the same, whatever the system answers', () => {
  const requests = (seed: number, latencySeed: number) =>
    asked(simulate(limit(300, register.generator(context({}, seed))), { concurrency: 4, seed: latencySeed, respond: store() })).map(
      ({ f, key, value }) => ({ f, key, value }),
    );
  expect(requests(7, 1)).toEqual(requests(7, 2));
  expect(requests(7, 1)).not.toEqual(requests(8, 1));
});

test('no value is written twice', () => {
  const written = asked(history({})).flatMap(({ f, value }) => (f === 'write' ? [value] : f === 'cas' ? [(value as Json[])[1]] : []));
  expect(new Set(written).size).toBe(written.length);
});

test('small values stay between 0 and 4', () => {
  const values = asked(history({ values: 'small' })).flatMap(({ value }) => value);
  expect(new Set(values)).toEqual(new Set([null, 0, 1, 2, 3, 4]));
});

test('the mix follows its weights, and most compare-and-sets succeed on a healthy store', () => {
  const events = history({ reads: 1, writes: 2, cas: 1 }, 4000);
  const share = (f: string) => asked(events).filter(event => event.f === f).length / 4000;
  expect(share('write')).toBeCloseTo(0.5, 1);
  expect(share('read')).toBeCloseTo(0.25, 1);
  const cas = events.filter(event => event.f === 'cas' && event.type !== 'invoke');
  expect(cas.filter(event => event.type === 'ok').length / cas.length).toBeGreaterThan(0.6);
});

test('keys are used a few at a time and replaced after their share of operations', () => {
  const events = asked(history({ keys: 4, rotate: 50 }, 2000));
  const perKey = new Map<unknown, number>();
  for (const { key } of events) perKey.set(key, (perKey.get(key) ?? 0) + 1);
  expect(Math.max(...perKey.values())).toBe(50);
  expect(perKey.size).toBeGreaterThanOrEqual(40);
  expect([...perKey.keys()].slice(0, 4).sort()).toEqual(['k0', 'k1', 'k2', 'k3']);
});

test('without rotation the keys stay', () => {
  expect(new Set(asked(history({ keys: 3, rotate: 0 })).map(event => event.key))).toEqual(new Set(['k0', 'k1', 'k2']));
});

test('at the end a process of every node reads every key, the latest first', () => {
  const keys = ['k0', 'k1', 'k2', 'k3'];
  const final = register.final!({ ...context({ finalKeys: 3 }), keys });
  const reads = asked(simulate(final, { concurrency: 5 }));
  for (const process of [0, 1, 2])
    expect(reads.filter(event => event.process === process).map(event => event.key)).toEqual(['k3', 'k2', 'k1']);
  expect(reads).toHaveLength(9);
});
