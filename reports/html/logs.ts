/** The node log lines around a violation. Pure: whoever calls has read the files. */
import type { History } from '../../harness/history/event.ts';
import type { Results } from '../contract.ts';
import { effort } from '../effort.ts';

export interface LogLine {
  /** Milliseconds since the run began. */
  readonly timeMs: number;
  readonly text: string;
}

export interface LogExcerpt {
  readonly node: string;
  /** The file's name within the node's folder. */
  readonly file: string;
  readonly lines: readonly LogLine[];
  /** Lines within the window that were left out, because there were too many. */
  readonly omitted: number;
}

export interface LogWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const aroundMs = 2000;
const explained = 3;

/** Two seconds before and after the last operation of each of the three smallest anomalies; times of overlapping windows are not merged. */
export const logWindows = ({ checks }: Pick<Results, 'checks'>, history: History): LogWindow[] => {
  const last = checks
    .flatMap(({ anomalies }) => anomalies.filter(({ operations }) => operations.length > 0))
    .sort((a, b) => effort(a) - effort(b))
    .map(({ operations }) => Math.max(...operations))
    .slice(0, explained);
  return history
    .filter(({ index }) => last.includes(index))
    .map(({ time }) => ({ fromMs: time / 1e6 - aroundMs, toMs: time / 1e6 + aroundMs }));
};

const mostLines = 200;
const longestLine = 600;

/**
 * The lines of each file that fall into one of the windows (milliseconds since the run began), at most 200 a file: the rare
 * ones and those nearest to the middle.
 *
 * A line's time is the `monotonic_ns` that an event-log line carries, related to the wall clock by the earliest line of the node that
 * has both (written before any fault), so that a skewed clock moves nothing; else the first ISO 8601 time in it (UTC unless it says
 * otherwise). A line without either goes with the line before it; a file without any time is left out. O(length of the text); never
 * throws.
 */
export const excerptLogs = (
  logs: ReadonlyMap<string, ReadonlyMap<string, string>>,
  startedAt: string,
  windows: readonly LogWindow[],
): LogExcerpt[] => {
  const startMs = Date.parse(startedAt);
  if (Number.isNaN(startMs) || windows.length === 0) return [];
  const excerpts: LogExcerpt[] = [];
  for (const [node, files] of logs) {
    const texts = [...files].map(([file, text]) => ({ file, lines: text.split('\n') }));
    const offsetMs = steadyOffset(texts.flatMap(({ lines }) => lines.find(line => steadyMs(line) !== undefined) ?? []));
    for (const { file, lines } of texts) {
      const within = linesWithin(lines, offsetMs, { startMs, windows });
      if (within.length === 0) continue;
      const telling = tellingLines(within, windows);
      excerpts.push({ node, file, lines: telling, omitted: within.length - telling.length });
    }
  }
  return excerpts;
};

/** Of too many lines, those of rare kinds first, then those nearest to the middle of a window; in the order of the file. */
const tellingLines = (lines: readonly LogLine[], windows: readonly LogWindow[]): readonly LogLine[] => {
  if (lines.length <= mostLines) return lines;
  const kinds = new Map<string, number>();
  for (const { text } of lines) kinds.set(kindOf(text), (kinds.get(kindOf(text)) ?? 0) + 1);
  const distance = (timeMs: number): number => Math.min(...windows.map(({ fromMs, toMs }) => Math.abs(timeMs - (fromMs + toMs) / 2)));
  const ranked = lines
    .map((line, at) => ({ at, common: kinds.get(kindOf(line.text))! > mostLines / 10, distance: distance(line.timeMs) }))
    .sort((a, b) => Number(a.common) - Number(b.common) || a.distance - b.distance);
  const kept = new Set(ranked.slice(0, mostLines).map(({ at }) => at));
  return lines.filter((_, at) => kept.has(at));
};

/** Lines of one kind differ in numbers only; lines of an event log go by their event. */
const kindOf = (text: string): string => /"event":"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, 120).replace(/\d+/g, '0');

interface Span {
  /** When the run began, wall clock. */
  readonly startMs: number;
  readonly windows: readonly LogWindow[];
}

const linesWithin = (text: readonly string[], offsetMs: number | undefined, { startMs, windows }: Span): LogLine[] => {
  const lines: LogLine[] = [];
  let timeMs = Number.NaN;
  for (const line of text) {
    if (line.trim() === '') continue;
    const steady = offsetMs === undefined ? undefined : steadyMs(line);
    const wallMs = steady === undefined ? wallClockMs(line) : steady + offsetMs!;
    if (wallMs !== undefined) timeMs = wallMs - startMs;
    if (windows.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs <= toMs))
      lines.push({ timeMs, text: line.length > longestLine ? `${line.slice(0, longestLine)}…` : line });
  }
  return lines;
};

/** Wall clock minus monotonic clock, by the earliest of these lines; undefined where none has both. */
const steadyOffset = (lines: readonly string[]): number | undefined => {
  const [first] = lines
    .map(line => ({ steady: steadyMs(line), wall: wallClockMs(line) }))
    .filter(({ steady, wall }) => steady !== undefined && wall !== undefined)
    .sort((a, b) => a.steady! - b.steady!);
  return first && first.wall! - first.steady!;
};

const monotonic = /"monotonic_ns"\s*:\s*(\d+)/;
const isoTime = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/;

const steadyMs = (line: string): number | undefined => {
  const nanoseconds = monotonic.exec(line)?.[1];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
};

const wallClockMs = (line: string): number | undefined => {
  const [, date, time, fraction = '0', zone = 'Z'] = isoTime.exec(line) ?? [];
  if (date === undefined) return undefined;
  const wallMs = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`);
  return Number.isNaN(wallMs) ? undefined : wallMs;
};
