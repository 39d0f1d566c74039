import { expect, test } from 'vitest';
import type { Event, ProcessId } from './event.ts';
import { operationIndex, pairOperations } from './operation.ts';

const event = (index: number, process: ProcessId, type: Event['type'], f = 'write'): Event => ({
  index,
  time: index,
  process,
  type,
  f,
  value: index,
});

test('each invocation is paired with the next completion of its process, in invocation order', () => {
  const operations = pairOperations([
    event(0, 0, 'invoke'),
    event(1, 1, 'invoke'),
    event(2, 'nemesis', 'info', 'kill'),
    event(3, 1, 'ok'),
    event(4, 1, 'invoke'),
    event(5, 0, 'fail'),
    event(6, 1, 'info'),
  ]);
  expect(operations.map(({ invoke, completion, type }) => [invoke.index, completion?.index, type])).toEqual([
    [0, 5, 'fail'],
    [1, 3, 'ok'],
    [4, 6, 'info'],
  ]);
});

test('an invocation without a completion is info', () => {
  expect(pairOperations([event(0, 0, 'invoke')])).toMatchObject([{ completion: undefined, type: 'info' }]);
});

test('an operation goes by its answer, or by its invocation if nobody knows', () => {
  const history = [
    event(0, 0, 'invoke'),
    event(1, 0, 'ok'),
    event(2, 0, 'invoke'),
    event(3, 0, 'fail'),
    event(4, 0, 'invoke'),
    event(5, 0, 'info'),
  ];
  expect(pairOperations(history).map(operationIndex)).toEqual([1, 3, 4]);
  expect(pairOperations([event(7, 0, 'invoke')]).map(operationIndex)).toEqual([7]);
});
