import { expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { kafka } from './log.ts';

const judge = (history: History) => kafka.check(history, { workload: 'log', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });

/** One operation after the other: process, name, what was asked (of log k), what was answered. No answer: unknown outcome; `fail`: refused. */
const log = (...steps: readonly (readonly [number, string, Json, Json?])[]): History =>
  steps.flatMap(([process, f, asked, answered], at): Event[] => {
    const common = { process, f, ...(f === 'send' && { key: 'k' }) };
    const invoke: Event = { index: 2 * at, time: 2000 * at, type: 'invoke', value: asked, ...common };
    const type = answered === undefined ? 'info' : answered === 'fail' ? 'fail' : 'ok';
    return [invoke, { index: 2 * at + 1, time: 2000 * at + 1000, type, value: type === 'ok' ? answered! : asked, ...common }];
  });

const sent = (process: number, value: number, offset: number) => [process, 'send', value, [offset, value]] as const;
const polled = (process: number, ...records: readonly (readonly [number, Json])[]) => [process, 'poll', null, { k: records }] as const;
const types = (history: History) => judge(history).anomalies.map(({ type, operations }) => [type, operations]);

test('accepts: sends and polls in order, gaps between offsets, a consumer that begins anew, sends of unknown outcome', () => {
  const history = log(
    sent(0, 10, 0),
    [1, 'send', 11],
    sent(0, 12, 5),
    polled(2, [0, 10], [3, 11]),
    polled(2, [5, 12]),
    [2, 'assign', ['k'], null],
    polled(2, [0, 10]),
    sent(0, 13, 6),
  );
  expect(judge(history)).toMatchObject({ valid: true, anomalies: [], measured: { logs: 1, unseen: 1 } });
});

test('rejects: what was acknowledged and skipped by all', () => {
  const { valid, anomalies } = judge(log(sent(0, 10, 0), sent(0, 11, 1), sent(0, 12, 2), polled(1, [0, 10], [2, 12])));
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'lost-write', key: 'k', operations: [3, 7] }] });
});

test('rejects: what a consumer skipped but another saw, and going back', () => {
  const history = log(
    sent(0, 10, 0),
    sent(0, 11, 1),
    sent(0, 12, 2),
    polled(1, [0, 10], [1, 11]),
    polled(2, [0, 10], [2, 12]),
    polled(2, [1, 11]),
  );
  expect(types(history)).toEqual([
    ['poll-skip', [7, 9]],
    ['nonmonotonic-poll', [9, 11]],
  ]);
});

test('rejects: two values at one offset, one value at two, each told once', () => {
  expect(types(log(sent(0, 10, 0), sent(0, 11, 1), polled(1, [0, 11]), polled(2, [0, 11])))).toEqual([
    ['inconsistent-offsets', [1, 5]],
    ['duplicate', [3, 5]],
  ]);
});

test('rejects: what nobody sent, what was refused, and what was only sent later', () => {
  expect(types(log([0, 'send', 10, 'fail'], polled(1, [0, 10], [1, 99], [2, 12]), sent(0, 12, 2)))).toEqual([
    ['aborted-read', [1, 3]],
    ['unexpected', [3]],
    ['unexpected', [3, 5]],
  ]);
});

test('rejects: a later send of the same process at a smaller offset', () => {
  expect(types(log(sent(0, 10, 4), sent(1, 11, 3), sent(0, 12, 2)))).toEqual([['nonmonotonic-send', [1, 5]]]);
});
