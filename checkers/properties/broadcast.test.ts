import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { lanes } from '../testing/lanes.ts';
import { broadcast } from './broadcast.ts';

const judge = (history: History) => broadcast.check(history, { workload: 'broadcast', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });

test('accepts: every node has everything in the end, however late', () => {
  expect(
    judge(lanes`
    p0@n1  |broadcast 1| |broadcast 2| |read [1,2]|
    p1@n2                |read []|     |read [2]|    |read [1,2]|
  `),
  ).toMatchObject({ valid: true, anomalies: [], measured: { missing: 0, stale: 1 } });
});

test('rejects: a message that one node never got, and names the node', () => {
  const { valid, anomalies } = judge(lanes`
    p0@n1  |broadcast 1| |broadcast 2| |read [1,2]|
    p1@n2                               |read [1]|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'missing', operations: [3, 6] }] });
  expect(anomalies[0]!.explanation).toContain('never reached n2');
});

test('rejects: a message of unknown outcome that one node has and another never gets', () => {
  expect(
    judge(lanes`
    p0@n1  |broadcast 1 info|            |broadcast 2|  |read [1,2]|
    p1@n2                     |read [1]|                |read [2]|
  `).anomalies,
  ).toMatchObject([{ type: 'missing', operations: [3, 8] }]);
});

test('rejects: a message twice, and one from nowhere', () => {
  expect(
    judge(lanes`
    p0@n1  |broadcast 1| |read [1,1,3]|
  `).anomalies.map(({ type }) => type),
  ).toEqual(['unexpected', 'duplicated']);
});

test('unknown: a node that was not read at the end', () => {
  expect(
    judge(lanes`
    p0@n1              |broadcast 1| |read [1]|
    p1@n2  |read []|
  `),
  ).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('n2') });
});
