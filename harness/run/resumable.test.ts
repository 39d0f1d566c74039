import { expect, test } from 'vitest';
import type { Event } from '../history/event.ts';
import type { Context, Generator } from '../protocol/generator.ts';
import { createRng } from '../std/rng.ts';
import { resumable } from './resumable.ts';

const context: Context = { time: 0, free: [0], processes: [0], threads: 1, nemesisFree: false, nemesisBusy: false, rng: createRng(1) };
const event: Event = { index: 0, time: 0, process: 0, type: 'invoke', f: 'write', value: 0 };

const countingFrom = (n: number): Generator => ({ step: () => ({ request: { f: 'write', value: n }, next: countingFrom(n + 1) }) });

/** As the interpreter does: takes the request, then tells the generator of it. */
const drive = (generator: Generator, most: number): number[] => {
  const values: number[] = [];
  let current = generator;
  while (values.length < most) {
    const step = current.step(context);
    if (step === 'done' || 'pending' in step) break;
    values.push(step.request.value as number);
    current = step.next.update!(context, event);
  }
  return values;
};

test('a phase goes on where the one before it ended: no request is made twice, none is left out', () => {
  const stream = resumable(countingFrom(1));
  let left = 3;
  expect(
    drive(
      stream.until(() => left-- === 0),
      10,
    ),
  ).toEqual([1, 2, 3]);
  expect(
    drive(
      stream.until(() => false),
      2,
    ),
  ).toEqual([4, 5]);
});

test('a request that was offered but not taken is offered again', () => {
  const stream = resumable(countingFrom(1));
  const phase = stream.until(() => false);
  phase.step(context);
  expect(drive(phase, 1)).toEqual([1]);
});
