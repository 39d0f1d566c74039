/** What is asked of the system, and who judges the answers. Pure. */
import type { Key } from '../history/event.ts';
import type { Rng } from '../std/rng.ts';
import type { Generator } from './generator.ts';
import type { Options, OptionTable } from './options.ts';

export interface WorkloadContext {
  readonly rng: Rng;
  readonly options: Options;
  readonly concurrency: number;
  readonly nodes: number;
  /** For `final`: the keys that the history knows, in the order of their first use. */
  readonly keys?: readonly Key[];
}

export interface Workload {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable;
  /** Models that can judge it, the default first. */
  readonly models: readonly string[];
  /** The workload whose operations these are, for the checkers: a variant of `register` says `register`. Default: its own name. */
  readonly judgedAs?: string;
  /** Operations that change nothing: an error on one of them is a plain `fail`. */
  readonly readOnly: readonly string[];
  /** The endless stream of requests under load. */
  generator(context: WorkloadContext): Generator;
  /** What is asked once everything is healed: the final reads. */
  final?(context: WorkloadContext): Generator;
}
