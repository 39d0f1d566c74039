/** When: timeLimit, delay, stagger, sleep. Times are nanoseconds since the run began, durations milliseconds. */
import type { Context, Generator, Step } from '../protocol/generator.ts';
import { rewrapped, updated } from './take.ts';

const nanosecondsPerMs = 1e6;

/** Whatever the generator asks for within so much time, counted from when it is first asked; nothing is asked for after that. */
export const timeLimit = (limitMs: number, generator: Generator): Generator => until(undefined, limitMs, generator);

const until = (end: number | undefined, limitMs: number, generator: Generator): Generator => ({
  step(context) {
    const last = end ?? context.time + limitMs * nanosecondsPerMs;
    if (context.time >= last) return 'done';
    const step = generator.step(context);
    if (step !== 'done' && 'request' in step && (step.request.time ?? 0) >= last) return 'done';
    return rewrapped(step, next => until(last, limitMs, next));
  },
  update: updated(generator, next => until(end, limitMs, next)),
});

/** Nothing for so much time, then done: a pause between the parts of a sequence. */
export const sleep = (durationMs: number): Generator => sleepUntil(undefined, durationMs);

const sleepUntil = (end: number | undefined, durationMs: number): Generator => ({
  step(context) {
    const last = end ?? context.time + durationMs * nanosecondsPerMs;
    return context.time >= last ? 'done' : { pending: sleepUntil(last, durationMs) };
  },
});

/** At least so much time between the beginnings of two requests; a slow system is not hurried afterwards. */
export const delay = (gapMs: number, generator: Generator): Generator =>
  spaced({ gapNs: () => gapMs * nanosecondsPerMs, catchesUp: false }, generator);

export interface StaggerOptions {
  /** `poisson`: exponentially distributed gaps, as from many clients who know nothing of each other; `fixed`: all gaps alike. */
  readonly distribution?: 'poisson' | 'fixed';
}

/** Requests at this mean gap, however long they take: what the free processes could not take in time follows at once. */
export const stagger = (meanGapMs: number, generator: Generator, options: StaggerOptions = {}): Generator => {
  const meanNs = meanGapMs * nanosecondsPerMs;
  const gapNs = options.distribution === 'fixed' ? () => meanNs : (context: Context) => context.rng.exponential(meanNs);
  return spaced({ gapNs, catchesUp: true }, generator);
};

interface Spacing {
  gapNs(context: Context): number;
  /** Whether a gap counts from when the request before was due rather than from when it began. */
  readonly catchesUp: boolean;
}

/** The gap after a request is drawn once and remembered, so that asking twice changes nothing. */
const spaced = (spacing: Spacing, generator: Generator, due?: number): Generator => {
  let gapNs: number | undefined;
  return {
    step(context): Step {
      const now = due ?? context.time;
      const step = generator.step(context);
      if (step === 'done') return step;
      if ('pending' in step) return { pending: spaced(spacing, step.pending, now) };
      const scheduled = Math.round(Math.max(step.request.time ?? 0, now));
      const time = Math.max(scheduled, context.time);
      gapNs ??= spacing.gapNs(context);
      const next = spaced(spacing, step.next, (spacing.catchesUp ? scheduled : time) + gapNs);
      return { request: { ...step.request, time }, next };
    },
    update: updated(generator, next => spaced(spacing, next, due)),
  };
};
