import { expect, test } from 'vitest';
import { parseLease } from './lease.ts';
import { parseStat } from './process-id.ts';

const lease = {
  token: 'abc',
  controller: { pid: 100, started: '5' },
  runFolder: '/runs/x',
  processes: [{ pid: 101, started: '6', label: 'node n1' }],
};

test('a lease survives being written and read', () => {
  expect(parseLease(JSON.stringify(lease))).toEqual(lease);
});

test.each([
  ['torn', JSON.stringify(lease).slice(0, 40)],
  ['without a token', JSON.stringify({ ...lease, token: undefined })],
  ['naming pid 1', JSON.stringify({ ...lease, processes: [{ pid: 1, started: '6' }] })],
  ['naming a process group', JSON.stringify({ ...lease, processes: [{ pid: -7, started: '6' }] })],
  ['without start times', JSON.stringify({ ...lease, processes: [{ pid: 101 }] })],
])('a lease %s is refused: nothing is killed on its word', (_what, text) => {
  expect(() => parseLease(text)).toThrow();
});

test('a process whose name holds spaces and parentheses is read right', () => {
  const text = '42 (my (odd) name) T 1 40 40 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 11 0 7654321 1 2 3';
  expect(parseStat(text)).toEqual({ state: 'T', group: 40, started: '7654321' });
});
