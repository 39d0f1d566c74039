/** The stages by themselves, on a clock that the test turns. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seededRandom } from '../random.ts';
import { toxicTypes } from './registry.ts';
import type { Attributes, Stage } from './stage.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A stage whose output is written down, `|fin` and the like for ends, `RST` for a reset. */
function open(type: string, attributes: Attributes) {
  const out: string[] = [];
  const line = { regulate: () => {}, reset: () => void out.push('RST'), random: seededRandom(1) };
  const stage: Stage = new (toxicTypes.get(type)!.stage)(attributes, line);
  stage.next = { push: chunk => void out.push(chunk.toString()), end: how => void out.push(`|${how}`) };
  const change = (changed: Attributes) => {
    stage.attributes = changed;
    stage.update();
  };
  return { out, stage, change, push: (text: string) => stage.push(Buffer.from(text)) };
}

const turn = (ms: number) => vi.advanceTimersByTime(ms);

test('latency holds bytes and the end in order, each for its time', () => {
  const { out, stage, push } = open('latency', { latency: 100, jitter: 0 });
  push('a');
  turn(60);
  push('b');
  stage.end('fin');
  turn(41);
  expect(out).toEqual(['a']);
  turn(60);
  expect(out).toEqual(['a', 'b', '|fin']);
});

test('latency: raised it holds longer, lowered it lets go at once', () => {
  const { out, change, push } = open('latency', { latency: 50, jitter: 0 });
  push('a');
  change({ latency: 3_600_000, jitter: 0 });
  turn(3_500_000);
  expect(out).toEqual([]);
  change({ latency: 10, jitter: 0 });
  expect(out).toEqual(['a']);
});

test('latency beyond what a timer can wait is no latency of nothing', () => {
  const { out, push } = open('latency', { latency: 1e12, jitter: 0 });
  push('a');
  turn(2 ** 31 + 10);
  expect(out).toEqual([]);
});

test('latency: jitter keeps the order', () => {
  const { out, push } = open('latency', { latency: 50, jitter: 50 });
  for (const letter of 'abcdefghij') push(letter);
  turn(102);
  expect(out.join('')).toBe('abcdefghij');
});

test('latency is full at 16 MiB, and again empty after its release', () => {
  const { stage } = open('latency', { latency: 1000, jitter: 0 });
  for (let i = 0; i < 15; i++) stage.push(Buffer.alloc(1024 * 1024));
  expect(stage.full).toBe(false);
  stage.push(Buffer.alloc(1024 * 1024));
  expect(stage.full).toBe(true);
  stage.release();
  expect(stage.full).toBe(false);
});

test('a destroyed stage holds nothing, takes nothing and keeps no timer', () => {
  const { out, stage, push } = open('latency', { latency: 100, jitter: 0 });
  push('a');
  stage.destroy();
  push('b');
  expect(vi.getTimerCount()).toBe(0);
  turn(1000);
  expect(out).toEqual([]);
});

test('bandwidth: 1 KB/s is a byte a millisecond', () => {
  const { out, push } = open('bandwidth', { rate: 1 });
  push('x'.repeat(100));
  turn(52);
  expect(out.join('').length).toBe(50);
  turn(50);
  expect(out.join('').length).toBe(100);
});

test('bandwidth saves nothing up while it is idle', () => {
  const { out, push } = open('bandwidth', { rate: 1 });
  turn(10_000);
  push('x'.repeat(100));
  turn(31);
  expect(out.join('').length).toBe(30);
});

test('bandwidth 0 stalls, and ends in order once it is raised', () => {
  const { out, stage, change, push } = open('bandwidth', { rate: 0 });
  push('abc');
  stage.end('fin');
  turn(100_000);
  expect(out).toEqual([]);
  change({ rate: 1000 });
  turn(2);
  expect(out).toEqual(['abc', '|fin']);
});

test('slow_close passes bytes and holds the end', () => {
  const { out, stage, push } = open('slow_close', { delay: 100 });
  push('a');
  stage.end('fin');
  expect(out).toEqual(['a']);
  turn(101);
  expect(out).toEqual(['a', '|fin']);
});

test('timeout: traffic starts its time again, silence ends the connection', () => {
  const { out, push } = open('timeout', { timeout: 100 });
  turn(90);
  push('lost');
  turn(90);
  expect(out).toEqual([]);
  turn(11);
  expect(out).toEqual(['|close']);
});

test('timeout: removing it closes, once', () => {
  const { out, stage } = open('timeout', { timeout: 0 });
  stage.release();
  stage.end('fin');
  expect(out).toEqual(['|close']);
});

test('reset_peer resets its timeout after the first byte; removed in time it lets the bytes go', () => {
  const doomed = open('reset_peer', { timeout: 100 });
  doomed.push('a');
  turn(99);
  expect(doomed.out).toEqual([]);
  turn(2);
  expect(doomed.out[0]).toBe('RST');
  const spared = open('reset_peer', { timeout: 100 });
  spared.push('a');
  spared.stage.release();
  turn(1000);
  expect(spared.out).toEqual(['a']);
});

test('limit_data cuts the chunk that crosses the limit, and is deaf afterwards', () => {
  const { out, stage, push } = open('limit_data', { bytes: 5 });
  push('abc');
  push('defg');
  push('h');
  stage.end('fin');
  expect(out).toEqual(['abc', 'de', '|close']);
});

test('limit_data 0 closes at the first byte', () => {
  const { out, push } = open('limit_data', { bytes: 0 });
  push('a');
  expect(out).toEqual(['|close']);
});

test('slicer: packets leave one delay apart', () => {
  const { out, push } = open('slicer', { average_size: 2, size_variation: 0, delay: 10_000 });
  push('abcdef');
  expect(out).toEqual(['ab']);
  turn(11);
  expect(out).toEqual(['ab', 'cd']);
  turn(11);
  expect(out).toEqual(['ab', 'cd', 'ef']);
});

test('slicer: the packets of a chunk are within the variation, and every byte is in one', () => {
  const { out, push } = open('slicer', { average_size: 100, size_variation: 20, delay: 0 });
  push('x'.repeat(10_000));
  const sizes = out.map(packet => packet.length);
  expect(sizes.reduce((a, b) => a + b)).toBe(10_000);
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(80);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(120);
});

test.each([
  [0, 0],
  [-5, 3],
  [1, 1000],
])('slicer: average %i and variation %i make no sense and still deliver every byte', (average, variation) => {
  const { out, push } = open('slicer', { average_size: average, size_variation: variation, delay: 0 });
  push('abcdefghij');
  expect(out.join('')).toBe('abcdefghij');
});

test('slicer: what is left of a chunk goes whole when the toxic is removed', () => {
  const { out, stage, push } = open('slicer', { average_size: 2, size_variation: 0, delay: 10_000 });
  push('abcdef');
  stage.end('fin');
  stage.release();
  expect(out).toEqual(['ab', 'cdef', '|fin']);
});
