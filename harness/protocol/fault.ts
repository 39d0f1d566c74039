/** Faults: planned purely from the seed, injected by whoever then holds the handle that proves and heals. */
import type { Json } from '../std/json.ts';
import type { Rng } from '../std/rng.ts';
import type { Capability, Cluster } from './cluster.ts';
import type { Guard } from './guard.ts';
import type { Options, OptionTable } from './options.ts';
import type { NodeId, Roles, System } from './system.ts';

/** Whom a fault hits: named nodes, or a role that is looked up when the moment comes. */
export type Target =
  | { readonly nodes: readonly NodeId[] }
  | { readonly role: 'leader' | 'followers' | 'minority' | 'majority' | 'one' | 'all' };

export interface FaultPlan {
  readonly target: Target;
  readonly params: { readonly [name: string]: Json };
}

export interface ScheduledFault extends FaultPlan {
  readonly id: number;
  readonly kind: string;
  readonly startMs: number;
  readonly durationMs: number;
}

/** What `schedule.json` holds: the same seed, cluster and options give the same bytes. */
export interface Schedule {
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  readonly faults: readonly ScheduledFault[];
}

/** What a pure planner may know of the cluster. */
export interface ClusterShape {
  readonly nodes: readonly NodeId[];
  readonly hasRoles: boolean;
}

/** Whether something was seen to be so, in one sentence that a person can judge. */
export interface Evidence {
  readonly effective: boolean;
  readonly detail: string;
}

export interface Injected {
  /** What was hit, in the field's words: nodes `n1`, flows `n1>n2`. */
  readonly targets: readonly string[];
  prove(signal: AbortSignal): Promise<Evidence>;
  /** Healing twice is harmless. The evidence says that what was broken works again. */
  heal(signal: AbortSignal): Promise<Evidence>;
}

export interface FaultContext {
  readonly cluster: Cluster;
  readonly system: System;
  /** Live roles; `leader` undefined where nobody leads or the system has no roles. */
  roles(): Promise<Roles>;
  readonly signal: AbortSignal;
  /** Where commands that heal are kept for the case that the controller dies. */
  guard?(): Promise<Guard>;
}

export interface Fault {
  readonly kind: string;
  readonly summary: string;
  readonly options: OptionTable;
  /** What the cluster must be able to do for it. */
  readonly needs: readonly Capability[];
  plan(rng: Rng, shape: ClusterShape, options: Options): FaultPlan;
  inject(plan: ScheduledFault, context: FaultContext): Promise<Injected>;
}

/** One fault as it went, for results, timeline and report. Times are milliseconds since the run began. */
export interface FaultRecord {
  readonly id: number;
  readonly kind: string;
  readonly targets: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly effective: boolean;
  readonly proof: string;
  readonly healed: boolean;
  readonly healProof: string;
  readonly params: { readonly [name: string]: Json };
}
