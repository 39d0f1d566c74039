/**
 * The history contract: one event per line of `history.jsonl`, in the order in which the controller saw them.
 * Readers of foreign formats produce these same events. See docs/architecture.md, "The history".
 */
import type { Json } from '../std/json.ts';

/** `ok` happened, `fail` did not and never will, `info` nobody knows: now, later or never. */
export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** A client process, or the one that injects faults. A process has one open operation at most and never comes back after `info`. */
export type ProcessId = number | 'nemesis';

/** The object an operation is about; checkers that can, judge each key by itself. */
export type Key = string | number;

/** Why an operation did not succeed: a name from the system's error table and the words the system used. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** An event before it has its place in the history. */
export interface EventDraft {
  /** Integer nanoseconds since the run began, monotonic. In a history without times, the line number. */
  readonly time: number;
  readonly process: ProcessId;
  readonly type: EventType;
  readonly f: string;
  readonly key?: Key;
  readonly value: Json;
  readonly node?: string;
  readonly error?: string | Failure;
  /** Open-loop load: when the request was due, nanoseconds, if it had to wait for a free process. */
  readonly due?: number;
}

/** One line of a history: somebody asked, or was answered. */
export interface Event extends EventDraft {
  /** Position in the history, from 0. Anomalies name operations by it. */
  readonly index: number;
  /** Anything else a history carries is kept and ignored. */
  readonly [extra: string]: unknown;
}

/** Events in the order in which they were seen. */
export type History = readonly Event[];
