import { expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { leaderElection } from './leader-election.ts';

const judge = (...answers: readonly Json[]) => {
  const history: History = answers.flatMap((value, at): Event[] => [
    { index: 2 * at, time: 2000 * at, process: at, type: 'invoke', f: 'leader', value: null },
    { index: 2 * at + 1, time: 2000 * at + 1000, process: at, type: 'ok', f: 'leader', value },
  ]);
  return leaderElection.check(history, { workload: 'leader-election', timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });
};

test('accepts: one leader a term, the same one in two terms, old answers, no answer', () => {
  const answers = [
    { term: 1, leader: 'n1' },
    { term: 2, leader: 'n2' },
    { term: 1, leader: 'n1' },
    { term: 3, leader: 'n1' },
    { term: 3, leader: null },
    null,
  ];
  expect(judge(...answers)).toMatchObject({ valid: true, measured: { terms: 3 } });
});

test('rejects: two leaders of one term, each once', () => {
  const { valid, anomalies } = judge(
    { term: 1, leader: 'n1' },
    { term: 2, leader: 'n2' },
    { term: 2, leader: 'n3' },
    { term: 2, leader: 'n3' },
  );
  expect({ valid, anomalies }).toMatchObject({ valid: false, anomalies: [{ type: 'two-leaders', operations: [3, 5] }] });
  expect(anomalies[0]!.explanation).toContain('"n2" and "n3"');
});

test('unknown: nobody ever named a leader', () => {
  expect(judge({ term: 1, leader: null }).valid).toBe('unknown');
});
