import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';

const draw = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

test('one seed, one sequence; another seed, another', () => {
  expect(draw(7, 50)).toEqual(draw(7, 50));
  expect(draw(7, 50)).not.toEqual(draw(8, 50));
  expect(draw(2 ** 40, 5)).not.toEqual(draw(2 ** 41, 5));
});

test('numbers fill [0, 1) evenly enough', () => {
  const numbers = draw(1, 10_000);
  expect(numbers.every(x => x >= 0 && x < 1)).toBe(true);
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = numbers.filter(x => Math.floor(x * 10) === tenth).length;
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1150);
  }
});
