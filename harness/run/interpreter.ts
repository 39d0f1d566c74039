/** The interpreter: asks a generator what to do, has clients do it, and records what happened. */
import type { Event, EventDraft } from '../history/event.ts';
import type { Client, Completion } from '../protocol/client.ts';
import type { Generator, Request } from '../protocol/generator.ts';
import type { NodeId } from '../protocol/system.ts';
import type { Rng } from '../std/rng.ts';
import type { ArrivalSummary } from './interpreter-arrivals.ts';
import { Interpretation } from './interpreter-loop.ts';

export interface InterpretOptions {
  readonly generator: Generator;
  /** Thread t talks to `nodes[t % nodes.length]`. */
  readonly nodes: readonly NodeId[];
  /** Threads, each with one process at a time and one open operation at most. */
  readonly concurrency: number;
  /** `max`: as fast as completions come (closed loop). A number: so many requests a second on average, come what may (open loop). */
  readonly rate: 'max' | number;
  /** Open-loop requests that may wait for a free process; default: one second's worth. */
  readonly queueCapacity?: number;
  readonly operationTimeoutMs: number;
  /** What open operations get after `signal` before they are given up; default 250. */
  readonly graceMs?: number;
  /** Operations that change nothing: whatever would be `info` is `fail`. */
  readonly readOnly: readonly string[];
  /** The first process of each thread; default 0, 1, … A second run on one history passes `processes` of the first one's summary. */
  readonly processes?: readonly number[];
  open(process: number, node: NodeId): Promise<Client>;
  /** Does what the generator asks of the nemesis; not bound to any deadline but the stop. */
  nemesis?(request: Request, signal: AbortSignal): Promise<Completion>;
  /** Gives the event its place in the history. */
  record(draft: EventDraft): Event;
  /** Whether the recorder is behind: no new request begins until it has caught up. */
  congested?(): boolean;
  /** Integer nanoseconds since the run began, monotonic. */
  now(): number;
  readonly rng: Rng;
  /** Stops: nothing new begins, open operations get the grace and then `info`. */
  readonly signal: AbortSignal;
}

export interface InterpretSummary {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** The next process of each thread: numbers that the history has not lost. */
  readonly processes: readonly number[];
  /** `done`: the generator ended; `stopped`: the signal came first. */
  readonly ended: 'done' | 'stopped';
  /** How far the system kept up with the asked rate; undefined in a closed loop. */
  readonly arrivals: ArrivalSummary | undefined;
}

/**
 * Runs the generator to its end or until `signal`, and resolves when no operation is open. Rejects only with a bug: a generator or a
 * recorder that throws; whatever clients do is an outcome.
 */
export const interpret = (options: InterpretOptions): Promise<InterpretSummary> => new Interpretation(options).run();
