/**
 * The one clock of a node. Everything that reads time or sets a timer goes through it, so that skew needs no help from the operating system.
 *
 * `wall` can jump (offset) and drift (rate); `now`, the monotonic clock, never jumps and runs at the rate; timers follow `now`.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic ms, scaled by the rate. */
  now(): number;
  /** Civil time in ms since 1970, with offset and drift. */
  wall(): number;
  /** Runs `action` once when `now()` has advanced by `delayMs`. */
  after(delayMs: number, action: () => void): Timer;
}

export interface Skew {
  /** The wall clock is set to true time plus this. */
  readonly offsetMs?: number;
  /** Seconds that pass here in one true second; greater than 0. */
  readonly rate?: number;
}

export interface SkewableClock extends Clock {
  /** What is not named stays: without `offsetMs` the error so far is kept. Running timers are re-armed. */
  skew(skew: Skew): void;
}

interface Armed {
  readonly dueNow: number;
  readonly action: () => void;
  handle: NodeJS.Timeout;
}

/** Time sources of the real machine; tests give their own. */
export interface TimeSource {
  monotonic(): number;
  wall(): number;
}

const machineTime: TimeSource = { monotonic: () => performance.now(), wall: () => Date.now() };

export function skewableClock(initial: Skew = {}, source: TimeSource = machineTime): SkewableClock {
  let rate = initial.rate ?? 1;
  let anchor = source.monotonic();
  let nowAtAnchor = anchor;
  let errorAtAnchor = initial.offsetMs ?? 0;
  const armed = new Set<Armed>();

  const elapsed = () => source.monotonic() - anchor;
  const now = () => nowAtAnchor + elapsed() * rate;
  const error = () => errorAtAnchor + elapsed() * (rate - 1);

  const arm = (timer: Armed): void => {
    timer.handle = setTimeout(
      () => {
        if (timer.dueNow - now() > 1) {
          arm(timer);
          return;
        }
        armed.delete(timer);
        timer.action();
      },
      Math.min(Math.max(0, (timer.dueNow - now()) / rate), 0x7fffffff),
    );
  };

  return {
    now,
    wall: () => source.wall() + error(),
    after(delayMs, action) {
      const timer = { dueNow: now() + delayMs, action } as Armed;
      armed.add(timer);
      arm(timer);
      return {
        cancel() {
          armed.delete(timer);
          clearTimeout(timer.handle);
        },
      };
    },
    skew(change) {
      const at = source.monotonic();
      const errorNow = error();
      nowAtAnchor = now();
      errorAtAnchor = change.offsetMs ?? errorNow;
      anchor = at;
      rate = change.rate ?? rate;
      for (const timer of armed) {
        clearTimeout(timer.handle);
        arm(timer);
      }
    },
  };
}
