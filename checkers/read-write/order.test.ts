/** What `between` finds against its definition, with as many sessions as make it look at differences of clocks. */
import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { weakHistory } from '../testing/weak-histories.ts';
import { openHistory } from './door.ts';
import { between, causalOrder, indexWriters, reaches } from './order.ts';
import { candidatesOf, fromStart, isTrace, type Trace, traceOf } from './trace.ts';

const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 30 };

const drawn = (seed: string, sessions: number): Trace => {
  const rng = createRng(seed);
  const size = { operations: 20 + 4 * sessions, sessions, objects: 2, values: 0, info: 0, lie: 0, cas: 0, disorder: 0 };
  const opened = openHistory(weakHistory(rng, size), 'register');
  const { of } = candidatesOf(opened);
  const trace = traceOf(
    opened,
    Int32Array.from(opened.reads.item, (_, slot) => of(slot)[0] ?? -2),
  );
  if (!isTrace(trace)) throw new Error('every value was written');
  return trace;
};

const writersOf = (trace: Trace, object: number): readonly number[] =>
  Array.from({ length: trace.size }, (_, i) => i).filter(i =>
    trace.writes.item.subarray(trace.writes.start[i]!, trace.writes.start[i + 1]!).includes(object),
  );

test.each([3, 12, 13, 30])('of %i sessions', sessions => {
  let some = 0;
  for (let at = 0; at < 8; at++) {
    const trace = drawn(`between/${sessions}/${at}`, sessions);
    const order = causalOrder(trace, limits);
    if (typeof order === 'string' || 'stuck' in order) throw new Error('these have an order');
    const newer = between(trace, order, indexWriters(trace));
    const writers = Array.from({ length: trace.objectCount }, (_, object) => writersOf(trace, object));
    const before = (a: number, b: number): boolean => a !== b && reaches(trace, order, a, b);
    for (let operation = 0; operation < trace.size; operation++)
      for (const object of Array.from({ length: trace.objectCount }, (_, i) => i))
        for (const since of [
          fromStart,
          ...Array.from({ length: operation }, (_, i) => i).filter(i => i % 3 === 0 && before(i, operation)),
        ]) {
          const own = writers[object]!.filter(w => before(w, operation));
          const last = own.filter(
            w => !own.some(other => trace.session[other] === trace.session[w] && trace.place[other]! > trace.place[w]!),
          );
          const expected = last.filter(w => since === fromStart || w === since || !before(w, since));
          const found = Array.from(newer.writer.subarray(0, newer.find(operation, object, since)));
          expect(
            found.sort((a, b) => a - b),
            `${at}: ${operation} ${object} ${since}`,
          ).toEqual(expected);
          if (expected.length > 1) some++;
        }
  }
  expect(some).toBeGreaterThan(100);
});
