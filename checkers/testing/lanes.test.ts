import { expect, test } from 'vitest';
import { lanes } from './lanes.ts';

test('bars are calls and returns, columns are their order', () => {
  const history = lanes`
    p0  |add 1|   |add 1|
    p1       |read 2|   |read 1|
  `;
  expect(history.map(({ index, process, type, f, value }) => [index, process, type, f, value])).toEqual([
    [0, 0, 'invoke', 'add', 1],
    [1, 1, 'invoke', 'read', null],
    [2, 0, 'ok', 'add', 1],
    [3, 0, 'invoke', 'add', 1],
    [4, 1, 'ok', 'read', 2],
    [5, 1, 'invoke', 'read', null],
    [6, 0, 'ok', 'add', 1],
    [7, 1, 'ok', 'read', 1],
  ]);
});

test('keys, nodes, several values, outcomes, and a new process number after an unknown one', () => {
  const history = lanes`
    p0@n1  |x: cas 1 2 missed| |x: write 3 info|  |7: write "a b" fail|
    p1         |write {"a":1} ...
  `;
  expect(history).toMatchObject([
    { process: 0, type: 'invoke', f: 'cas', key: 'x', value: [1, 2], node: 'n1' },
    { process: 1, type: 'invoke', f: 'write', value: { a: 1 } },
    { process: 0, type: 'ok', f: 'cas', key: 'x', value: [1, 2], applied: false },
    { process: 0, type: 'invoke', f: 'write', value: 3 },
    { process: 0, type: 'info', f: 'write', value: 3 },
    { process: 2, type: 'invoke', f: 'write', key: 7, value: 'a b' },
    { process: 2, type: 'fail', f: 'write', key: 7, value: 'a b' },
  ]);
  expect(history).toHaveLength(7);
});

test('rejects: a line without a process', () => {
  expect(
    () => lanes`
    |read 1|
  `,
  ).toThrow('begins with its process');
});
