import { expect, test } from 'vitest';
import { limit } from '../harness/generator/basic.ts';
import { simulate } from '../harness/generator/simulate.ts';
import type { Event } from '../harness/history/event.ts';
import { type Options, resolveOptions } from '../harness/protocol/options.ts';
import type { Json } from '../harness/std/json.ts';
import { createRng } from '../harness/std/rng.ts';
import { listAppend } from './list-append.ts';

type Step = readonly [string, string, Json];

const context = (given: Options, seed = 1) => ({
  rng: createRng(seed),
  options: resolveOptions(listAppend.options, given),
  concurrency: 5,
  nodes: 3,
});
const asked = (given: Options = {}, count = 1000, seed = 1): Event[] =>
  simulate(limit(count, listAppend.generator(context(given, seed))), { concurrency: 5, seed: 1 }).filter(({ type }) => type === 'invoke');
const steps = (events: readonly Event[]): Step[] => events.flatMap(({ value }) => value as unknown as Step[]);

test('the same seed asks the same', () => {
  expect(asked({}, 100, 7).map(({ value }) => value)).toEqual(asked({}, 100, 7).map(({ value }) => value));
  expect(asked({}, 100, 7).map(({ value }) => value)).not.toEqual(asked({}, 100, 8).map(({ value }) => value));
});

test('no value is appended twice, and no list grows longer than it may', () => {
  const appends = steps(asked({ length: 6 })).filter(([verb]) => verb === 'append');
  expect(new Set(appends.map(([, , value]) => value)).size).toBe(appends.length);
  const perKey = new Map<string, number>();
  for (const [, key] of appends) perKey.set(key, (perKey.get(key) ?? 0) + 1);
  expect(Math.max(...perKey.values())).toBe(6);
});

test('transactions have one to four steps, about half of them reads', () => {
  const events = asked();
  const lengths = new Set(events.map(({ value }) => (value as Json[]).length));
  expect(lengths).toEqual(new Set([1, 2, 3, 4]));
  const all = steps(events);
  expect(all.filter(([verb]) => verb === 'r').length / all.length).toBeCloseTo(0.5, 1);
});

test('at the end a process of every node reads every list, the latest first', () => {
  const final = listAppend.final!({ ...context({ steps: 2, finalLists: 3 }), keys: ['k0', 'k1', 'k2', 'k3'] });
  const reads = simulate(final, { concurrency: 5 }).filter(({ type }) => type === 'invoke');
  for (const process of [0, 1, 2])
    expect(steps(reads.filter(event => event.process === process)).map(([, key]) => key)).toEqual(['k3', 'k2', 'k1']);
});
