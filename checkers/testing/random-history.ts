/**
 * Small random histories for tests against brute force: a simulated object answers some operations honestly and some not, so that
 * about half of the histories are violations. Unknown outcomes, duplicates, initial reads and every order of events occur.
 */
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Rng } from '../../harness/std/rng.ts';
import type { Call, Client, Model } from '../linearizable/model.ts';

export interface Shape<State> {
  readonly model: Model<State>;
  /** What a client might ask next: name and value. `fresh` is a number never given before. */
  request(rng: Rng, fresh: () => number): { readonly f: string; readonly value: Json };
  /** The honest answer in this state. */
  answer(
    state: State,
    f: string,
    value: Json,
    client: Client,
  ): { readonly value: Json; readonly type?: 'ok' | 'fail'; readonly applied?: boolean };
  /** An answer out of the blue. */
  lie(rng: Rng, f: string, value: Json): Json;
}

export interface Size {
  readonly operations: number;
  readonly processes: number;
  /** Probabilities. */
  readonly info: number;
  readonly lie: number;
}

interface OpenCall {
  readonly f: string;
  readonly value: Json;
  process: number;
  applied: boolean;
  answer: { readonly value: Json; readonly type?: 'ok' | 'fail'; readonly applied?: boolean } | undefined;
}

/** Random walk: call, apply, return of random processes until all is said. An unknown outcome applies later, or never. */
export const randomHistory = <State>(rng: Rng, shape: Shape<State>, size: Size): History => {
  const events: Event[] = [];
  let state = shape.model.init;
  let last = 0;
  const threads: (OpenCall | undefined)[] = Array.from({ length: size.processes }, () => undefined);
  const processes = threads.map((_, i) => i);
  let nextProcess = size.processes;
  const ghosts: OpenCall[] = [];
  const emit = (call: OpenCall, type: Event['type'], value: Json, more: { readonly applied?: boolean } = {}): void => {
    events.push({ index: events.length, time: events.length * 1000, process: call.process, type, f: call.f, key: 'x', value, ...more });
  };
  const apply = (call: OpenCall): void => {
    call.applied = true;
    const client: Client = { process: call.process, came: 0, left: Number.POSITIVE_INFINITY };
    call.answer = shape.answer(state, call.f, call.value, client);
    const effect: Call = { f: call.f, input: call.value, output: call.answer.value, client };
    if (call.answer.type !== 'fail' && call.answer.applied !== false) state = shape.model.step(state, effect) ?? state;
  };
  for (let started = 0; started < size.operations || threads.some(Boolean); ) {
    const at = rng.int(threads.length);
    const call = threads[at];
    if (ghosts.length > 0 && rng.chance(0.2)) apply(ghosts.splice(rng.int(ghosts.length), 1)[0]!);
    if (call === undefined) {
      if (started === size.operations) continue;
      started++;
      const { f, value } = shape.request(rng, () => ++last);
      const open: OpenCall = { f, value, process: processes[at]!, applied: false, answer: undefined };
      threads[at] = open;
      emit(open, 'invoke', value);
    } else if (rng.chance(size.info)) {
      if (!call.applied) ghosts.push(call);
      if (rng.chance(0.7)) emit(call, 'info', call.value);
      processes[at] = nextProcess++;
      threads[at] = undefined;
    } else if (!call.applied) apply(call);
    else {
      const { value, type = 'ok', applied } = call.answer!;
      const lies = rng.chance(size.lie);
      const said = lies ? shape.lie(rng, call.f, value) : value;
      emit(call, lies ? 'ok' : type, said, applied === undefined || lies ? {} : { applied });
      threads[at] = undefined;
    }
  }
  return events;
};
