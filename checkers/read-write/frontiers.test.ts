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
  const limit = 2 ** 20;
  const set = frontiers(4, limit);
  let held = 0;
  while (held < limit && set.add(Int32Array.of(held, 1, 2, 3)) === true) held++;
  expect(held).toBeGreaterThan(1000);
  expect(held).toBeLessThan(limit / 16);
  expect(set.add(Int32Array.of(held, 1, 2, 3))).toBeUndefined();
  expect(set.add(Int32Array.of(3, 1, 2, 3))).toBe(false);
  expect(set.count).toBe(held);
});
