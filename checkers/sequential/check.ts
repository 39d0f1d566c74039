/**
 * Judges sequential consistency: traced where every read has one write that explains it, else by the model itself.
 * What is linearizable is sequentially consistent, which is asked first where values repeat: it is cheaper to know.
 */
import type { History } from '../../harness/history/event.ts';
import { operationIndex } from '../../harness/history/operation.ts';
import type { Anomaly, CheckOptions, Verdict } from '../../harness/protocol/checker.ts';
import { checkLinearizable } from '../linearizable/check.ts';
import type { Model } from '../linearizable/model.ts';
import { minimise } from '../minimise.ts';
import { withoutDrains } from '../models/drains.ts';
import { multiRegister } from '../models/multi-register.ts';
import { judgeOpened, limitsOf, verdictOf, type WeakModel } from '../read-write/checker.ts';
import { openHistory, type ReadWriteHistory, readWriteWorkloads } from '../read-write/door.ts';
import type { Limits } from '../read-write/finding.ts';
import { told } from '../read-write/prose.ts';
import { candidatesOf } from '../read-write/trace.ts';
import { type Asked, askedIn, searchByModel } from './search.ts';
import { judgeSequential } from './traced.ts';

export const sequentialModel: WeakModel = {
  model: 'sequential',
  summary: 'one order of all operations, which keeps the order of every session, explains every answer',
  judge: judgeSequential,
  untraced: 'non-sequential',
};

/**
 * Anomalies: `CyclicSC`, `CyclicCO`, `ThinAirRead`, or `non-sequential` where only all orders together say it. All keys are judged together:
 * sequential consistency is not local. `options.workload` is what the verdict calls it.
 */
export const checkSequential = <State>(history: History, model: Model<State>, options: CheckOptions): Verdict => {
  const began = performance.now();
  const limits = limitsOf(options);
  const judged = isReadWrite(model) ? readWrite(history, model, options, limits) : judgeBySearch(history, model, options, limits);
  return { ...judged, elapsedMs: performance.now() - began };
};

const isReadWrite = ({ workload }: { readonly workload?: string }): boolean =>
  workload !== undefined && readWriteWorkloads.includes(workload);

const readWrite = <State>(history: History, model: Model<State>, options: CheckOptions, limits: Limits): Verdict => {
  const opened = openHistory(history, model.workload!);
  return { ...verdictOf(opened, 'sequential', options), ...judgeSequentialHistory(history, opened, model, options, limits) };
};

/** The heart of the verdict on a history of reads and writes. */
export const judgeSequentialHistory = <State>(
  history: History,
  opened: ReadWriteHistory,
  model: Model<State>,
  options: CheckOptions,
  limits: Limits,
): Pick<Verdict, 'valid' | 'anomalies' | 'unknown' | 'method'> => {
  const traced = opened.refused === undefined && opened.impossible.length === 0 && candidatesOf(opened).ambiguous.length === 0;
  if (traced || opened.impossible.length > 0) return judgeOpened(opened, sequentialModel, limits);
  const { valid, anomalies, unknown, method } =
    opened.initial === 0 ? judgeBySearch(history, multiRegister(0), options, limits) : judgeBySearch(history, model, options, limits);
  return { valid, anomalies, ...(unknown !== undefined && { unknown }), ...(method !== undefined && { method }) };
};

/** Share of the time for the question whether it is linearizable. */
const shortcutShare = 0.3;

const judgeBySearch = <State>(history: History, model: Model<State>, options: CheckOptions, limits: Limits): Verdict => {
  const share = (limits.deadline - limits.now()) * shortcutShare;
  const stronger = checkLinearizable(history, model, { ...options, timeLimitMs: share, explain: false });
  const { workload, operations, keys } = stronger;
  const verdict = { workload, model: 'sequential', operations, keys, elapsedMs: 0, anomalies: [] };
  if (stronger.valid === true) return { ...verdict, valid: true, method: 'linearizable' };
  const asked = askedIn(model.drainedBy === undefined ? history : withoutDrains(history, model.drainedBy).history, model);
  const found = searchByModel(asked, model, limits);
  if (found === true) return { ...verdict, valid: true, method: 'search' };
  if (found === false) return { ...verdict, valid: false, method: 'search', anomalies: [witness(asked, model, limits)] };
  return { ...verdict, valid: 'unknown', unknown: `the ${found} limit was reached before all orders were tried` };
};

const shrinkMs = 5000;
const attemptMs = 1000;
const mostTold = 12;

const witness = <State>(asked: readonly Asked[], model: Model<State>, limits: Limits): Anomaly => {
  const until = Math.min(limits.deadline, limits.now() + shrinkMs);
  if (limits.explain === false) return { type: 'non-sequential', operations: [], explanation: 'Not looked into.' };
  const kept = minimise({
    size: asked.length,
    suspects: [],
    likely: () => asked.map((_, i) => asked.length - 1 - i),
    sources: i => sourcesOf(asked, model, i),
    fails: operations => {
      const attempt = { ...limits, deadline: Math.min(until, limits.now() + attemptMs) };
      return (
        searchByModel(
          operations.map(i => asked[i]!),
          model,
          attempt,
        ) === false
      );
    },
    expired: () => limits.now() > until,
  });
  const operations = kept.map(i => asked[i]!.operation);
  const list = operations.slice(0, mostTold).map(told);
  const more = operations.length > list.length ? `; and ${operations.length - list.length} more` : '';
  return {
    type: 'non-sequential',
    operations: [...new Set(operations.map(operationIndex))].sort((a, b) => a - b),
    explanation: `No order of these ${operations.length} operations that keeps the order of every session explains every answer: ${list.join('; ')}${more}.`,
  };
};

/** Whatever may show in the answer. */
const sourcesOf = <State>(asked: readonly Asked[], model: Model<State>, reader: number): readonly number[] => {
  const { call, object } = asked[reader]!;
  return asked.flatMap((other, i) =>
    i !== reader &&
    other.object === object &&
    !model.readOnly?.(other.call) &&
    (model.observes === undefined || model.observes(call, other.call))
      ? [i]
      : [],
  );
};
