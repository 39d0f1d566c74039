/** The leaves, and what counts: once, each, stream, repeat, limit, log. */
import type { Generator, Request } from '../protocol/generator.ts';
import { assert } from '../std/assert.ts';
import type { Json } from '../std/json.ts';
import { offer, updated } from './take.ts';

/** Nothing, ever. */
export const nothing: Generator = { step: () => 'done' };

/** This request, once. */
export const once = (request: Request): Generator => {
  const self: Generator = { step: context => offer(request, nothing, self, context) };
  return self;
};

/** These requests, in this order. */
export const each = (requests: readonly Request[], from = 0): Generator => {
  const request = requests[from];
  if (request === undefined) return nothing;
  const self: Generator = { step: context => offer(request, each(requests, from + 1), self, context) };
  return self;
};

/** How far back a stream can be asked again. */
const remembered = 1024;

/**
 * The requests that `draw` answers with, one after the other, until it answers with undefined. Each is drawn when it is first asked for and
 * then remembered, so asking twice, as combinators do, draws once: the same source of randomness gives the same requests whatever
 * happens in the meantime. The last 1024 are remembered; to repeat or copy more than that, use `each`.
 */
export const stream = (draw: () => Request | undefined): Generator => {
  const drawn: (Request | undefined)[] = [];
  let count = 0;
  const from = (position: number): Generator => {
    const self: Generator = {
      step(context) {
        assert(position >= count - remembered, 'a stream was asked again for what it has long forgotten');
        if (position === count) drawn[count++ % remembered] = draw();
        const request = drawn[position % remembered];
        return request === undefined ? 'done' : offer(request, from(position + 1), self, context);
      },
    };
    return self;
  };
  return from(0);
};

/** The generator from its beginning again, each time it is done: `times` times in all, by default for ever. */
export const repeat = (generator: Generator, times = Number.POSITIVE_INFINITY): Generator => round(generator, generator, times);

const round = (whole: Generator, rest: Generator, times: number): Generator => ({
  step(context) {
    if (times <= 0) return 'done';
    const step = rest.step(context);
    if (step === 'done') return rest === whole ? 'done' : round(whole, whole, times - 1).step(context);
    if ('pending' in step) return { pending: step.pending === rest ? this : round(whole, step.pending, times) };
    return { request: step.request, next: round(whole, step.next, times) };
  },
  update: updated(rest, next => round(whole, next, times)),
});

/** The first `count` requests of the generator. */
export const limit = (count: number, generator: Generator): Generator => ({
  step(context) {
    if (count <= 0) return 'done';
    const step = generator.step(context);
    if (step === 'done') return 'done';
    if ('pending' in step) return { pending: step.pending === generator ? this : limit(count, step.pending) };
    return { request: step.request, next: limit(count - 1, step.next) };
  },
  update: updated(generator, next => limit(count, next)),
});

/** A remark in the history: an event of the nemesis, `f` `log`, that changes nothing. */
export const log = (message: Json): Generator => once({ f: 'log', value: message, process: 'nemesis' });
