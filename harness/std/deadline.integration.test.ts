import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { sleep, within } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many of a hundred deadlines came, nobody holding on to any of them, with the collector at work meanwhile. */
const kept = async (make: () => AbortSignal): Promise<number> => {
  let came = 0;
  for (let i = 0; i < 100; i++) make().addEventListener('abort', () => came++, { once: true });
  for (let round = 0; round < 20; round++) {
    await sleep(10);
    collectGarbage();
  }
  for (const until = Date.now() + 10_000; came < 100 && Date.now() < until; ) await sleep(10);
  return came;
};

test('a deadline comes although nobody but its listener remembers it', async () => {
  expect(await kept(() => within(50))).toBe(100);
});

test('a deadline under a parent comes although nobody remembers it, and so does one under that', async () => {
  const parent = new AbortController();
  expect(await kept(() => within(50, parent.signal))).toBe(100);
  expect(await kept(() => within(60_000, within(50, parent.signal)))).toBe(100);
});

test('a deadline beyond what a timer can count is far away, not now', async () => {
  const signal = within(2 ** 31);
  await sleep(20);
  expect(signal.aborted).toBe(false);
});

test('the parent aborts it at once, with its own reason', () => {
  const parent = new AbortController();
  const signal = within(60_000, parent.signal);
  parent.abort(new Error('enough'));
  expect(signal.reason).toEqual(new Error('enough'));
});

test('a deadline that has passed aborts with a TimeoutError that says how long it was', async () => {
  const signal = within(1);
  await sleep(60_000, signal);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 1 ms' });
});
