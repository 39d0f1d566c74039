/** Many keys, each with a generator of its own: one key at a time, or groups of threads that work on keys of their own side by side. */
import type { Event, Key } from '../history/event.ts';
import type { Context, Generator, Step } from '../protocol/generator.ts';
import { nothing } from './basic.ts';
import { map } from './combine.ts';
import { assigned, canTake, rewrapped, soonest } from './take.ts';

export interface IndependentOptions {
  /** The n-th key, from 0; undefined when there are no more. */
  key(n: number): Key | undefined;
  /** What to do with a key. */
  generator(key: Key): Generator;
}

/** All of the first key, then all of the second, …, by all threads together. */
export const oneKeyAtATime = (options: IndependentOptions): Generator => oneKey(options, 0, nothing);

/**
 * Threads in groups of `threadsPerKey`, in thread order (the last may be smaller). A group works on one key until that key's generator
 * ends, then takes the next key that nobody has had. Ends when no key is left and all groups have ended.
 */
export const independent = (options: IndependentOptions & { threadsPerKey: number }): Generator =>
  grouped(options, { nextKey: 0, groups: [] });

const keyed = (options: IndependentOptions, n: number): Generator | undefined => {
  const key = options.key(n);
  return key === undefined ? undefined : map(request => ({ ...request, key }), options.generator(key));
};

const oneKey = (options: IndependentOptions, nextKey: number, current: Generator): Generator => ({
  step(context): Step {
    const step = current.step(context);
    if (step !== 'done') return rewrapped(step, next => oneKey(options, nextKey, next));
    const following = keyed(options, nextKey);
    return following === undefined ? 'done' : oneKey(options, nextKey + 1, following).step(context);
  },
  update: (context, event) => oneKey(options, nextKey, current.update?.(context, event) ?? current),
});

interface Groups {
  readonly nextKey: number;
  /** What each group does now; undefined: it has not begun. */
  readonly groups: readonly (Generator | undefined)[];
}

const grouped = (options: IndependentOptions & { threadsPerKey: number }, state: Groups): Generator => ({
  step(context) {
    const count = Math.ceil(context.processes.length / options.threadsPerKey);
    const groups = Array.from({ length: count }, (_, group) => state.groups[group]);
    let { nextKey } = state;
    const steps = groups.map((generator, group): Step => {
      const part = partOf(context, group, options.threadsPerKey);
      let current = generator;
      let step: Step = current === undefined ? 'done' : current.step(part);
      while (step === 'done') {
        current = keyed(options, nextKey);
        if (current === undefined) break;
        nextKey++;
        step = current.step(part);
      }
      groups[group] = current ?? nothing;
      if (step === 'done' || 'pending' in step) return step;
      return canTake(step.request, part) ? { request: assigned(step.request, part), next: step.next } : { pending: groups[group] };
    });
    const kept = groups.map((generator, group) => {
      const step = steps[group]!;
      return step !== 'done' && 'pending' in step ? step.pending : generator;
    });
    const { index, step } = soonest(steps, context);
    return rewrapped(step, next => grouped(options, { nextKey, groups: kept.with(index, next) }));
  },
  update(context, event: Event) {
    if (typeof event.process !== 'number') return this;
    const thread = event.process % context.threads;
    const at = context.processes.findIndex(process => process % context.threads === thread);
    const group = Math.floor(at / options.threadsPerKey);
    const generator = at < 0 ? undefined : state.groups[group];
    if (generator?.update === undefined) return this;
    const next = generator.update(partOf(context, group, options.threadsPerKey), event);
    return grouped(options, { nextKey: state.nextKey, groups: state.groups.with(group, next) });
  },
});

const partOf = (context: Context, group: number, size: number): Context => {
  const processes = context.processes.slice(group * size, (group + 1) * size);
  const free = context.free.filter(process => processes.includes(process));
  return { ...context, free, processes, nemesisFree: false, nemesisBusy: false };
};
