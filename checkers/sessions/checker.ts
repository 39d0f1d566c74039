/** The session guarantees as the command line knows them. */
import type { WeakModel } from '../read-write/checker.ts';
import { judgeWritesFollowReads } from './follows.ts';
import { judgeMonotonicReads, judgeMonotonicWrites, judgeReadYourWrites } from './patterns.ts';

export const readYourWrites: WeakModel = {
  model: 'read-your-writes',
  summary: 'a session never reads an object as it was before a write of its own',
  judge: judgeReadYourWrites,
  untraced: 'read-your-writes',
};

export const monotonicReads: WeakModel = {
  model: 'monotonic-reads',
  summary: 'a session never reads a version of an object again once it has read a later one',
  judge: judgeMonotonicReads,
  untraced: 'monotonic-reads',
};

export const monotonicWrites: WeakModel = {
  model: 'monotonic-writes',
  summary: 'whoever has seen a write misses no earlier write of the same session',
  judge: judgeMonotonicWrites,
  untraced: 'monotonic-writes',
};

export const writesFollowReads: WeakModel = {
  model: 'writes-follow-reads',
  summary: 'whoever has seen a write misses nothing that its writer had seen before',
  judge: judgeWritesFollowReads,
  untraced: 'writes-follow-reads',
};

export const sessionGuarantees: readonly WeakModel[] = [readYourWrites, monotonicReads, monotonicWrites, writesFollowReads];
