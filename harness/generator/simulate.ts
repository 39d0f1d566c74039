/** Runs a generator against a model of a system, on a virtual clock: the same generator, model and seed give the same history. */
import type { Event, EventDraft } from '../history/event.ts';
import type { Context, Generator, Request } from '../protocol/generator.ts';
import { assert } from '../std/assert.ts';
import type { Json } from '../std/json.ts';
import { createRng, type Rng } from '../std/rng.ts';
import { assigned, canTake } from './take.ts';

/** What becomes of a request, and after how long. Requests of the nemesis always end as `info`. */
export interface Response {
  readonly latencyNs: number;
  readonly type?: 'ok' | 'fail' | 'info';
  readonly value?: Json;
}

export interface SimulateOptions {
  readonly concurrency: number;
  readonly seed?: number;
  /** Default: everything is `ok` after 1 ms, with the value that was asked. Called when the request begins. */
  respond?(request: Request, rng: Rng): Response;
  /** Stops asking after so many requests; default 10,000. Endless generators need it. */
  readonly maxRequests?: number;
  /** Stops asking at this time, nanoseconds; default one virtual hour. */
  readonly endNs?: number;
}

const millisecond = 1e6;

/** The history, with everything that began also completed. Throws if the generator asks for a process that is not free. */
export const simulate = (generator: Generator, options: SimulateOptions): Event[] => {
  const simulation = createSimulation(generator, options);
  while (simulation.step());
  return simulation.history;
};

interface Open {
  readonly request: Request;
  readonly process: number | 'nemesis';
  readonly response: Response;
  readonly endNs: number;
}

const createSimulation = (first: Generator, options: SimulateOptions) => {
  const { concurrency, maxRequests = 10_000, endNs = 3600e9 } = options;
  const respond = options.respond ?? (() => ({ latencyNs: millisecond }));
  const rng = createRng(options.seed ?? 0);
  const history: Event[] = [];
  const processes = Array.from({ length: concurrency }, (_, thread) => thread);
  let free = [...processes];
  let open: Open[] = [];
  let generator = first;
  let time = 0;
  let requests = 0;

  const context = (): Context => {
    const nemesisBusy = open.some(({ process }) => process === 'nemesis');
    return { time, free, processes: [...processes], threads: concurrency, nemesisFree: !nemesisBusy, nemesisBusy, rng };
  };
  const record = (draft: Omit<EventDraft, 'time'>): void => {
    const event: Event = { index: history.length, time, ...draft };
    history.push(event);
    generator = generator.update?.(context(), event) ?? generator;
  };
  const begin = (request: Request): void => {
    const { f, key, value, process = 0 } = request;
    requests++;
    const isNemesis = process === 'nemesis';
    free = free.filter(other => other !== process);
    const response = respond(request, rng);
    if (!isNemesis || f !== 'log') open.push({ request, process, response, endNs: time + response.latencyNs });
    record({ process, type: isNemesis ? 'info' : 'invoke', f, value, ...(key !== undefined && { key }) });
  };
  const complete = ({ request, process, response }: Open): void => {
    open = open.filter(other => other.process !== process);
    const type = process === 'nemesis' ? 'info' : (response.type ?? 'ok');
    if (process !== 'nemesis') {
      const next = type === 'info' ? process + concurrency : process;
      processes[process % concurrency] = next;
      free = [...free, next];
    }
    const value = response.value === undefined ? request.value : response.value;
    record({ process, type, f: request.f, value, ...(request.key !== undefined && { key: request.key }) });
  };
  /** Completes the first operation to end by then, otherwise lets the time pass. */
  const wait = (until: number): void => {
    const soonest = open.reduce<Open | undefined>(
      (best, other) => (best === undefined || other.endNs < best.endNs ? other : best),
      undefined,
    );
    if (soonest === undefined || soonest.endNs > until) time = until;
    else {
      time = soonest.endNs;
      complete(soonest);
    }
  };
  const drain = (): false => {
    while (open.length > 0) wait(Number.POSITIVE_INFINITY);
    return false;
  };

  return {
    history,
    /** One request or one passage of time; false when all is over. */
    step(): boolean {
      if (requests >= maxRequests || time >= endNs) return drain();
      const now = context();
      const step = generator.step(now);
      if (step === 'done') return drain();
      if ('pending' in step) {
        generator = step.pending;
        wait(time + millisecond);
      } else if ((step.request.time ?? 0) > time) wait(step.request.time!);
      else if (canTake(step.request, now)) {
        const request = assigned(step.request, now);
        generator = step.next;
        begin(request);
      } else {
        assert(open.length > 0, `nobody will ever take ${JSON.stringify(step.request)}`);
        wait(time + millisecond);
      }
      return true;
    },
  };
};
