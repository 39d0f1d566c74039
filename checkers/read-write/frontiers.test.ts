import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { frontiers } from './frontiers.ts';

test.each([1, 3, 8])('rows of %i numbers are new once each', width => {
  const rng = createRng(`frontiers/${width}`);
  const seen = new Set<string>();
  const set = frontiers(width, 2 ** 24);
  let again = 0;
  for (let i = 0; i < 5000; i++) {
    const row = Int32Array.from({ length: width }, () => rng.int(width === 1 ? 3000 : width === 3 ? 14 : 3));
    const name = row.join();
    if (seen.has(name)) again++;
    expect(set.add(row)).toBe(!seen.has(name));
    seen.add(name);
    expect(set.count).toBe(seen.size);
  }
  expect(Math.min(again, seen.size)).toBeGreaterThan(1000);
});

test('says when there is no memory for more, and still knows what it holds', () => {
  const set = frontiers(1, 16);
  const added = Array.from({ length: 20 }, (_, i) => set.add(Int32Array.of(i)));
  expect(added).toEqual([...Array(16).fill(true), undefined, undefined, undefined, undefined]);
  expect(set.add(Int32Array.of(3))).toBe(false);
});
