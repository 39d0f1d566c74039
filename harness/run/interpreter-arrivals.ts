/**
 * Open-loop load: requests become due at random moments (a Poisson process) whether or not anybody is free to take them, so a slow
 * system meets the same demand as a fast one. Pure: it is told the time and draws from the rng it was given.
 */
import type { Rng } from '../std/rng.ts';

/** A request that begins this much after it was due was kept waiting; anything less is the resolution of the timers. */
const lateNs = 5e6;

export interface ArrivalSummary {
  /** Requests that began more than 5 ms after they were due, because no process was free. */
  readonly late: number;
  /** Requests that never began, because the queue was full. */
  readonly dropped: number;
  readonly meanWaitMs: number;
  readonly maxWaitMs: number;
}

export interface Arrivals {
  /** How many requests are due and have not begun. */
  waiting(now: number): number;
  /** Begins the oldest one; answers when it was due, nanoseconds. Call it only while some are waiting. */
  take(now: number): number;
  isLate(due: number, now: number): boolean;
  summary(): ArrivalSummary;
}

/** `perSecond` requests on average, from `start` on; at most `capacity` wait, what comes beyond that is dropped and counted. */
export const createArrivals = (options: { perSecond: number; capacity: number; start: number; rng: Rng }): Arrivals => {
  const meanGapNs = 1e9 / options.perSecond;
  const queue: number[] = [];
  let head = 0;
  let next = options.start + options.rng.exponential(meanGapNs);
  let [taken, late, dropped, totalWaitNs, maxWaitNs] = [0, 0, 0, 0, 0];

  const advance = (now: number): void => {
    while (next <= now) {
      if (queue.length - head < options.capacity) queue.push(Math.round(next));
      else dropped++;
      next += options.rng.exponential(meanGapNs);
    }
  };

  return {
    waiting(now) {
      advance(now);
      return queue.length - head;
    },
    take(now) {
      const due = queue[head++]!;
      if (head > 1024 && head * 2 > queue.length) {
        queue.splice(0, head);
        head = 0;
      }
      taken++;
      totalWaitNs += now - due;
      maxWaitNs = Math.max(maxWaitNs, now - due);
      if (now - due > lateNs) late++;
      return due;
    },
    isLate: (due, now) => now - due > lateNs,
    summary: () => ({ late, dropped, meanWaitMs: taken === 0 ? 0 : totalWaitNs / taken / 1e6, maxWaitMs: maxWaitNs / 1e6 }),
  };
};
