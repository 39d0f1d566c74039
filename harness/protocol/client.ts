/** The seam between the run and a system's clients. */
import type { Failure, Key } from '../history/event.ts';
import type { Json } from '../std/json.ts';
import type { ErrorTable } from './errors.ts';
import type { Guard } from './guard.ts';

export interface Invocation {
  readonly f: string;
  readonly key?: Key;
  readonly value: Json;
  /** The process that asks; stable for the life of one client. */
  readonly process: number;
}

export type Completion = { readonly type: 'ok'; readonly value: Json } | { readonly type: 'fail' | 'info'; readonly error: Failure };

/**
 * One client of one node, owned by one process, with one operation open at most. It never retries by itself.
 * `invoke` settles soon after `signal` aborts (with `info` unless it knows better); a throw counts as `info`. The signal is the same for
 * all operations of a client and aborts once: take listeners off it again.
 */
export interface Client {
  /** True once it can do nothing more, for instance because its connection is gone: the interpreter then opens another one. */
  readonly closed?: boolean;
  invoke(operation: Invocation, signal: AbortSignal): Promise<Completion>;
  close(): Promise<void>;
}

/** What a client may be told of the run that it belongs to. */
export interface ConnectContext {
  /** The process that the client is for. */
  readonly process: number;
  readonly nodes: readonly string[];
  /** Whose operations they are: `read` means one thing for a `register` and another for a `bank`. */
  readonly workload: string;
  /** The system's. */
  readonly errors: ErrorTable;
  /** Operations of the workload that change nothing. */
  readonly readOnly: readonly string[];
  readonly operationTimeoutMs: number;
  /** For logs of the client's own; absent outside a run. */
  readonly runFolder?: string;
  /** Where programs that the client starts are put on a lease. */
  guard?(): Promise<Guard>;
}
