/** The node log lines around a violation. Pure: whoever calls has read the files. */

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

const mostLines = 200;
const longestLine = 600;

/**
 * The lines of each file that fall into one of the windows (milliseconds since the run began), at most 200 a file.
 *
 * A line's time is the `monotonic_ms` that an event-log line carries (at the top or in `context`), related to the wall clock by the
 * first line that has both, so that a skewed clock moves nothing; else the first ISO 8601 time in it (UTC unless it says otherwise).
 * A line without either goes with the line before it; a file without any time is left out. O(length of the text); never throws.
 */
export const excerptLogs = (
  logs: ReadonlyMap<string, ReadonlyMap<string, string>>,
  startedAt: string,
  windows: readonly LogWindow[],
): LogExcerpt[] => {
  const startMs = Date.parse(startedAt);
  if (Number.isNaN(startMs) || windows.length === 0) return [];
  const excerpts: LogExcerpt[] = [];
  for (const [node, files] of logs)
    for (const [file, text] of files) {
      const within = linesWithin(text, startMs, windows);
      if (within.length === 0) continue;
      excerpts.push({ node, file, lines: within.slice(0, mostLines), omitted: Math.max(0, within.length - mostLines) });
    }
  return excerpts;
};

const linesWithin = (text: string, startMs: number, windows: readonly LogWindow[]): LogLine[] => {
  const clock = createLineClock();
  const lines: LogLine[] = [];
  let timeMs = Number.NaN;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const wallMs = clock(line);
    if (wallMs !== undefined) timeMs = wallMs - startMs;
    if (windows.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs <= toMs))
      lines.push({ timeMs, text: line.length > longestLine ? `${line.slice(0, longestLine)}…` : line });
  }
  return lines;
};

const isoTime = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/;
const monotonic = /"monotonic_?ms"\s*:\s*(\d+(?:\.\d+)?)/i;

/** From a line to its true wall time in milliseconds, undefined where it has none. */
const createLineClock = (): ((line: string) => number | undefined) => {
  let offsetMs: number | undefined;
  return line => {
    const steady = Number(monotonic.exec(line)?.[1] ?? Number.NaN);
    if (offsetMs !== undefined && !Number.isNaN(steady)) return steady + offsetMs;
    const [, date, time, fraction = '0', zone = 'Z'] = isoTime.exec(line) ?? [];
    if (date === undefined) return undefined;
    const wallMs = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`);
    if (Number.isNaN(wallMs)) return undefined;
    if (!Number.isNaN(steady)) offsetMs = wallMs - steady;
    return wallMs;
  };
};
