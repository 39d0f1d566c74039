import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

const turn = () => Promise.resolve();

test('results are in the order of the items, whatever finishes first', async () => {
  const slowFirst = async (n: number) => {
    for (let i = 0; i < 10 - n; i++) await turn();
    return n * n;
  };
  expect(await inParallel([1, 2, 3, 4], 4, slowFirst)).toEqual([1, 4, 9, 16]);
});

test('never more at a time than the limit', async () => {
  let running = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async () => {
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  expect(most).toBe(3);
});

test('throws the first error, when everything else is done', async () => {
  const done: number[] = [];
  const act = async (n: number) => {
    await turn();
    if (n === 2) throw new Error('two is bad');
    done.push(n);
  };
  await expect(inParallel([1, 2, 3], 2, act)).rejects.toThrow('two is bad');
  expect(done).toEqual([1, 3]);
});
