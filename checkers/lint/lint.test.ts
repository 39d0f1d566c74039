import { describe, expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { registerShape } from '../testing/shapes.ts';
import { type LintCode, lintRules } from './finding.ts';
import { lintHistory } from './lint.ts';

/** What is found, without the notes on time that small drawings give rise to. */
const codes = (history: History, workload = 'register'): LintCode[] => lintHistory(history, workload).map(({ code }) => code);

const find = (code: LintCode, history: History, workload = 'register') => {
  const found = lintHistory(history, workload).find(finding => finding.code === code);
  return found && { severity: found.severity, operations: found.operations, count: found.count };
};

/** Of a process: what it asks and what it is answered, one column each. */
type Row = readonly [process: number | 'nemesis', type: Event['type'], f: string, value?: Json, more?: Partial<Event>];

const events = (...rows: readonly Row[]): History =>
  rows.map(([process, type, f, value = null, more], index) => ({ index, time: (index + 1) * 1_000_000, process, type, f, value, ...more }));

/** So many operations, two processes at a time, with answers as given. */
const many = (
  count: number,
  operation: (i: number) => { f: string; value: Json; answer?: Json; type?: Event['type']; error?: string },
): History => {
  const rows: Row[] = [];
  for (let i = 0; i < count; i += 2) {
    const pair = [i, i + 1].map(operation);
    pair.forEach(({ f, value }, at) => void rows.push([at, 'invoke', f, value]));
    pair.forEach(
      ({ f, value, answer = value, type = 'ok', error }, at) =>
        void rows.push([at, type, f, type === 'ok' ? answer : value, error ? { error } : {}]),
    );
  }
  return events(...rows);
};

const healthy = lanes`
  p0  |x: write 1|         |x: read 2|
  p1       |x: write 2|       |x: cas 2 3|
  p2                                     |x: read 3|
`;

test('a healthy history has no findings', () => {
  expect(lintHistory(healthy, 'register')).toEqual([]);
});

test('random histories of an honest register have none that say they are wrong', () => {
  for (let i = 0; i < 500; i++) {
    const history = randomHistory(createRng(`lint/${i}`), registerShape(0), { operations: 30, processes: 4, info: 0.05, lie: 0 });
    const timed = history.map(event => ({ ...event, time: event.index * 1e6 }));
    expect(
      lintHistory(timed, 'register').filter(({ severity }) => severity !== 'note'),
      `history ${i}`,
    ).toEqual([]);
  }
});

describe('the recording', () => {
  test('two open operations of a process, a completion of nothing, and one of something else', () => {
    const history = events(
      [0, 'invoke', 'write', 1],
      [0, 'invoke', 'write', 2],
      [0, 'ok', 'write', 2],
      [1, 'ok', 'read', 1],
      [2, 'invoke', 'read'],
      [2, 'ok', 'write', 1],
    );
    expect(find('two-open-operations', history)).toEqual({ severity: 'error', operations: [1], count: 1 });
    expect(find('completion-without-invoke', history)).toEqual({ severity: 'error', operations: [3], count: 1 });
    expect(find('completion-differs', history)).toEqual({ severity: 'error', operations: [5], count: 1 });
  });

  test('a completion of another key', () => {
    expect(find('completion-differs', events([0, 'invoke', 'read', null, { key: 'x' }], [0, 'ok', 'read', 1, { key: 'y' }]))).toMatchObject(
      { count: 1 },
    );
    expect(find('completion-differs', events([0, 'invoke', 'read', null, { key: 'x' }], [0, 'ok', 'read', 1]))).toBeUndefined();
  });

  test('indices that are not positions', () => {
    expect(
      find(
        'index-order',
        healthy.map(event => ({ ...event, index: event.index + 3 })),
      ),
    ).toMatchObject({ severity: 'warning', count: healthy.length });
  });

  test('time that goes back: a little is a note', () => {
    const back = (byNs: number) => healthy.map((event, i) => (i === 3 ? { ...event, time: healthy[2]!.time - byNs } : event));
    expect(find('time-backwards', back(2_000_000))).toEqual({ severity: 'warning', operations: [3], count: 1 });
    expect(find('time-backwards', back(50_000))).toMatchObject({ severity: 'note' });
    expect(find('time-backwards', back(0))).toBeUndefined();
  });

  test('a process that goes on after info; one that goes on after fail is fine', () => {
    const going = (type: Event['type']) =>
      events([0, 'invoke', 'write', 1], [0, type, 'write', 1], [0, 'invoke', 'read'], [0, 'ok', 'read', 1]);
    expect(find('process-reused', going('info'))).toEqual({ severity: 'warning', operations: [2], count: 1 });
    expect(find('process-reused', going('fail'))).toBeUndefined();
  });
});

describe('outcomes', () => {
  const failing = (f: string, error: Event['error'], value: Json = 1): History =>
    events([0, 'invoke', f, value], [0, 'fail', f, value, { error: error! }], [1, 'invoke', 'read'], [1, 'ok', 'read', 1]);

  test.each([
    'timeout',
    'request timed out',
    'ETIMEDOUT',
    'read ETIMEDOUT',
    'context deadline exceeded',
    'DEADLINE_EXCEEDED',
    'read ECONNRESET',
    'write: connection reset by peer',
    'socket hang up',
    'i/o timeout',
    'connection lost',
    'Connection was closed',
    'no response from server',
    'unexpected EOF',
    'indeterminate: Timeout',
  ])('a write that failed with %s', error => {
    expect(find('timeout-as-fail', failing('write', error))).toEqual({ severity: 'warning', operations: [1], count: 1 });
    expect(find('timeout-as-fail', failing('write', { name: 'error', message: error }))).toMatchObject({ count: 1 });
  });

  test.each([
    'cas-mismatch',
    'not-leader',
    'connect ECONNREFUSED 127.0.0.1:2379',
    'connect ETIMEDOUT 10.0.0.1:5432',
    'dial tcp 10.0.0.1:80: i/o timeout',
    'timed out before it was sent',
    'Lock wait timeout exceeded; try restarting transaction',
    'canceling statement due to statement timeout',
    'timeout, rolled back',
    'timeout exceeded when trying to acquire a connection from the pool',
    'key exists',
  ])('fine: a write that failed with %s', error => {
    expect(find('timeout-as-fail', failing('write', error))).toBeUndefined();
  });

  test('the name that a table gave an error counts, not the words beside it', () => {
    const message = 'no leader was found before the deadline';
    expect(find('timeout-as-fail', failing('write', { name: 'no-leader', message }))).toBeUndefined();
    expect(find('timeout-as-fail', failing('write', { name: 'timeout', message: 'no answer' }))).toMatchObject({ count: 1 });
    expect(find('timeout-as-fail', failing('write', { name: 'AxiosError', message: 'timeout of 1000ms exceeded' }))).toMatchObject({
      count: 1,
    });
  });

  test('fine: a read, or a transaction of reads, that failed with a time-out; info with a time-out', () => {
    expect(find('timeout-as-fail', failing('read', 'timeout'))).toBeUndefined();
    expect(find('timeout-as-fail', failing('txn', 'timeout', [['r', 'x', null]]), 'list-append')).toBeUndefined();
    expect(find('timeout-as-fail', failing('txn', 'timeout', [['append', 'x', 1]]), 'list-append')).toMatchObject({ count: 1 });
    const info = failing('write', 'timeout').map(event => (event.type === 'fail' ? { ...event, type: 'info' as const } : event));
    expect(find('timeout-as-fail', info)).toBeUndefined();
  });

  test('nothing happened, nothing succeeded, nothing read, nothing written', () => {
    expect(codes([])).toEqual(['no-operations']);
    expect(codes(many(4, i => ({ f: 'write', value: i, type: 'fail' })))).toContain('nothing-succeeded');
    expect(codes(many(4, i => ({ f: 'write', value: i })))).toEqual(['nothing-read']);
    expect(codes(many(4, () => ({ f: 'read', value: null })))).toEqual(['nothing-written']);
    expect(codes(many(4, i => ({ f: 'cas', value: [i, i + 1] })))).toEqual([]);
  });

  test('every read answers the same although ten writes succeeded', () => {
    const history = (answer: (i: number) => Json) =>
      many(40, i => (i % 4 < 2 ? { f: 'write', value: i } : { f: 'read', value: null, answer: answer(i) }));
    expect(codes(history(() => null))).toEqual(['same-answer']);
    expect(codes(history(i => i - 2))).toEqual([]);
    expect(codes(history(i => (i === 39 ? 37 : null)))).toEqual([]);
  });

  test('most are unknown, most failed', () => {
    const unknown = many(40, i => ({ f: i % 2 ? 'read' : 'write', value: i, type: i < 24 ? 'info' : 'ok' }));
    expect(codes(unknown)).toContain('mostly-unknown');
    expect(codes(many(40, i => ({ f: 'write', value: i, type: i < 38 ? 'fail' : 'ok' })))).toContain('mostly-failed');
    expect(codes(many(40, i => ({ f: 'cas', value: [1, i], type: i < 38 ? 'fail' : 'ok' })))).not.toContain('mostly-failed');
  });
});

describe('values', () => {
  test('the value of a failed write is seen, and nobody else wrote it', () => {
    const history = lanes`
      p0  |write 1|  |write 2 fail|
      p1       |read 1|        |read 2|
    `;
    expect(find('failed-write-seen', history)).toEqual({ severity: 'warning', operations: [6], count: 1 });
    const alsoWritten = lanes`
      p0  |write 1|  |write 2 fail|
      p1       |read 1|        |read 2|
      p2               |write 2 ...
    `;
    expect(find('failed-write-seen', alsoWritten)).toBeUndefined();
    const seenBefore = lanes`
      p0              |write 2 fail|
      p1    |read 2|
    `;
    expect(find('failed-write-seen', seenBefore)).toBeUndefined();
  });

  test('of a set, a queue and a list too', () => {
    const seen = (f: string, reading: string, answer: Json) =>
      events(
        [0, 'invoke', f, 7],
        [1, 'invoke', f, 8],
        [0, 'fail', f, 7],
        [1, 'ok', f, 8],
        [1, 'invoke', reading],
        [1, 'ok', reading, answer],
      );
    expect(find('failed-write-seen', seen('add', 'read', [7, 8]), 'set')).toMatchObject({ operations: [2] });
    expect(find('failed-write-seen', seen('add', 'read', [8]), 'set')).toBeUndefined();
    expect(find('failed-write-seen', seen('enqueue', 'dequeue', 7), 'queue')).toMatchObject({ operations: [2] });
    const txn = (type: 'ok' | 'fail'): Row[] => [
      [0, 'invoke', 'txn', [['append', 'x', 1]]],
      [0, type, 'txn', [['append', 'x', 1]]],
      [1, 'invoke', 'txn', [['r', 'x', null]]],
      [1, 'ok', 'txn', [['r', 'x', [1]]]],
    ];
    expect(find('failed-write-seen', events(...txn('fail')), 'list-append')).toMatchObject({ operations: [1] });
    expect(find('failed-write-seen', events(...txn('ok')), 'list-append')).toBeUndefined();
  });

  test('done with another value than the one asked for; null is no other value', () => {
    const answered = (value: Json) =>
      events([0, 'invoke', 'write', 1], [0, 'ok', 'write', value], [1, 'invoke', 'read'], [1, 'ok', 'read', 1]);
    expect(find('answer-differs', answered(2))).toEqual({ severity: 'warning', operations: [1], count: 1 });
    expect(find('answer-differs', answered(1))).toBeUndefined();
    expect(find('answer-differs', answered(null))).toBeUndefined();
  });

  test('a number comes back as a string, and the other way around', () => {
    const read = (wrote: Json, answer: Json) =>
      events([0, 'invoke', 'write', wrote], [0, 'ok', 'write', wrote], [1, 'invoke', 'read'], [1, 'ok', 'read', answer]);
    expect(find('mixed-types', read(5, '5'))).toEqual({ severity: 'warning', operations: [3], count: 1 });
    expect(find('mixed-types', read('5', 5))).toMatchObject({ count: 1 });
    expect(find('mixed-types', read(5, 5))).toBeUndefined();
    expect(find('mixed-types', read(5, 'five'))).toBeUndefined();
  });

  test('a key as a number and as a string', () => {
    const on = (a: string | number, b: string | number) =>
      events([0, 'invoke', 'write', 1, { key: a }], [0, 'ok', 'write', 1], [1, 'invoke', 'read', null, { key: b }], [1, 'ok', 'read', 1]);
    expect(find('mixed-keys', on('1', 1))).toEqual({ severity: 'warning', operations: [3], count: 1 });
    expect(find('mixed-keys', on(1, 1))).toBeUndefined();
  });

  test('repeated values: what it costs depends on who judges', () => {
    const twice = (f: string, key?: string): Row[] =>
      [1, 1].flatMap((value): Row[] => [
        [0, 'invoke', f, value, key ? { key } : {}],
        [0, 'ok', f, value],
      ]);
    expect(find('repeated-values', events(...twice('write')))).toEqual({ severity: 'note', operations: [3], count: 1 });
    expect(find('repeated-values', events(...twice('enqueue')), 'queue')).toMatchObject({ severity: 'warning' });
    expect(find('repeated-values', events(...twice('write', 'x').slice(0, 2), ...twice('write', 'y').slice(0, 2)))).toBeUndefined();
    expect(find('repeated-values', events(...twice('add')), 'counter')).toBeUndefined();
  });
});

describe('coverage', () => {
  test('one process, no overlap, no overlap on a key', () => {
    expect(codes(events([0, 'invoke', 'write', 1], [0, 'ok', 'write', 1], [0, 'invoke', 'read'], [0, 'ok', 'read', 1]))).toEqual([
      'one-process',
    ]);
    const apart = lanes`
      p0  |x: write 1|              |x: read 2|
      p1               |x: write 2|
    `;
    expect(codes(apart)).toEqual(['no-overlap']);
    const onOtherKeys = lanes`
      p0  |x: write 1|  |x: read 1|
      p1     |y: write 2| |y: read 2|
    `;
    expect(codes(onOtherKeys)).toEqual(['no-overlap-on-key']);
  });

  test('an operation of unknown outcome overlaps with nothing for that', () => {
    const history = lanes`
      p0  |x: write 1 ...
      p1                   |x: write 2|
      p2                                |x: read 2|
    `;
    expect(codes(history)).toEqual(['no-overlap']);
  });

  test('every operation has its own process', () => {
    const own = many(12, i => ({ f: i % 2 ? 'read' : 'write', value: i })).map((event, i) => ({
      ...event,
      process: (i >> 2) * 2 + (i % 2),
    }));
    expect(codes(own)).toContain('single-use-processes');
  });

  test('a fault in silence, and silence after faults', () => {
    const inject: Row = ['nemesis', 'info', 'partition', { id: 0, phase: 'inject' }];
    const heal: Row = ['nemesis', 'info', 'partition', { id: 0, phase: 'heal' }];
    const work: Row[] = [
      [0, 'invoke', 'write', 1],
      [1, 'invoke', 'read'],
      [0, 'ok', 'write', 1],
      [1, 'ok', 'read', 1],
    ];
    expect(codes(events(...work, inject, heal, ...work.map(row => row)))).toContain('idle-fault');
    expect(codes(events(inject, ...work, heal))).toEqual(['silence-after-faults']);
    expect(codes(events(inject, ...work.slice(0, 3), [1, 'ok', 'read', 1], heal, [1, 'invoke', 'read'], [1, 'ok', 'read', 1]))).toEqual([]);
    expect(
      find(
        'idle-fault',
        events(
          ...work,
          ['nemesis', 'info', 'start'],
          ['nemesis', 'info', 'start'],
          ['nemesis', 'info', 'stop'],
          [1, 'invoke', 'read'],
          [1, 'ok', 'read', 1],
        ),
      ),
    ).toEqual({ severity: 'warning', operations: [4], count: 1 });
  });

  test('no times, times in another unit', () => {
    expect(codes(healthy.map(event => ({ ...event, time: event.index + 1 })))).toEqual(['no-times']);
    const quick = many(40, i => (i % 4 < 2 ? { f: 'write', value: i } : { f: 'read', value: null, answer: i - 2 })).map((event, i) => ({
      ...event,
      time: i * 400,
    }));
    expect(codes(quick)).toEqual(['time-unit']);
  });
});

test('the worst comes first, and every code is one of the list', () => {
  const history = events([0, 'invoke', 'write', 1], [0, 'invoke', 'write', 1], [0, 'ok', 'write', 1]);
  const found = lintHistory(history, 'register');
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'warning', 'warning', 'note']);
  for (const { code, message } of found) {
    expect(Object.keys(lintRules)).toContain(code);
    expect(message).toMatch(/\.$/);
  }
});
