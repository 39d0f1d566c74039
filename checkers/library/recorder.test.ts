import { expect, test } from 'vitest';
import { checkLinearizable } from '../index.ts';
import { register } from '../models/register.ts';
import { createRecorder } from './recorder.ts';

/** A clock that moves on by a millisecond whenever it is read. */
const ticking = () => {
  let ms = 0;
  return { now: () => ms++ };
};

test('writes down calls and answers in the order in which they happen', async () => {
  const recorder = createRecorder(ticking());
  let finish = (): void => {};
  const slow = recorder.record(0, { f: 'write', key: 'x', value: 1 }, () => new Promise<void>(resolve => (finish = resolve)));
  const read = await recorder.record(1, { f: 'read', key: 'x' }, () => 7);
  finish();
  await slow;
  expect(read).toBe(7);
  expect(recorder.history).toEqual([
    { index: 0, time: 1e6, process: 0, type: 'invoke', f: 'write', key: 'x', value: 1 },
    { index: 1, time: 2e6, process: 1, type: 'invoke', f: 'read', key: 'x', value: null },
    { index: 2, time: 3e6, process: 1, type: 'ok', f: 'read', key: 'x', value: 7 },
    { index: 3, time: 4e6, process: 0, type: 'ok', f: 'write', key: 'x', value: 1 },
  ]);
});

test('what is thrown is an unknown outcome, and its caller goes on as another process', async () => {
  const recorder = createRecorder();
  const timeout = () => Promise.reject(new Error('no answer'));
  expect(await recorder.record(3, { f: 'write', value: 1 }, timeout)).toBeUndefined();
  await recorder.record(3, { f: 'read' }, () => null);
  await recorder.record(3, { f: 'read' }, () => 1);
  expect(recorder.history).toMatchObject([
    { process: 3, type: 'invoke' },
    { process: 3, type: 'info', value: 1, error: 'no answer' },
    { process: 1000, type: 'invoke' },
    { process: 1000, type: 'ok', value: null },
    { process: 1000, type: 'invoke' },
    { process: 1000, type: 'ok', value: 1 },
  ]);
  expect(checkLinearizable(recorder.history, register).valid).toBe(true);
});

test('a test may know better what answers and errors mean', async () => {
  const recorder = createRecorder();
  const refused = { thrown: () => ({ type: 'fail', error: 'refused' }) as const };
  await recorder.record(0, { f: 'write', value: 1 }, () => Promise.reject(new Error()), refused);
  const swapped = (done: boolean) => (done ? ({ type: 'ok' } as const) : ({ type: 'ok', applied: false } as const));
  expect(await recorder.record(0, { f: 'cas', value: [1, 2] }, async () => false, { answered: swapped })).toBe(false);
  expect(recorder.history).toMatchObject([
    { process: 0, type: 'invoke' },
    { process: 0, type: 'fail', value: 1, error: 'refused' },
    { process: 0, type: 'invoke', value: [1, 2] },
    { process: 0, type: 'ok', value: [1, 2], applied: false },
  ]);
});

test('an operation that is still open has no answer yet, and a history that was taken stays as it was', async () => {
  const recorder = createRecorder();
  void recorder.record(0, { f: 'write', value: 1 }, () => new Promise<void>(() => {}));
  const before = recorder.history;
  await recorder.record(1, { f: 'read' }, () => 1);
  expect(before).toHaveLength(1);
  expect(checkLinearizable(recorder.history, register).valid).toBe(true);
});

test('refuses a caller that does two things at once, and one that is no number', async () => {
  const recorder = createRecorder();
  void recorder.record(0, { f: 'write', value: 1 }, () => new Promise<void>(() => {}));
  await expect(recorder.record(0, { f: 'read' }, () => 1)).rejects.toThrow('caller 0 asks for read before its last operation has ended');
  await expect(recorder.record(-1, { f: 'read' }, () => 1)).rejects.toThrow('an integer of 0 or more');
  expect(recorder.history).toHaveLength(1);
});

test('a mistake in what answers are said to mean is the test’s own: it comes out', async () => {
  const recorder = createRecorder();
  const mistaken = {
    answered: () => {
      throw new TypeError('mistake');
    },
  };
  await expect(recorder.record(0, { f: 'read' }, () => 1, mistaken)).rejects.toThrow('mistake');
});
