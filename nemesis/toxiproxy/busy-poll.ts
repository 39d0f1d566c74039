/**
 * A request and its answer on an otherwise idle machine spend most of their time in waking processors up: some 35 µs for each
 * hop. Where bytes follow each other at such a pace, the event loop stays awake for a moment after each of them instead of going to
 * sleep, as Go's scheduler does. Where they come faster (the loop does not sleep anyway) or slower (it would be waste), or
 * where it does not help (the processor is wanted elsewhere), it is left alone.
 */

/** Longer than a wake-up and the peer's work, short enough to waste little. */
const WINDOW_MS = 0.15;
/** Below this the loop hardly ever slept. */
const AWAKE_MS = 0.03;
const SAMPLE = 64;
const POLLING_SAMPLES = 128;
const REST_SAMPLES = 256;

/**
 * When to stay awake: watches the gaps between arrivals for a while asleep, then tries for a while awake, and goes on only
 * where that made the gaps at least a fifth shorter. Pure: told the time, asks no clock.
 */
export class PollPolicy {
  #last = Number.NEGATIVE_INFINITY;
  #arrivals = 0;
  #near = 0;
  #nearMs = 0;
  #asleepMs = 0;
  #polling = false;
  /** Samples until the policy thinks again. */
  #left = 0;

  /** Bytes have arrived. True: stay awake for the window. */
  arrived(nowMs: number): boolean {
    const gapMs = nowMs - this.#last;
    this.#last = nowMs;
    if (gapMs < WINDOW_MS) {
      this.#near++;
      this.#nearMs += gapMs;
    }
    if (++this.#arrivals === SAMPLE) this.#judge();
    return this.#polling;
  }

  /** True once the window after the last arrival is over. */
  expired(nowMs: number): boolean {
    return nowMs - this.#last >= WINDOW_MS;
  }

  #judge(): void {
    const steady = this.#near >= SAMPLE * 0.75;
    const meanMs = this.#nearMs / Math.max(1, this.#near);
    this.#arrivals = this.#near = this.#nearMs = 0;
    this.#left--;
    if (this.#polling) {
      if (!steady || meanMs > this.#asleepMs * 0.8) this.#sleep(REST_SAMPLES);
      else if (this.#left <= 0) this.#sleep(0);
    } else if (this.#left <= 0 && steady && meanMs >= AWAKE_MS) {
      this.#asleepMs = meanMs;
      this.#polling = true;
      this.#left = POLLING_SAMPLES;
    }
  }

  #sleep(samples: number): void {
    this.#polling = false;
    this.#left = samples + 1; // one more, in which the gaps are those of a sleeping loop again
  }
}

/** The function to call when bytes have arrived. One for all connections: they share the event loop. */
export function busyPoll(): () => void {
  const policy = new PollPolicy();
  let awake = false;
  const poll = () => {
    if (policy.expired(performance.now())) awake = false;
    else setImmediate(poll); // the loop looks for events without waiting while an immediate is due
  };
  return () => {
    if (!policy.arrived(performance.now()) || awake) return;
    awake = true;
    setImmediate(poll);
  };
}
