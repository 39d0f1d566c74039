import { describe, expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { checkLinearizable } from '../linearizable/check.ts';
import { linearizable } from '../linearizable/checker.ts';
import type { Model } from '../linearizable/model.ts';
import { lanes } from '../testing/lanes.ts';

const judge = (workload: string, history: History) =>
  linearizable.check(history, { workload, timeLimitMs: 10_000, memoryLimitBytes: 2 ** 28 });
const accepts = (workload: string, history: History): void => expect(judge(workload, history)).toMatchObject({ valid: true, workload });
const rejects = (workload: string, history: History, operations: readonly number[]): void => {
  const { valid, anomalies } = judge(workload, history);
  expect({ valid, operations: anomalies.map(anomaly => anomaly.operations) }).toEqual({ valid: false, operations: [operations] });
};

describe('multi-register', () => {
  test('accepts: a write of two names is seen at once', () =>
    accepts(
      'multi-register',
      lanes`
        p0  |write {"x":1,"y":1}|  |read {"x":2,"y":2}|
        p1   |write {"x":2,"y":2}|
      `,
    ));

  test('rejects: a read that sees half of a write', () =>
    rejects(
      'multi-register',
      lanes`
        p0  |write {"x":1,"y":1}| |write {"x":2,"y":2}| |read {"x":2,"y":1}|
      `,
      [1, 3, 5],
    ));

  test('accepts: registers that start at 0, and says so, unless null was read', () => {
    const fromZero = lanes`
      p0  |txn [["r","x",0],["w","y",1]]| |read {"x":0,"y":1}|
    `;
    expect(judge('multi-register', fromZero)).toMatchObject({ valid: true, warnings: [expect.stringContaining('start at 0')] });
    rejects(
      'multi-register',
      lanes`
        p0  |read {"x":null}| |read {"x":0}|
      `,
      [3],
    );
  });
});

describe('kv', () => {
  test('accepts: appends in the order they were read', () =>
    accepts(
      'kv',
      lanes`
        p0  |k: append "a"|   |k: get "ba"|
        p1  |k: append "b"|
      `,
    ));

  test('accepts: of two equal appends the one that was overwritten need not be seen, whichever returns first', () =>
    accepts(
      'kv',
      lanes`
        p0  |  append "x"                       |
        p1    |put "y"|
        p2             | append "x"                |
        p3               |get "yx"|                  |get "yx"|
      `,
    ));

  test('rejects: an append that a later get has lost', () =>
    rejects(
      'kv',
      lanes`
        p0  |k: put "a"| |k: append "b"| |k: get "a"|
      `,
      [1, 3, 5],
    ));
});

describe('lock', () => {
  test('accepts: one holder after the other', () =>
    accepts(
      'lock',
      lanes`
        p0  |acquire|  |release|
        p1    |    acquire        |
      `,
    ));

  test('rejects: two holders at once', () =>
    rejects(
      'lock',
      lanes`
        p0  |acquire|
        p1             |acquire|
      `,
      [1, 3],
    ));
});

describe('queue', () => {
  test('accepts: first in, first out; null from an empty queue', () =>
    accepts(
      'queue',
      lanes`
        p0  |enqueue 1| |enqueue 2| |dequeue 1| |dequeue 2| |dequeue null|
      `,
    ));

  test('rejects: a value that overtakes', () =>
    rejects(
      'queue',
      lanes`
        p0  |enqueue 1| |enqueue 2| |dequeue 2|
      `,
      [1, 3, 5],
    ));
});

describe('set and counter', () => {
  test('accepts: a read with and without an element that is being added', () => {
    accepts(
      'set',
      lanes`
        p0  |add 1|  |    add 2       |
        p1              |read [2,1]|
      `,
    );
    accepts(
      'counter',
      lanes`
        p0  |add 1|  |    add 2   |
        p1              |read 1|
      `,
    );
  });

  test('rejects: an element that was there and is gone; a sum that misses an increment', () => {
    rejects(
      'set',
      lanes`
        p0  |add 1|  |read []|
      `,
      [1, 3],
    );
    rejects(
      'counter',
      lanes`
        p0  |add 1|  |add 2|  |read 2|
      `,
      [1, 3, 5],
    );
  });
});

describe('a model of one’s own', () => {
  /** A light switch, in the few lines that the door asks for. */
  const light: Model<boolean> = {
    name: 'light',
    init: false,
    step: (on, { f, output }) => (f === 'toggle' ? !on : output === on ? on : undefined),
    describe: ({ f }) => f,
    readOnly: ({ f }) => f === 'read',
  };

  test('accepts and rejects, and keeps every change that an answer may show', () => {
    const seen = lanes`
      p0  |toggle| |read true| |toggle| |read false|
    `;
    expect(checkLinearizable(seen, light)).toMatchObject({ valid: true, workload: 'light', method: 'search' });
    const { valid, anomalies } = checkLinearizable(
      lanes`
        p0  |toggle| |read true| |toggle| |read true|
      `,
      light,
    );
    expect({ valid, operations: anomalies[0]!.operations }).toEqual({ valid: false, operations: [1, 5, 7] });
    expect(anomalies[0]!.explanation).toContain('No order of these 3 operations on the light');
  });
});
