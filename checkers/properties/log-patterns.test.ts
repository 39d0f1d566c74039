import { expect, test } from 'vitest';
import { judgeLogPatterns } from './log-patterns.ts';

const logs = new Map([
  ['n1', new Map([['stderr.log', 'started\npanic: runtime error\nbye\n']])],
  ['n2', new Map([['stdout.log', 'started\nall is well\n']])],
]);

test('a line that a pattern matches is named by node, file and number', () => {
  const { valid, anomalies, measured } = judgeLogPatterns([/^panic: /, /corrupt/i], logs);
  expect(valid).toBe(false);
  expect(measured).toMatchObject({ matches: 1 });
  expect(anomalies).toMatchObject([{ type: 'log-pattern', operations: [] }]);
  expect(anomalies[0]!.explanation).toContain('n1 wrote what /^panic: / forbids, in line 2 of stderr.log: panic: runtime error');
});

test('logs without such a line are valid, and no logs are unknown', () => {
  expect(judgeLogPatterns([/corrupt/], logs)).toMatchObject({ valid: true, anomalies: [] });
  expect(judgeLogPatterns([/corrupt/], new Map([['n1', new Map()]]))).toMatchObject({ valid: 'unknown' });
});

test('a sticky or global pattern matches every line it fits, ten are told and all are counted', () => {
  const many = new Map([['n1', new Map([['log', Array.from({ length: 25 }, () => 'panic').join('\n')]])]]);
  const { anomalies, measured } = judgeLogPatterns([/panic/g], many);
  expect(anomalies).toHaveLength(10);
  expect(measured).toMatchObject({ matches: 25 });
});
