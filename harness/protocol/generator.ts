/**
 * Pure generators (after Jepsen's): data that, asked with a context, answers with the next thing to do and the generator that follows.
 */
import type { Event, Key } from '../history/event.ts';
import type { Json } from '../std/json.ts';
import type { Rng } from '../std/rng.ts';

/** What a generator asks for; the interpreter fills in process and time. */
export interface Request {
  readonly f: string;
  readonly key?: Key;
  readonly value: Json;
  /** Only this process; otherwise any free one. */
  readonly process?: number | 'nemesis';
  /** Not before this time, nanoseconds since the run began; otherwise at once. */
  readonly time?: number;
}

/**
 * What a generator may know; valid during the call only. Threads are workers; each runs one process at a time: process p belongs to
 * thread p % `threads`.
 */
export interface Context {
  /** Nanoseconds since the run began. */
  readonly time: number;
  /** Client processes without an open operation. */
  readonly free: readonly number[];
  /** All live client processes, in thread order. */
  readonly processes: readonly number[];
  /** How many threads the whole run has. */
  readonly threads: number;
  /** Whether the nemesis can be asked; false also where it is somebody else's to ask. */
  readonly nemesisFree: boolean;
  /** Whether something that was asked of the nemesis is still being done; absent or false where that is nobody's business. */
  readonly nemesisBusy?: boolean;
  readonly rng: Rng;
}

/** `pending`: nothing now, ask again after the next event or a millisecond later. `done`: nothing ever again. */
export type Step = { readonly request: Request; readonly next: Generator } | { readonly pending: Generator } | 'done';

export interface Generator {
  step(context: Context): Step;
  /** Told of every event; answers with the generator that knows it. Absent: it does not care. */
  update?(context: Context, event: Event): Generator;
}
