/** What a judge finds: a contradiction as steps from operation to operation. Numbers are operations of the trace that was judged. */

import type { Limits } from '../limits.ts';
import type { Trace } from './trace.ts';

export type { Limits } from '../limits.ts';

/** Why one operation comes before another. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly why: /** The same session did it first. */
    | 'session'
    /** `to` read what `from` wrote. */
    | 'read'
    /** Both wrote an object, and `reader`, which comes after `from`, read it from `to`: so `from` was overwritten by `to`. */
    | 'overwritten'
    /** `from` read what `to` overwrote, or overwrites later in every order. */
    | 'overwrites';
  /** For `overwritten`: the reader. */
  readonly reader?: number;
  readonly object?: number;
}

export interface Finding {
  /** The bad pattern by the name its paper gave it. */
  readonly type: string;
  /** A path or a cycle. */
  readonly steps: readonly Step[];
  /** The read that cannot be explained, where there is one. */
  readonly read?: { readonly operation: number; readonly object: number; readonly from: number } | undefined;
  /** Everything that forces it, steps and reasons. A violation by itself. */
  readonly operations: readonly number[];
}

/** Undefined: the model holds. */
export type Judgement = Finding | 'time' | 'memory' | undefined;

export type Judge = (trace: Trace, limits: Limits) => Judgement;
