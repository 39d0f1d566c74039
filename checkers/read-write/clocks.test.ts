import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { clockStore, outOfMemory } from './clocks.ts';

test.each([1, 7, 16, 17, 300, 5000])('clocks of %i sessions are what plain arrays would be', sessions => {
  const rng = createRng(`clocks/${sessions}`);
  const store = clockStore(sessions, 2 ** 28);
  const clocks = [{ clock: 0, plain: new Int32Array(sessions) }];
  for (let i = 0; i < 300; i++) {
    const [a, b] = [rng.pick(clocks), rng.pick(clocks)];
    const [s, count] = [rng.int(sessions), 1 + rng.int(20)];
    const plain = a.plain.map((x, at) => Math.max(x, b.plain[at]!));
    plain[s] = Math.max(plain[s]!, count);
    const clock = store.raised(store.joined(a.clock, b.clock), s, count);
    clocks.push({ clock, plain });
    const other = rng.int(sessions);
    expect(store.get(clock, other)).toBe(plain[other]);
    const differs = store.beyond(clock, b.clock);
    const found = new Map(Array.from({ length: differs }, (_, at) => [store.difference.session[at]!, store.difference.more[at]!]));
    const expected = new Map(Array.from(plain.entries()).filter(([at, x]) => x > b.plain[at]!));
    expect(new Map([...found].sort(([x], [y]) => x - y))).toEqual(expected);
  }
});

test('what changes nothing makes nothing', () => {
  const store = clockStore(100, 2 ** 20);
  const clock = store.raised(store.raised(0, 3, 5), 70, 2);
  expect(store.raised(clock, 3, 4)).toBe(clock);
  expect(store.joined(clock, store.raised(0, 70, 1))).toBe(clock);
  expect(store.joined(0, clock)).toBe(clock);
});

test('does not grow beyond its memory', () => {
  const store = clockStore(1000, 200_000);
  const fill = (): void => {
    for (let i = 0, clock = 0; i < 100_000; i++) clock = store.raised(clock, i % 1000, i);
  };
  expect(fill).toThrow();
  try {
    fill();
  } catch (error) {
    expect(error).toBe(outOfMemory);
  }
  expect(store.bytes).toBeLessThan(200_000);
});
