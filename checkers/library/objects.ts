/** Checkers that take any object that has a model: linearizability and sequential consistency. */
import type { History } from '../../harness/history/event.ts';
import type { Verdict } from '../../harness/protocol/checker.ts';
import { checkLinearizable as check } from '../linearizable/check.ts';
import type { Model } from '../linearizable/model.ts';
import { checkListAppend as checkTransactions } from '../list-append/check.ts';
import { checkSequential as checkSequentialBy } from '../sequential/check.ts';
import { type Limits, refuseMisfits, settled } from './options.ts';

const named = <State>({ workload, name }: Model<State>): string => workload ?? name;

/**
 * Linearizable: every operation takes effect at one moment between its call and its return. Exact; keys are judged apart, each by the cheapest
 * method that applies, which the verdict names.
 *
 * Anomalies: at most one per key, for the first ten keys at fault: a minimal set of operations that contradicts itself, with prose.
 * `unknown` says which limit ran out and how far the history was verified. Throws a `UserError` for operations that the model does not know.
 * Source: Herlihy & Wing, "Linearizability: a correctness condition for concurrent objects", TOPLAS 1990.
 *
 * @example
 * const { valid, anomalies } = checkLinearizable(history, register, { timeLimitMs: 5_000 });
 * if (valid === false) console.log(anomalies[0]!.explanation);
 */
export const checkLinearizable = <State>(history: History, model: Model<State>, limits: Limits = {}): Verdict => {
  refuseMisfits(history, model.workload);
  return check(history, model, settled(named(model), limits));
};

/**
 * Sequentially consistent: one order of all operations of all keys, which keeps each process's own order, explains every answer.
 * Polynomial where every value is written once, else an exact search. Throws as `checkLinearizable` does.
 *
 * Anomalies: `CyclicSC`, `CyclicCO`, `ThinAirRead`, `non-sequential`; the operations are minimal. Source: Lamport, IEEE ToC 1979.
 *
 * @example
 * checkSequential(history, multiRegister()).valid;
 */
export const checkSequential = <State>(history: History, model: Model<State>, limits: Limits = {}): Verdict => {
  refuseMisfits(history, model.workload);
  return checkSequentialBy(history, model, settled(named(model), limits));
};

/**
 * Strictly serializable: transactions of `["append", key, value]` and `["r", key, list]` take effect one after the other, in an order that keeps
 * real time. O(n log n) where no value is appended twice to a key.
 *
 * Anomalies by the names of Adya and Elle (`G1c`, `G-single`, `lost-update`, …), each a shortest cycle. Throws as `checkLinearizable` does.
 * Source: Kingsbury & Alvaro, "Elle", VLDB 2020.
 *
 * @example
 * checkListAppend(history).anomalies.map(({ type }) => type);
 */
export const checkListAppend = (history: History, limits: Limits = {}): Verdict => {
  refuseMisfits(history, 'list-append');
  return checkTransactions(history, settled('list-append', limits));
};

/**
 * Serializable: as `checkListAppend`, in an order that need not keep real time. For these transactions that is repeatable read, too. Unknown where
 * a value is appended twice to a key.
 *
 * @example
 * checkSerializable(history).valid;
 */
export const checkSerializable = (history: History, limits: Limits = {}): Verdict => {
  refuseMisfits(history, 'list-append');
  return checkTransactions(history, settled('list-append', limits), 'serializable');
};
