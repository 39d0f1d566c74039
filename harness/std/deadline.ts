/** Every wait has a deadline and a signal. */

/** The longest that a timer can wait, 24 days; a longer one would ring at once. */
const longestMs = 2 ** 31 - 1;

/**
 * Aborts when the parent does or after this long. The timer does not keep the process alive.
 *
 * Not made of `AbortSignal.timeout`: Node 20 lets the garbage collector have such a signal as soon as only an `AbortSignal.any` depends on
 * it, and then the deadline never comes. A timer that holds its controller is not collected.
 */
export const within = (ms: number, parent?: AbortSignal): AbortSignal => {
  const deadline = new AbortController();
  const expire = (): void => deadline.abort(new DOMException(`not done within ${Math.ceil(ms)} ms`, 'TimeoutError'));
  setTimeout(expire, bounded(Math.ceil(ms))).unref();
  return parent ? AbortSignal.any([parent, deadline.signal]) : deadline.signal;
};

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, bounded(ms));
    signal?.addEventListener('abort', done, { once: true });
  });

const bounded = (ms: number): number => Math.min(longestMs, Math.max(0, ms));
