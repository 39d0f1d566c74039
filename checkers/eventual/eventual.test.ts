import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { lanes } from '../testing/lanes.ts';
import { checkEventual, eventual } from './eventual.ts';

const limits = { timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 };
const judge = (history: History, workload = 'register') => eventual.check(history, { workload, ...limits });

test('accepts: all come to read the same, and says when', () => {
  const verdict = judge(lanes`
    p0@n1  |write 1| |write 2|                      |read 2|
    p1@n2                      |read 1|  |read 2|
    p2@n3                         |read 1|     |read 2|
  `);
  expect(verdict).toMatchObject({ valid: true, anomalies: [] });
  expect(verdict.measured!.convergenceMs).toBeGreaterThan(10);
  expect(verdict.measured!.convergenceMs).toBeLessThan(30);
});

test('rejects: replicas that never agree, named by their nodes', () => {
  const { valid, anomalies } = judge(lanes`
    p0@n1  |write 1| |read 1|          |read 1|
    p1@n2  |write 2|    |read 2|    |read 2|
  `);
  expect(valid).toBe(false);
  expect(anomalies).toMatchObject([{ type: 'divergence', operations: [10, 11] }]);
  expect(anomalies[0]!.explanation).toContain('n2 and n1');
});

test('rejects: everybody agrees on the initial value although a write succeeded', () => {
  const { valid, anomalies } = judge(lanes`
    p0  |x: write 1|
    p1                |x: read|
    p2                |x: read|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'lost-write', key: 'x' }] });
});

test('rejects: a value that nobody wrote', () => {
  expect(
    judge(lanes`
    p0  |write 1| |read 7|
    p1            |read 7|
  `).anomalies,
  ).toMatchObject([{ type: 'ThinAirRead' }]);
});

test('unknown: nobody read at the end, or only one of several did', () => {
  expect(
    judge(lanes`
    p0  |write 1|  |read 1|  |write 2|
    p1             |read 1|
  `),
  ).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('nobody') });
  expect(
    judge(lanes`
    p0@n1  |write 1| |read 1|
    p1@n2  |read|
  `),
  ).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('only n1') });
});

test('unknown: a write of unknown outcome may have come between two different answers', () => {
  expect(
    judge(lanes`
    p0  |write 1|  |write 2 info|
    p1                             |read 1|
    p2                                       |read 2|
  `),
  ).toMatchObject({ valid: 'unknown' });
});

test('what was read before the last fault was healed does not count', () => {
  const drawn = lanes`
    p0@n1  |write 1|  |read 1|    |read 1|
    p1@n2             |read|         |read 1|
  `;
  const healed = { index: 0, time: 0, process: 'nemesis', type: 'info', f: 'heal', value: null } as const;
  const at = drawn.findIndex(({ type, f, value }) => type === 'ok' && f === 'read' && value === null) + 1;
  const time = drawn[at]!.time;
  const history = [...drawn.slice(0, at), { ...healed, time }, ...drawn.slice(at)].map((event, index) => ({ ...event, index }));
  expect(judge(history)).toMatchObject({ valid: true, measured: { convergenceMs: 0 } });
});

test('sets, counters and appended strings are compared as they are', () => {
  expect(
    judge(
      lanes`
    p0  |add 1| |add 2|  |read [2,1]|
    p1                   |read [1,2]|
  `,
      'set',
    ).valid,
  ).toBe(true);
  expect(
    judge(
      lanes`
    p0  |x: append "a"| |x: append "b"|  |x: get "ab"|
    p1                                   |x: get "ba"|
  `,
      'kv',
    ).anomalies,
  ).toMatchObject([{ type: 'divergence', key: 'x' }]);
});

test('readers that differ too soon prove nothing where time to settle is asked for', () => {
  const history = lanes`
    p0  |write 1|  |read 1|
    p1             |read|
  `;
  expect(checkEventual(history, 'register').valid).toBe(false);
  expect(checkEventual(history, 'register', 1000).valid).toBe('unknown');
});
