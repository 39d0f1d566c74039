import { expect, test } from 'vitest';
import { compact, cut, emptyLog, isUpToDate, type Log, lastIndex, lastTerm, slice, termAt } from './log.ts';
import type { Entry } from './types.ts';

const entry = (index: number, term: number): Entry => ({ index, term, at: 0, command: { kind: 'noop' } });
const log = (...terms: number[]): Log => ({ ...emptyLog(), entries: terms.map((term, at) => entry(at + 1, term)) });

test('compaction keeps indices and the term at the base', () => {
  const compacted = log(1, 1, 2, 3);
  compact(compacted, 3);
  expect([compacted.base, lastIndex(compacted), lastTerm(compacted)]).toEqual([{ index: 3, term: 2 }, 4, 3]);
  expect([termAt(compacted, 2), termAt(compacted, 3), termAt(compacted, 4), termAt(compacted, 5)]).toEqual([undefined, 2, 3, undefined]);
  expect(slice(compacted, 4, 10)).toEqual([entry(4, 3)]);
  expect(slice(compacted, 3, 10)).toEqual([]);
});

test('a cut removes the entries from an index on', () => {
  const short = log(1, 1, 2);
  expect(cut(short, 2)).toBe(2);
  expect(lastIndex(short)).toBe(1);
});

test('a candidate is judged by its last term first and by its length second', () => {
  const ours = log(1, 2, 2);
  expect(isUpToDate(ours, { lastIndex: 1, lastTerm: 3 })).toBe(true);
  expect(isUpToDate(ours, { lastIndex: 9, lastTerm: 1 })).toBe(false);
  expect(isUpToDate(ours, { lastIndex: 3, lastTerm: 2 })).toBe(true);
  expect(isUpToDate(ours, { lastIndex: 2, lastTerm: 2 })).toBe(false);
});
