/** The consistency models below sequential consistency, for objects that are read and written. All keys are judged together: none of them is local. */
import type { History } from '../../harness/history/event.ts';
import type { Verdict } from '../../harness/protocol/checker.ts';
import { UserError } from '../../harness/std/user-error.ts';
import { causal, causalConvergence, causalMemory } from '../causal/checker.ts';
import { checkEventual as checkConvergence, eventual } from '../eventual/eventual.ts';
import { type Standing, standing } from '../lattice.ts';
import type { Model, ReadWriteModel } from '../linearizable/model.ts';
import { register } from '../models/register.ts';
import { pram } from '../pram/checker.ts';
import { processor } from '../processor/checker.ts';
import { readWriteChecker, type WeakModel } from '../read-write/checker.ts';
import { monotonicReads, monotonicWrites, readYourWrites, writesFollowReads } from '../sessions/checker.ts';
import { boundedStaleness } from '../staleness/staleness.ts';
import { type Limits, refuseMisfits, settled } from './options.ts';

const judge = (weak: WeakModel, history: History, { workload }: ReadWriteModel, limits: Limits): Verdict => {
  refuseMisfits(history, workload);
  return readWriteChecker(weak).check(history, settled(workload, limits));
};

/**
 * Causally consistent (CC): each read is explained by some order of what causally precedes it: what its process did before, and what that had read.
 * O(n·k·log n) for k processes. Anomalies: `CyclicCO`, `WriteCOInitRead`, `WriteCORead`, `CyclicRead`, `ThinAirRead`, with minimal operations.
 * Source: Bouajjani, Enea, Guerraoui & Hamza, "On verifying causal consistency", POPL 2017.
 *
 * @example
 * checkCausal(history).valid;
 */
export const checkCausal = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(causal, history, model, limits);

/** Causal, and all processes agree on one order of conflicting writes (CCv). Anomalies: those of `checkCausal`, and `CyclicCF`. */
export const checkCausalConvergence = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(causalConvergence, history, model, limits);

/** Causal, and each process sees its causal past in one growing order of its own (CM). Anomalies: those of `checkCausal`, `CyclicHB`, `WriteHBInitRead`. */
export const checkCausalMemory = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(causalMemory, history, model, limits);

/** Processor consistent: PRAM, and all processes agree on the order of the writes of each object. Anomalies: those of `checkPram`, and `CyclicPC`. */
export const checkProcessor = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(processor, history, model, limits);

/** PRAM (FIFO): each process sees all writes in one order of its own, which keeps the order of every process. Anomalies: `CyclicHB`, `WriteHBInitRead`. */
export const checkPram = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(pram, history, model, limits);

/** No process reads an object as it was before an earlier write of its own (Terry et al. 1994). Anomaly: `read-your-writes`. */
export const checkReadYourWrites = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(readYourWrites, history, model, limits);

/** No process reads an older version of an object after it has read a later one. Anomaly: `monotonic-reads`. */
export const checkMonotonicReads = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(monotonicReads, history, model, limits);

/** Whoever has seen a write misses no earlier write of the same process. Anomaly: `monotonic-writes`. */
export const checkMonotonicWrites = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(monotonicWrites, history, model, limits);

/** Whoever has seen a write misses nothing that its writer had read before it. Anomaly: `writes-follow-reads`. */
export const checkWritesFollowReads = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Verdict =>
  judge(writesFollowReads, history, model, limits);

/** How far behind a read may be; what is left out is no bound. */
export interface StalenessBound {
  readonly ms?: number;
  readonly versions?: number;
}

/**
 * No read shows a value that had certainly been overwritten for longer than `ms`, or by more writes than `versions`. What was measured stands in
 * `measured`. Anomalies: `stale-read`, `future-read`, `ThinAirRead`. Source: Golab, Li & Shah, PODC 2011.
 *
 * @example
 * checkBoundedStaleness(history, { ms: 500 }).measured;
 */
export const checkBoundedStaleness = (
  history: History,
  bound: StalenessBound,
  model: ReadWriteModel = register,
  limits: Limits = {},
): Verdict => {
  refuseMisfits(history, model.workload);
  return boundedStaleness.check(history, { ...settled(model.workload, limits), staleness: bound });
};

/**
 * Eventually consistent, as far as a finite history shows it: after the last write and the last fault the last answers of all readers agree, on something
 * that was written. Readers are nodes where events carry `node`, else processes; answers within `settleMs` of the last write say nothing.
 * Anomalies: `divergence`, `lost-write`, `ThinAirRead`; `measured.convergenceMs` is how long it took. O(n). Source: Vogels, CACM 2009.
 */
export const checkEventual = (
  history: History,
  model: Model = register,
  { settleMs = 0 }: { readonly settleMs?: number } = {},
): Verdict => {
  const { workload = '' } = model;
  if (!eventual.workloads.includes(workload))
    throw new UserError('usage', 'no-such-judge', `eventual consistency of a ${model.name} is not known here`, {
      hint: `it is of a ${eventual.workloads.join(', a ')}`,
    });
  refuseMisfits(history, workload);
  return checkConvergence(history, workload, settleMs);
};

/**
 * Where a history stands among the consistency models: the strongest that hold, and the weakest that fail, each with a witness. What could not be
 * decided within the limits is in neither.
 *
 * @example
 * findStanding(history).satisfies; // ['causal', 'pram']
 */
export const findStanding = (history: History, model: ReadWriteModel = register, limits: Limits = {}): Standing => {
  refuseMisfits(history, model.workload);
  return standing(history, settled(model.workload, limits), []);
};
