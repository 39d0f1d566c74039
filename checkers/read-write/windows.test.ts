/** What a window finds is a violation of the whole, and many violations are found in some window. */
import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { judgeCausal } from '../causal/causal.ts';
import { weakHistory } from '../testing/weak-histories.ts';
import { openHistory } from './door.ts';
import { candidatesOf, isTrace, type Trace, traceOf } from './trace.ts';
import { inWindows } from './windows.ts';

const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

const drawn = (i: number): Trace => {
  const rng = createRng(`windows/${i}`);
  const size = { operations: 20 + rng.int(60), sessions: 3, objects: 2, values: 0, info: 0, cas: 0, disorder: 0, reads: 0.6 };
  const opened = openHistory(weakHistory(rng, { ...size, lie: rng.pick([0, 0.05]) }), 'register');
  const { of } = candidatesOf(opened);
  const trace = traceOf(
    opened,
    Int32Array.from(opened.reads.item, (_, slot) => of(slot)[0] ?? -2),
  );
  if (!isTrace(trace)) throw new Error('every value was written');
  return trace;
};

test('by causal consistency', () => {
  const counts = { whole: 0, windows: 0, holds: 0, parts: 0 };
  for (let i = 0; i < 400; i++) {
    const trace = drawn(i);
    const whole = judgeCausal(trace, limits);
    const sizes: number[] = [];
    const judge = (part: Trace) => {
      sizes.push(part.size);
      return judgeCausal(part, limits);
    };
    const found = inWindows(trace, 12, judge, limits);
    counts[whole === undefined ? 'holds' : 'whole']++;
    if (found === undefined) {
      // All of it was looked at, each window half over the one before.
      expect(sizes.length, `${i}`).toBe(Math.max(1, Math.ceil((trace.size - 12) / 6) + 1));
      continue;
    }
    counts.windows++;
    expect(whole, `${i}`).toBeDefined();
    const { operation, object, from } = found.read!;
    expect(trace.reads.item.subarray(trace.reads.start[operation]!, trace.reads.start[operation + 1]!).includes(object)).toBe(true);
    expect(trace.from.subarray(trace.reads.start[operation]!, trace.reads.start[operation + 1]!).includes(from)).toBe(true);
    expect(Math.max(...found.operations) - Math.min(...found.operations)).toBeLessThan(12);
    if (sizes.length > 1) counts.parts++;
  }
  expect(Math.min(counts.holds, counts.whole)).toBeGreaterThan(80);
  expect(counts.windows).toBeGreaterThan(20);
  expect(counts.parts).toBeGreaterThan(10);
});
