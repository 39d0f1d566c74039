import { expect, test } from 'vitest';
import type { EventType, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { misfitIn, workloadWith } from './vocabulary.ts';

const events = (...given: readonly (readonly [EventType, string, Json])[]): History =>
  given.map(([type, f, value], index) => ({ index, time: index, process: 0, type, f, value }));

test.each<[string, History]>([
  ['register', events(['invoke', 'write', 5], ['ok', 'write', 5], ['invoke', 'cas', [5, null]], ['fail', 'cas', 'lost'])],
  ['multi-register', events(['invoke', 'read', null], ['ok', 'read', { x: 1 }])],
  ['set', events(['invoke', 'read', null], ['ok', 'read', null])],
  ['kv', events(['invoke', 'append', 'a'], ['info', 'append', 5])],
  ['not known here', events(['invoke', 'anything', 1])],
])('a history of %s fits', (workload, history) => expect(misfitIn(history, workload)).toBeUndefined());

test.each<[string, History, RegExp, number]>([
  ['register', events(['invoke', 'enqueue', 5]), /workload register: read, write or cas/, 0],
  ['register', events(['invoke', 'cas', 5]), /pair/, 0],
  ['multi-register', events(['invoke', 'write', null]), /by name/, 0],
  ['set', events(['invoke', 'read', null], ['ok', 'read', 5]), /a list/, 1],
  ['counter', events(['invoke', 'add', 'two']), /a number/, 0],
  ['register', events(['invoke', 'constructor', 1]), /operation of workload/, 0],
])('a history that is not of %s is told from one', (workload, history, expected, index) => {
  const misfit = misfitIn(history, workload);
  expect(misfit?.expected).toMatch(expected);
  expect(misfit?.index).toBe(index);
});

test('what the nemesis does is no operation', () =>
  expect(misfitIn([{ index: 0, time: 0, process: 'nemesis', type: 'info', f: 'partition', value: null }], 'register')).toBeUndefined());

test.each([
  [['read', 'write'], 'register'],
  [['enqueue'], 'queue'],
  [['acquire', 'release'], 'lock'],
  [['get'], 'kv'],
  [[], 'register'],
  [['juggle'], undefined],
])('%j is a history of %s', (names, workload) => expect(workloadWith(new Set(names))).toBe(workload));
