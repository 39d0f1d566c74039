import { expect, test } from 'vitest';
import { mutantsOf, sampleOf } from '../../scripts/mutate/mutants.mjs';
import { isLeftOut, nearestTests } from '../../scripts/mutate/nearest-tests.mjs';

const changes = (text: string): string[] =>
  mutantsOf('a.ts', text).map(({ line, column, from, to, kind }) => `${line}:${column} ${kind}: ${from} => ${to}`);

test('comparisons, conditions, arithmetic and numbers', () => {
  expect(changes('const f = (a: number, b: number) => a < b && a + 1 >= b;')).toEqual([
    '1:43 and for or: && => ||',
    '1:39 comparison: < => <=',
    '1:52 comparison: >= => >',
    '1:48 arithmetic: + => -',
    '1:50 off by one: 1 => 2',
  ]);
});

test('conditions dropped, branches and arguments swapped, statements skipped, quantifiers turned round', () => {
  expect(changes('if (!ready) push(one, two);')).toEqual([
    '1:5 condition never holds: !ready => false',
    '1:5 condition always holds: !ready => true',
    '1:5 not dropped: !ready => ready',
    '1:13 statement skipped: push(one, two); => ;',
    '1:13 arguments swapped: push(one, two) => push(two, one)',
  ]);
  expect(changes('const x = ok ? list.some(f) : true;')).toEqual([
    '1:11 branches swapped: ok => !(ok)',
    '1:21 other quantifier: some => every',
    '1:31 flipped: true => false',
  ]);
});

test('types, limits, prose and sizes are let alone', () => {
  expect(changes('type A = 1 | 2; const size = 2; const x: true = y as true;')).toEqual([]);
  expect(changes('if (limits.now() > deadline) stop(a, b);')).toEqual([]);
  expect(changes('const m = { explanation: a < b }; const x = anomaly(a < b);')).toEqual([]);
});

test('a sample is the same every time, in the order of the file, and spread over it', () => {
  const text = Array.from({ length: 100 }, (_, i) => `export const f${i} = (a: number) => a < ${i};`).join('\n');
  const all = mutantsOf('a.ts', text);
  const some = sampleOf(all, 10) as typeof all;
  expect(some).toEqual(sampleOf(all, 10));
  expect(some.map(({ start }) => start)).toEqual(some.map(({ start }) => start).toSorted((a, b) => a - b));
  const lines = some.map(({ line }) => line);
  expect([lines.some(line => line < 50), lines.some(line => line > 50)]).toEqual([true, true]);
});

test('every checker has tests near it', () => {
  expect(nearestTests('checkers/sessions/follows.ts')).toContain('checkers/read-write/brute-force.test.ts');
  expect(nearestTests('checkers/properties/bank.ts')).toContain('checkers/properties/bank.test.ts');
  expect(nearestTests('harness/cli/main.ts')).toBeUndefined();
  expect(isLeftOut('checkers/testing/lanes.ts')).toBe(true);
  expect(isLeftOut('checkers/causal/causal.ts')).toBe(false);
});
