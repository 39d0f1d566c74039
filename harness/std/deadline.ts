/** Every wait has a deadline and a signal. */
import { setTimeout as sleepFor } from 'node:timers/promises';

/** Aborts when the parent does or after this long. The timer does not keep the process alive. */
export const within = (ms: number, parent?: AbortSignal): AbortSignal =>
  parent ? AbortSignal.any([parent, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await sleepFor(ms, undefined, { signal }).catch(() => undefined);
};
