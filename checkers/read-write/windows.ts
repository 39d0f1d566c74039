/**
 * Most violations are local, and a small part of a history is judged in no time. Leaving operations out, and reads whose write is left out,
 * takes away from what must be explained: what is a violation of a part is one of the whole, in all of these models.
 */
import type { Finding, Judgement, Limits } from './finding.ts';
import { fromStart, partOf, type Trace, translated } from './trace.ts';

/** The first violation within a window of `size` operations, by call, each window half over the one before. */
export const inWindows = (trace: Trace, size: number, judge: (part: Trace) => Judgement, limits: Limits): Finding | undefined => {
  const number = new Int32Array(trace.size).fill(-1);
  for (let from = 0; from < trace.size && limits.now() < limits.deadline; from += size >> 1) {
    const end = Math.min(trace.size, from + size);
    const operations = Int32Array.from({ length: end - from }, (_, i) => from + i);
    const traced = (operation: number): boolean => {
      for (let slot = trace.reads.start[operation]!; slot < trace.reads.start[operation + 1]!; slot++) {
        const source = trace.from[slot]!;
        if (source !== fromStart && (source < from || source >= end)) return false;
      }
      return true;
    };
    const part = partOf(trace, operations, number, traced);
    const found = judge(part);
    if (found !== undefined && typeof found !== 'string') return ofWhole(found, trace, part);
    if (end === trace.size) break;
  }
  return undefined;
};

/** Objects of a part are named as in the history; a judge's own numbers are those of the trace it was given. */
const ofWhole = (found: Finding, trace: Trace, part: Trace): Finding => {
  const objects = new Map(Array.from(trace.objectOrigin, (origin, object) => [origin, object]));
  const of = (object: number): number => objects.get(object)!;
  const { steps, read, ...rest } = translated(found, part);
  return {
    ...rest,
    steps: steps.map(step => (step.object === undefined ? step : { ...step, object: of(step.object) })),
    ...(read && { read: { ...read, object: of(read.object) } }),
  };
};
