import { expect, test } from 'vitest';
import { count, counted, duration, listed, share } from './units.ts';

test.each([
  [0.42, '0.42 ms'],
  [12.34, '12.3 ms'],
  [340.2, '340 ms'],
  [2100, '2.10 s'],
  [200_000, '3 min 20 s'],
  [3_900_000, '1 h 05 min'],
])('%d milliseconds are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('only all is 100 % and only nothing is 0 %', () => {
  expect([0, 0.00001, 0.5, 0.99999, 1].map(share)).toEqual(['0 %', '0.1 %', '50.0 %', '99.9 %', '100 %']);
});

test('numbers and lists read as prose', () => {
  expect([count(999), count(1234567), counted(1, 'key'), counted(2000, 'key')]).toEqual(['999', '1,234,567', '1 key', '2,000 keys']);
  expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
});
