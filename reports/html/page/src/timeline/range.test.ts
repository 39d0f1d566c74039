import { expect, test } from 'vitest';
import { clamped, panned, whole, zoomed } from './range.ts';

const all = { from: 0, to: 100 };

test('zooming in keeps the moment under the pointer where it is', () => {
  expect(zoomed(all, all, 0.5, 20)).toEqual({ from: 10, to: 60 });
  expect(zoomed(all, { from: 10, to: 60 }, 0.5, 20)).toEqual({ from: 15, to: 40 });
});

test('zooming out ends at the whole run', () => {
  expect(zoomed(all, { from: 90, to: 100 }, 1000, 95)).toEqual(all);
  expect(whole(all, zoomed(all, { from: 40, to: 50 }, 1000, 45))).toBe(true);
});

test('zooming in ends at a millisecond', () => {
  const { from, to } = zoomed(all, { from: 50, to: 50.002 }, 0.0001, 50.001);
  expect(to - from).toBeCloseTo(0.001, 9);
});

test('moving stops at the ends of the run, without changing what fits', () => {
  expect(panned(all, { from: 10, to: 30 }, 0.5)).toEqual({ from: 20, to: 40 });
  expect(panned(all, { from: 10, to: 30 }, -5)).toEqual({ from: 0, to: 20 });
  expect(clamped(all, { from: 95, to: 115 })).toEqual({ from: 80, to: 100 });
});
