import { expect, test } from 'vitest';
import { syntheticRun } from '../testing/synthetic.ts';
import { excerptLogs, logWindows } from './logs.ts';

const startedAt = '2026-03-02T09:15:00.000Z';
const window = [{ fromMs: 1000, toMs: 3000 }];
const excerpt = (text: string) => excerptLogs(new Map([['n1', new Map([['stdout.log', text]])]]), startedAt, window);
const times = (text: string) => excerpt(text).flatMap(({ lines }) => lines.map(({ timeMs }) => timeMs));

test('lines within the window are kept, those outside are not', () => {
  expect(excerpt('2026-03-02T09:15:00.5Z early\n2026-03-02T09:15:02.250Z in time\n2026-03-02T09:15:03.5Z late')).toEqual([
    { node: 'n1', file: 'stdout.log', lines: [{ timeMs: 2250, text: '2026-03-02T09:15:02.250Z in time' }], omitted: 0 },
  ]);
});

test('times in other manners of writing are read', () => {
  expect(times('2026-03-02 09:15:01,500 WARN comma')).toEqual([1500]);
  expect(times('[2026-03-02T10:15:02.000123+01:00] zone')).toEqual([2000]);
  expect(times('{"level":"info","timestamp":"2026-03-02T09:15:02Z","event":"x"}')).toEqual([2000]);
});

test('a line without a time goes with the one before it', () => {
  expect(times('2026-03-02T09:15:02Z panic\n  at main.go:7\n2026-03-02T09:15:09Z later\n  at main.go:8')).toEqual([2000, 2000]);
});

test('a monotonic time is believed more than a skewed clock, also after a restart with the clock still skewed', () => {
  const line = (timestamp: string, monotonicMs: number) => `{"timestamp":"${timestamp}","context":{"monotonic_ns":${monotonicMs}000000}}`;
  const first = [line('2026-03-02T09:15:00.000Z', 500), line('2026-03-02T11:00:00.000Z', 2500)].join('\n');
  const second = line('2026-03-02T11:00:00.500Z', 3000);
  const files = new Map([
    ['events.1.jsonl', second],
    ['events.0.jsonl', first],
  ]);
  const excerpts = excerptLogs(new Map([['n1', files]]), startedAt, window);
  expect(excerpts.map(({ file, lines }) => [file, lines.map(({ timeMs }) => timeMs)])).toEqual([
    ['events.1.jsonl', [2500]],
    ['events.0.jsonl', [2000]],
  ]);
});

test('a file without times, an unknown start and no window give nothing', () => {
  expect(excerpt('no time here')).toEqual([]);
  expect(excerptLogs(new Map([['n1', new Map([['a', '2026-03-02T09:15:02Z x']])]]), 'yesterday', window)).toEqual([]);
  expect(excerptLogs(new Map([['n1', new Map([['a', '2026-03-02T09:15:02Z x']])]]), startedAt, [])).toEqual([]);
});

test('a flood is cut to the rare lines and those nearest to the middle, and says by how much', () => {
  const at = (ms: number) => new Date(Date.parse(startedAt) + ms).toISOString();
  const flood = Array.from({ length: 450 }, (_, n) => `${at(1100 + n * 4)} applied entry ${n}`);
  const [only] = excerpt([...flood.slice(0, 3), `${at(1111)} election lost`, ...flood.slice(3)].join('\n'));
  expect(only!.lines.length + only!.omitted).toBe(451);
  expect(only!.omitted).toBeGreaterThan(200);
  expect(only!.lines[0]!.text).toContain('election lost');
  expect(only!.lines.slice(1).every(({ timeMs }) => Math.abs(timeMs - 2000) <= 404)).toBe(true);
});

test('the windows are two seconds around the last operation of an anomaly, none where nothing is wrong', () => {
  const { results, history } = syntheticRun({ operations: 500, verdict: false });
  const atMs = history[results.checks[0]!.anomalies[0]!.operations.at(-1)!]!.time / 1e6;
  expect(logWindows(results, history)).toEqual([{ fromMs: atMs - 2000, toMs: atMs + 2000 }]);
  expect(logWindows(syntheticRun({ operations: 500, verdict: true }).results, history)).toEqual([]);
  const unnamed = [{ ...results.checks[0]!, anomalies: [{ type: 'election-safety', operations: [], explanation: '' }] }];
  expect(logWindows({ checks: unnamed }, history)).toEqual([]);
});
