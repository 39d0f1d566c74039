/**
 * What a check may take. Everything that can be long looks at the clock and at the memory every millisecond or so and gives up in time: a
 * limit is kept within a tenth, explaining and minimising included.
 */

export interface Limits {
  /** A clock in milliseconds, any origin. */
  readonly now: () => number;
  /** By `now`. */
  readonly deadline: number;
  readonly memoryBytes: number;
  /** By how many bytes the process has grown since the check began: what tables do not count, garbage included. Default: nobody looks. */
  readonly grown?: () => number;
  /** False: a violation need not be made small, nor explained. */
  readonly explain?: boolean | undefined;
}

export interface LimitOptions {
  readonly timeLimitMs: number;
  readonly memoryLimitBytes: number;
  /** A clock in milliseconds; only differences count. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
  readonly explain?: boolean | undefined;
}

/** The limits of a check that begins now. The memory limit is for what the process grows by from here. */
export const limitsFrom = ({ timeLimitMs, memoryLimitBytes, explain, now = () => performance.now() }: LimitOptions): Limits => {
  const began = process.memoryUsage.rss();
  return { now, deadline: now() + timeLimitMs, memoryBytes: memoryLimitBytes, grown: () => process.memoryUsage.rss() - began, explain };
};

/** Whether tables of `held` bytes, `soon` more of which will be asked for next, or the process as a whole are over the limit. */
export const outOfMemory = ({ memoryBytes, grown }: Limits, held: number, soon = 0): boolean =>
  held + soon > memoryBytes || (grown !== undefined && grown() + soon > memoryBytes);
