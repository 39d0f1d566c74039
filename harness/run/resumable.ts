/** One stream of requests over several phases: each phase goes on where the one before it ended. */
import type { Context, Generator, Step } from '../protocol/generator.ts';

export interface Resumable {
  /** The stream until `over` says so; asked before every request. */
  until(over: () => boolean): Generator;
}

/** Keeps the stream's place in the closure: of the generators it hands out, only one may be driven at a time. */
export const resumable = (stream: Generator): Resumable => {
  let current = stream;
  const phase = (over: () => boolean): Generator => ({
    step: (context: Context): Step => {
      if (over()) return 'done';
      const step = current.step(context);
      if (step === 'done') return 'done';
      if ('pending' in step) {
        current = step.pending;
        return { pending: phase(over) };
      }
      // The place moves on only when the request is taken, which is when the next generator is first used.
      const { request, next } = step;
      return { request, next: following(over, next) };
    },
    update: (context, event) => {
      current = current.update?.(context, event) ?? current;
      return phase(over);
    },
  });
  const following = (over: () => boolean, next: Generator): Generator => {
    const take = (): Generator => {
      current = next;
      return phase(over);
    };
    return { step: context => take().step(context), update: (context, event) => take().update!(context, event) };
  };
  return { until: phase };
};
