/** What out of several: any, mix, flipFlop, sequence, phases, synchronise, untilOk, map, filter. */
import type { Event } from '../history/event.ts';
import type { Context, Generator, Request, Step } from '../protocol/generator.ts';
import { pickWeighted } from '../std/rng.ts';
import { nothing } from './basic.ts';
import { rewrapped, soonest, updated } from './take.ts';

/** Whichever of the generators has the earliest request, at random among equals; each goes on from where it was. Ends when all have ended. */
export const any = (...generators: readonly Generator[]): Generator => ({
  step(context) {
    const steps = generators.map(generator => generator.step(context));
    const { index, step } = soonest(steps, context);
    // Those that wait may have learnt something; those that offered a request in vain offer it again.
    const kept = steps.map((other, i) => (other === 'done' ? nothing : 'pending' in other ? other.pending : generators[i]!));
    return rewrapped(step, next => any(...kept.map((other, i) => (i === index ? next : other))));
  },
  update: anyCares(generators) && ((context, event) => any(...updateAll(generators, context, event))),
});

/** Each request from a generator drawn at random in proportion to its weight. One that ends leaves the mix. */
export const mix = (weighted: readonly (readonly [weight: number, generator: Generator])[]): Generator => mixed(weighted);

/** `drawn` is remembered until its request is taken, so that asking twice draws once. */
const mixed = (weighted: readonly (readonly [number, Generator])[], drawn?: number): Generator => {
  let at = drawn;
  return {
    step(context): Step {
      if (weighted.length === 0) return 'done';
      at ??= pickWeighted(
        context.rng,
        weighted.map(([weight], i) => [i, weight]),
      );
      const chosen = at;
      const [weight, generator] = weighted[chosen]!;
      const step = generator.step(context);
      if (step === 'done') return mixed(weighted.toSpliced(chosen, 1)).step(context);
      if ('pending' in step) return { pending: mixed(weighted.with(chosen, [weight, step.pending]), chosen) };
      return { request: step.request, next: mixed(weighted.with(chosen, [weight, step.next])) };
    },
    update:
      anyCares(weighted.map(([, generator]) => generator)) &&
      ((context, event) =>
        mixed(
          weighted.map(([weight, generator]) => [weight, generator.update?.(context, event) ?? generator]),
          at,
        )),
  };
};

/** One request from the first, one from the second, one from the first again, …; ends when the one whose turn it is has ended. */
export const flipFlop = (first: Generator, second: Generator): Generator => ({
  step(context) {
    const step = first.step(context);
    if (step === 'done') return step;
    return 'pending' in step ? { pending: flipFlop(step.pending, second) } : { request: step.request, next: flipFlop(second, step.next) };
  },
  update:
    anyCares([first, second]) &&
    ((context, event) => flipFlop(first.update?.(context, event) ?? first, second.update?.(context, event) ?? second)),
});

/** All of the first, then all of the second, …; operations of the one may still be open while the next begins. */
export const sequence = (...generators: readonly Generator[]): Generator => {
  const [first, ...rest] = generators;
  if (first === undefined) return nothing;
  return {
    step(context) {
      const step = first.step(context);
      return step === 'done' ? sequence(...rest).step(context) : rewrapped(step, next => sequence(next, ...rest));
    },
    update: updated(first, next => sequence(next, ...rest)),
  };
};

/** The generator once no operation is open: every process that can see it is free, the nemesis too where it can be seen. */
export const synchronise = (generator: Generator): Generator => ({
  step(context) {
    const isIdle = context.free.length === context.processes.length && !context.nemesisBusy;
    return isIdle ? generator.step(context) : { pending: this };
  },
  update: updated(generator, next => synchronise(next)),
});

/** All of the first, and when its operations have completed all of the second, …: no two overlap. */
export const phases = (...generators: readonly Generator[]): Generator => sequence(...generators.map(synchronise));

/** The generator until one of its requests has come back `ok`. */
export const untilOk = (generator: Generator): Generator => untilOkOf(generator, new Map());

/** `open`: what each process with an open request of ours was asked. */
const untilOkOf = (generator: Generator, open: ReadonlyMap<unknown, string>): Generator => ({
  step(context) {
    const step = generator.step(context);
    if (step === 'done' || 'pending' in step) return rewrapped(step, next => untilOkOf(next, open));
    return { request: step.request, next: awaiting(step.next, step.request, open) };
  },
  update(context, event) {
    const next = generator.update?.(context, event) ?? generator;
    if (event.type === 'invoke' || !open.has(event.process)) return untilOkOf(next, open);
    if (event.type === 'ok') return nothing;
    const others = new Map(open);
    others.delete(event.process);
    return untilOkOf(next, others);
  },
});

/** The request has been handed out; the next event is its invocation, which tells who took it. */
const awaiting = (generator: Generator, { f }: Request, open: ReadonlyMap<unknown, string>): Generator => ({
  step: context => untilOkOf(generator, open).step(context),
  update(context, event) {
    const next = generator.update?.(context, event) ?? generator;
    return untilOkOf(next, event.f === f ? new Map(open).set(event.process, f) : open);
  },
});

/** Every request of the generator, changed. */
export const map = (change: (request: Request) => Request, generator: Generator): Generator => ({
  step(context) {
    const step = generator.step(context);
    if (step === 'done' || 'pending' in step) return rewrapped(step, next => map(change, next));
    return { request: change(step.request), next: map(change, step.next) };
  },
  update: updated(generator, next => map(change, next)),
});

/** The requests of the generator that pass; the others are skipped. A generator of which none ever passes must end, or this never answers. */
export const filter = (passes: (request: Request) => boolean, generator: Generator): Generator => ({
  step(context) {
    let step = generator.step(context);
    while (step !== 'done' && 'request' in step && !passes(step.request)) step = step.next.step(context);
    return rewrapped(step, next => filter(passes, next));
  },
  update: updated(generator, next => filter(passes, next)),
});

const anyCares = (generators: readonly Generator[]): true | undefined =>
  generators.some(generator => generator.update !== undefined) || undefined;

const updateAll = (generators: readonly Generator[], context: Context, event: Event): Generator[] =>
  generators.map(generator => generator.update?.(context, event) ?? generator);
