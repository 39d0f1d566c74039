/** What a person sees while a run goes on: one live line on a terminal, a line every few seconds elsewhere. */
import { formatDuration } from '../std/duration.ts';
import type { Terminal } from './terminal.ts';

/** A reading of the run as it is now. Counts are totals since the run began. */
export interface Reading {
  readonly phase: string;
  readonly elapsedMs: number;
  /** Until the phase ends, where that is known. */
  readonly remainingMs: number | undefined;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** Active faults in words: `partition n1>n2`. */
  readonly faults: readonly string[];
}

const liveEveryMs = 200;
const plainEveryMs = 5_000;

/** Starts showing; the returned function stops it and clears the line. */
export const showProgress = (terminal: Terminal, read: () => Reading): (() => void) => {
  let last: Reading | undefined;
  const timer = setInterval(
    () => {
      const now = read();
      terminal.status(describe(now, last));
      last = now;
    },
    terminal.live ? liveEveryMs : plainEveryMs,
  );
  return () => {
    clearInterval(timer);
    terminal.clear();
  };
};

export const describe = (now: Reading, last: Reading | undefined): string => {
  const completed = (reading: Reading): number => reading.ok + reading.fail + reading.info;
  const seconds = (now.elapsedMs - (last?.elapsedMs ?? 0)) / 1_000;
  const perSecond = seconds > 0 ? Math.round((completed(now) - (last ? completed(last) : 0)) / seconds) : 0;
  return [
    `${now.phase} ${formatDuration(now.elapsedMs)}`,
    ...(now.remainingMs === undefined ? [] : [`${formatDuration(Math.max(0, now.remainingMs))} left`]),
    `${perSecond} ops/s`,
    `ok ${now.ok} fail ${now.fail} info ${now.info}`,
    now.faults.length > 0 ? `fault: ${now.faults.join('; ')}` : 'no fault',
  ].join(' · ');
};
