import { expect, test } from 'vitest';
import { layOutLanes } from './layout.ts';

const bar = (process: number, startOrder: number, endOrder: number | null, width = 10) => ({ process, startOrder, endOrder, width });

test('every bar has room for its label, and order and overlap are those of the history', () => {
  const bars = [bar(0, 0, 3), bar(1, 1, 2, 30), bar(0, 4, 5)];
  const { bars: placed } = layOutLanes(bars, 2);
  for (const [at, { start, end }] of placed.entries()) expect(end - start).toBeGreaterThanOrEqual(bars[at]!.width);
  const [first, second, third] = placed;
  expect(first!.start).toBeLessThan(second!.start);
  expect(second!.end).toBeLessThan(first!.end);
  expect(first!.end).toBeLessThan(third!.start);
});

test('an operation without an end goes on to the edge of the drawing', () => {
  const { bars, width } = layOutLanes([bar(0, 0, null), bar(1, 1, 2)], 2);
  expect(bars[0]!.end).toBe(width);
  expect(bars[1]!.end).toBeLessThan(width);
});

test('lanes are in the order of their first operation, those that matter first', () => {
  expect(layOutLanes([bar(5, 2, 3), bar(9, 0, 1)], 2).rows).toEqual([9, 5]);
  expect(layOutLanes([{ ...bar(5, 2, 3), first: true }, bar(9, 0, 1)], 2).rows).toEqual([5, 9]);
  expect(layOutLanes([], 2)).toEqual({ rows: [], bars: [], width: 2 });
});
