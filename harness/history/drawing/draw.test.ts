import { expect, test } from 'vitest';
import type { Event, History } from '../event.ts';
import { drawLanes, drawOperations } from './draw.ts';

const events = (...rows: readonly (readonly [process: number, type: Event['type'], f: string, value: number | null])[]): History =>
  rows.map(([process, type, f, value], index) => ({ index, time: index * 1e6, process, type, f, key: 'x', value, node: `n${process}` }));

const history = events(
  [1, 'invoke', 'write', 1],
  [2, 'invoke', 'write', 2],
  [1, 'ok', 'write', 1],
  [3, 'invoke', 'write', 3],
  [1, 'invoke', 'read', null],
  [2, 'fail', 'write', 2],
  [3, 'info', 'write', 3],
  [1, 'ok', 'read', 1],
);

test('order and overlap are true; who is refused has a cross, who never answered trails off', () => {
  expect(drawOperations(history, [2, 5, 3, 7])).toEqual([
    'p1 n1  |write x=1|   |read x=1|',
    'p2 n2    |write x=2 ✕  |',
    'p3 n3              |write x=3~~~~',
  ]);
});

test('an operation goes by its call or its return; what is not there is not drawn', () => {
  expect(drawOperations(history, [0])).toEqual(drawOperations(history, [2]));
  expect(drawOperations(history, [0, 99])).toEqual(['p1 n1  |write x=1|']);
  expect(drawOperations(history, [])).toEqual([]);
  expect(drawLanes([], 80)).toBeUndefined();
});

test('what does not fit is a list', () => {
  expect(drawOperations(history, [2, 7], 20)).toEqual([
    '      2  p1 n1  write x=1  ok, asked at 0.000 s',
    '      7  p1 n1  read x=1  ok, asked at 0.004 s',
  ]);
  const many = events(...Array.from({ length: 15 }, (_, i) => [i, 'invoke', 'write', i] as const));
  expect(drawOperations(many, [...Array(15).keys()]).at(-1)).toBe('and 3 operations more');
});
