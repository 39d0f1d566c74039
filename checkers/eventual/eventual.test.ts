import { describe, expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
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

describe('faults in the history', () => {
  /** The drawing with events of the nemesis at these columns after the first event. */
  const withFaults = (drawn: History, faults: readonly (readonly [afterMs: number, f: string])[]): History => {
    const began = drawn[0]!.time;
    const told = faults.map(
      ([afterMs, f]): Event => ({ index: 0, time: began + afterMs * 1e6, process: 'nemesis', type: 'info', f, value: null }),
    );
    return [...drawn, ...told].sort((a, b) => a.time - b.time).map((event, index) => ({ ...event, index }));
  };
  const apart = lanes`
    p0@n1  |write 1|  |read 1|
    p1@n2             |read|
  `;
  const healed = lanes`
    p0@n1  |write 1|  |read 1|              |read 1|
    p1@n2             |read|        |read|      |read 1|
  `;

  test('what was read before the last fault was healed does not count, and convergence is timed from there', () => {
    expect(
      judge(
        withFaults(healed, [
          [0.5, 'partition'],
          [31, 'heal'],
        ]),
      ),
    ).toMatchObject({ valid: true, measured: { convergenceMs: 0 } });
    // From the heal to the return of the last read that showed the old value.
    expect(
      judge(
        withFaults(healed, [
          [0.5, 'partition'],
          [20, 'heal'],
        ]),
      ),
    ).toMatchObject({ valid: true, measured: { convergenceMs: 10 } });
    expect(judge(healed)).toMatchObject({ valid: true, measured: { convergenceMs: 22 } });
  });

  test('unknown: readers differ while a fault is in force, or only before the last one was healed', () => {
    expect(judge(apart)).toMatchObject({ valid: false, anomalies: [{ type: 'divergence' }] });
    expect(judge(withFaults(apart, [[0.5, 'partition']]))).toMatchObject({
      valid: 'unknown',
      unknown: expect.stringContaining('in force'),
    });
    const ended = withFaults(apart, [
      [0.5, 'partition'],
      [30, 'heal'],
    ]);
    expect(judge(ended)).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('after the last fault') });
  });

  test('unknown: all read the initial value, while a fault is in force', () => {
    const lost = lanes`
      p0@n1  |write 1|  |read|
      p1@n2             |read|
    `;
    expect(judge(lost)).toMatchObject({ valid: false, anomalies: [{ type: 'lost-write', operations: [1, 5] }] });
    expect(judge(withFaults(lost, [[0.5, 'pause']]))).toMatchObject({ valid: 'unknown' });
  });
});

test('accepts: the initial value in the end, where somebody wrote it', () => {
  expect(
    judge(lanes`
    p0  |write 1| |write null|  |read|
    p1                          |read|
  `),
  ).toMatchObject({ valid: true });
  expect(
    judge(lanes`
    p0  |write 1| |write null info|
    p1                               |read|
  `),
  ).toMatchObject({ valid: true });
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
