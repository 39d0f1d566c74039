/**
 * Who does what: clients, nemesis, onThreads, onProcesses, eachProcess, reserve.
 * Each shows its generator a part of the context, so the generator sees, and is told of, nobody else.
 */
import type { Event, ProcessId } from '../history/event.ts';
import type { Context, Generator, Step } from '../protocol/generator.ts';
import { any } from './combine.ts';
import { assigned, canTake, rewrapped } from './take.ts';

/** Client processes take the generator's requests; the nemesis takes none. */
export const clients = (generator: Generator): Generator => onProcesses(() => true, generator);

/** The nemesis takes the generator's requests; clients take none. */
export const nemesis = (generator: Generator): Generator =>
  within({ narrow: context => ({ ...context, free: [], processes: [] }), concerns: process => process === 'nemesis' }, generator);

/** Only processes that are chosen take the generator's requests; it waits for those that may still come. */
export const onProcesses = (chosen: (process: number) => boolean, generator: Generator): Generator =>
  within(
    chosenPart((_, process) => chosen(process)),
    generator,
  );

/**
 * Only threads that are chosen take the generator's requests, each with whatever process it has at the time. Ends at once if there is no
 * such thread.
 */
export const onThreads = (chosen: (thread: number) => boolean, generator: Generator): Generator =>
  within(
    { ...chosenPart((context, process) => chosen(process % context.threads)), isEmpty: context => context.processes.length === 0 },
    generator,
  );

/** The first ranges of threads have a generator each, the threads that are left have the last: `reserve([[2, writes], [1, cas]], reads)`. */
export const reserve = (ranges: readonly (readonly [count: number, generator: Generator])[], rest: Generator): Generator => {
  let first = 0;
  const branches = ranges.map(([count, generator]) => {
    const from = first;
    first += count;
    return onThreads(thread => thread >= from && thread < from + count, generator);
  });
  return any(
    ...branches,
    onThreads(thread => thread >= first, rest),
  );
};

/**
 * Every process runs a copy of its own from the beginning. A process that replaces a lost one goes on where that one was: what a thread
 * has done is done. Ends when every thread's copy has ended.
 */
export const eachProcess = (generator: Generator): Generator => eachThread(generator, new Map());

const eachThread = (generator: Generator, copies: ReadonlyMap<number, Generator | 'done'>): Generator => ({
  step(context) {
    const next = new Map(copies);
    for (const process of context.free) {
      const thread = process % context.threads;
      const copy = next.get(thread) ?? generator;
      if (copy === 'done') continue;
      const step = take(copy, only(context, process));
      if (step === 'done') next.set(thread, 'done');
      else if ('pending' in step) next.set(thread, step.pending);
      else if (step.request.time === undefined || step.request.time <= context.time)
        return { request: step.request, next: eachThread(generator, next.set(thread, step.next)) };
    }
    const ended = context.processes.every(process => next.get(process % context.threads) === 'done');
    return ended ? 'done' : { pending: eachThread(generator, next) };
  },
  update(context, event) {
    if (typeof event.process !== 'number') return this;
    const thread = event.process % context.threads;
    const copy = copies.get(thread) ?? generator;
    if (copy === 'done' || copy.update === undefined) return this;
    return eachThread(generator, new Map(copies).set(thread, copy.update(only(context, event.process), event)));
  },
});

const only = (context: Context, process: number): Context => ({
  ...context,
  free: context.free.includes(process) ? [process] : [],
  processes: [process],
  nemesisFree: false,
  nemesisBusy: false,
});

/** A part of the context, and the events that belong to it. */
interface Part {
  narrow(context: Context): Context;
  concerns(process: ProcessId, context: Context): boolean;
  /** Whether nobody in it will ever take anything. */
  isEmpty?(narrowed: Context): boolean;
}

const chosenPart = (chosen: (context: Context, process: number) => boolean): Part => ({
  narrow: context => ({
    ...context,
    free: context.free.filter(process => chosen(context, process)),
    processes: context.processes.filter(process => chosen(context, process)),
    nemesisFree: false,
    nemesisBusy: false,
  }),
  concerns: (process, context) => typeof process === 'number' && chosen(context, process),
});

const within = (part: Part, generator: Generator): Generator => ({
  step(context) {
    const inner = part.narrow(context);
    return part.isEmpty?.(inner) ? 'done' : rewrapped(take(generator, inner), next => within(part, next));
  },
  update:
    generator.update &&
    ((context: Context, event: Event) =>
      within(part, part.concerns(event.process, context) ? generator.update!(part.narrow(context), event) : generator)),
});

/** A step whose request names its process, or waits if nobody here can take it. */
const take = (generator: Generator, context: Context): Step => {
  const step = generator.step(context);
  if (step === 'done' || 'pending' in step) return step;
  if (!canTake(step.request, context)) return { pending: generator };
  return { request: assigned(step.request, context), next: step.next };
};
