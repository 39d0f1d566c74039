import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { UsedSets } from './used-sets.ts';

test('counts, sameness and inclusion agree with plain multisets', () => {
  const rng = createRng('used-sets');
  const kinds = 4;
  const sets = new UsedSets(new Int32Array(kinds).fill(-1));
  const known = new Map<number, readonly number[]>([[0, [0, 0, 0, 0]]]);
  for (let i = 0; i < 3000; i++) {
    const [id, counts] = rng.pick([...known].filter(([, list]) => list.reduce((a, b) => a + b) < 8));
    const kind = rng.int(kinds);
    const next = sets.with(id, kind);
    const expected = counts.map((count, k) => count + Number(k === kind));
    expect(known.get(next) ?? expected).toEqual(expected);
    known.set(next, expected);
    expect(expected.map((_, k) => sets.count(next, k))).toEqual(expected);
    const [other, its] = rng.pick([...known]);
    expect(sets.atMost(other, next)).toBe(its.every((count, k) => count <= expected[k]!));
  }
  expect(new Set([...known.values()].map(String)).size).toBe(known.size);
});

test('a kind that stands in for another pays for it, once each', () => {
  const [write, first, second] = [0, 1, 2];
  const sets = new UsedSets(Int32Array.of(-1, write, write));
  const of = (...kinds: number[]): number => kinds.reduce((id, kind) => sets.with(id, kind), 0);
  expect(sets.atMost(of(first), of(write))).toBe(true);
  expect(sets.atMost(of(write), of(first))).toBe(false);
  expect(sets.atMost(of(first, second), of(write, write))).toBe(true);
  expect(sets.atMost(of(first, second), of(write, second))).toBe(true);
  expect(sets.atMost(of(first, second), of(write))).toBe(false);
  expect(sets.atMost(of(write, first), of(write, second))).toBe(false);
  expect(sets.atMost(of(write, first), of(write, write, second))).toBe(true);
});
