/** What generators share with each other and with the interpreter: who can take a request, and which of several comes first. */
import type { Context, Generator, Request, Step } from '../protocol/generator.ts';

/** A context without client processes is the nemesis's own: there, whatever names nobody is for the nemesis. */
const isNemesisOnly = (context: Context): boolean => context.processes.length === 0;

export const canTake = (request: Request, context: Context): boolean => {
  if (request.process === 'nemesis') return context.nemesisFree;
  if (request.process !== undefined) return context.free.includes(request.process);
  return isNemesisOnly(context) ? context.nemesisFree : context.free.length > 0;
};

/** The request with the process that is to take it: the one it names, otherwise the one that has been free for longest. Call it if `canTake`. */
export const assigned = (request: Request, context: Context): Request =>
  request.process !== undefined ? request : { ...request, process: isNemesisOnly(context) ? 'nemesis' : context.free[0]! };

/** Offers the request if somebody can take it; otherwise the generator waits as it is. */
export const offer = (request: Request, next: Generator, waiting: Generator, context: Context): Step =>
  canTake(request, context) ? { request, next } : { pending: waiting };

/** The same step with whatever follows it wrapped. */
export const rewrapped = (step: Step, wrap: (next: Generator) => Generator): Step => {
  if (step === 'done') return step;
  return 'pending' in step ? { pending: wrap(step.pending) } : { request: step.request, next: wrap(step.next) };
};

/** Wraps what a generator becomes when it is told of an event; absent if it does not care, so that nothing is rebuilt for nothing. */
export const updated = (generator: Generator, wrap: (next: Generator) => Generator): Generator['update'] =>
  generator.update && ((context, event) => wrap(generator.update!(context, event)));

/** Of several steps the request with the earliest time, at random among equals; without a request one that waits; otherwise `done`. */
export const soonest = (steps: readonly Step[], context: Context): { index: number; step: Step } => {
  let best: number[] = [];
  let bestTime = Number.POSITIVE_INFINITY;
  let waiting = -1;
  for (const [index, step] of steps.entries()) {
    if (step === 'done') continue;
    if ('pending' in step) {
      waiting = index;
      continue;
    }
    const time = Math.max(step.request.time ?? 0, context.time);
    if (time < bestTime) [best, bestTime] = [[], time];
    if (time === bestTime) best.push(index);
  }
  if (best.length > 0) {
    const index = best.length === 1 ? best[0]! : context.rng.pick(best);
    return { index, step: steps[index]! };
  }
  return waiting < 0 ? { index: 0, step: 'done' } : { index: waiting, step: steps[waiting]! };
};
