import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { lanes } from '../testing/lanes.ts';
import { bank } from './bank.ts';

const judge = (history: History) => bank.check(history, { workload: 'bank', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });

test('accepts: the total stays, old snapshots and transfers of unknown outcome or not', () => {
  expect(
    judge(lanes`
    p0  |open {"a":5,"b":5}| |transfer {"from":"a","to":"b","amount":2}|  |transfer {"from":"a","to":"b","amount":1} info|
    p1                                                                   |read {"a":5,"b":5}| |read {"a":2,"b":8}|
  `),
  ).toMatchObject({ valid: true, anomalies: [], measured: { reads: 2, badReads: 0 } });
});

test('rejects: a read that saw half of a transfer, and names the transfer', () => {
  const { valid, anomalies } = judge(lanes`
    p0  |open {"a":5,"b":5}| |transfer {"from":"a","to":"b","amount":1}| |transfer {"from":"a","to":"b","amount":3}     |
    p1                                                                          |read {"a":1,"b":6}|
  `);
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'wrong-total', operations: [1, 6, 7] }] });
  expect(anomalies[0]!.explanation).toMatch(/total is 7.*3 too little.*the debit/);
});

test('rejects: two torn transfers at once', () => {
  expect(
    judge(lanes`
    p0  |open {"a":5,"b":5}| |transfer {"from":"a","to":"b","amount":2}|
    p1                       |transfer {"from":"b","to":"a","amount":3}|
    p2                         |read {"a":8,"b":7}|
  `).anomalies,
  ).toMatchObject([{ type: 'wrong-total', operations: [1, 5, 6, 7] }]);
});

test('without open, the total that most reads show is the right one', () => {
  expect(
    judge(lanes`
    p0  |read {"a":5,"b":4}| |read {"a":5,"b":5}| |read {"a":3,"b":7}|
  `).anomalies,
  ).toMatchObject([{ type: 'wrong-total', operations: [1] }]);
  expect(
    judge(lanes`
    p0  |read {"a":5,"b":5}| |read {"a":5,"b":4}| |read {"a":3,"b":7}|
  `).anomalies,
  ).toMatchObject([{ type: 'wrong-total', operations: [3] }]);
});

test('rejects: a negative balance, a balance that is none, an account that is missing or was never opened', () => {
  expect(
    judge(lanes`
    p0  |open {"a":5,"b":5}| |read {"a":-1,"b":11}| |read {"a":10,"b":null}| |read {"a":10}| |read {"a":5,"b":4,"c":1}|
  `).anomalies,
  ).toMatchObject([
    { type: 'negative-balance', operations: [3] },
    { type: 'missing-balance', operations: [1, 5] },
    { type: 'missing-balance', operations: [1, 7] },
    { type: 'unexpected-account', operations: [1, 9] },
  ]);
});

test('what is read before the accounts are open shows nothing; nobody read: unknown', () => {
  expect(
    judge(lanes`
    p0  |open {"a":5,"b":5}  |
    p1   |read {}|               |read {"a":5,"b":5}|
  `).valid,
  ).toBe(true);
  expect(
    judge(lanes`
    p0  |open {"a":5,"b":5}|
  `).valid,
  ).toBe('unknown');
});
