import { expect, test } from 'vitest';
import { createRng } from './rng.ts';

test('the same seed gives the same draws, another seed others', () => {
  const draws = (seed: number) => Array.from({ length: 20 }, (_, i) => createRng(seed).fork(`f${i}`).int(1000));
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});

test('a fork does not depend on what was drawn before it', () => {
  const drawn = createRng(1);
  for (let i = 0; i < 100; i++) drawn.float();
  expect(drawn.fork('nemesis').float()).toBe(createRng(1).fork('nemesis').float());
});

test('integers are spread evenly over their range', () => {
  const rng = createRng(3);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[rng.int(10)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(850);
});

test('shuffle keeps the items', () => {
  const items = [1, 2, 3, 4, 5, 6];
  expect(createRng(5).shuffle(items).sort()).toEqual(items);
});
