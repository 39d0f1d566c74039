/** Every wait has a deadline and a signal. */

/** Aborts when the parent does or after this long. The timer does not keep the process alive. */
export const within = (ms: number, parent?: AbortSignal): AbortSignal => {
  const deadline = AbortSignal.timeout(Math.ceil(ms));
  return parent ? AbortSignal.any([parent, deadline]) : deadline;
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
    const timer = setTimeout(done, Math.max(0, ms));
    signal?.addEventListener('abort', done, { once: true });
  });
