/**
 * Judges list-append histories: are the transactions strictly serializable, that is, linearizable on all keys together?
 *
 * Exact and fast where no value is appended twice to a key: reads then show the order of the appends, and the question is whether a graph has a cycle
 * (Adya 1999; Kingsbury & Alvaro, "Elle", VLDB 2020). Otherwise the general search decides, or says that it ran out.
 */
import type { History } from '../../harness/history/event.ts';
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';
import { checkLinearizable, type LinearizableOptions } from '../linearizable/check.ts';
import { callOf, never, splitByKey } from '../linearizable/subject.ts';
import { listAppend, stepsOf } from '../models/list-append.ts';
import { cyclesOf } from './cycles.ts';
import { dependenciesOf } from './dependencies.ts';
import { explainCycle, explainFlaw } from './explain.ts';
import { type Transaction, transactionOf } from './transactions.ts';
import { versionsOf, writersOf } from './versions.ts';

/**
 * Without real time. Repeatable read (PL-2.99) forbids G0, G1 and G2-item, so it leaves out predicates only, of which these transactions have none:
 * here it is the same as serializable (Adya 1999).
 */
export type SerialModel = 'serializable' | 'repeatable-read';

const longestReport = 10;

/**
 * Anomalies: what contradicts itself, or else a shortest cycle for each of the first ten knots of dependencies. O(n log n) in transactions and
 * O(n) in the length of all lists, but for keys at whose end many readers and many unseen appends meet. Never throws.
 */
export const checkListAppend = (
  history: History,
  options: LinearizableOptions = {},
  model: 'linearizable' | SerialModel = 'linearizable',
): Verdict => {
  const now = options.now ?? (() => performance.now());
  const began = now();
  const { keys, operations } = splitByKey(history);
  const transactions = thatHappened(keys.flatMap(({ subjects }) => subjects).map(transactionOf));
  const failed = keys.flatMap(({ failed: subjects }) => subjects).map(transactionOf);
  const writers = writersOf(transactions);
  const known = {
    workload: 'list-append',
    model,
    operations,
    keys: new Set(keys.flatMap(({ subjects }) => subjects.flatMap(subject => stepsOf(callOf(subject)).map(({ key }) => key)))).size,
  };
  if (writers === undefined && model !== 'linearizable')
    return {
      ...known,
      valid: 'unknown',
      elapsedMs: now() - began,
      anomalies: [],
      unknown: 'some value was appended to a key more than once, so reads do not say whose it is',
    };
  if (writers === undefined) {
    const warning = 'some value was appended to a key more than once: decided by search instead of by dependencies';
    return { ...checkLinearizable(history, listAppend, { workload: 'list-append', ...options }), warnings: [warning] };
  }
  const { versions, flaws } = versionsOf(transactions, writers, failed);
  const anomalies: readonly Anomaly[] =
    flaws.length > 0
      ? flaws.slice(0, longestReport).map(flaw => explainFlaw(flaw, transactions))
      : cyclesOf(dependenciesOf(transactions, versions, { realTime: model === 'linearizable' }), longestReport).map(cycle =>
          explainCycle(cycle, transactions),
        );
  return { ...known, valid: anomalies.length === 0, elapsedMs: now() - began, anomalies, method: 'dependencies' };
};

/** All that were answered, and those of unknown outcome of which somebody saw an append. The others constrain nothing: they may never have happened. */
const thatHappened = (transactions: readonly Transaction[]): readonly Transaction[] => {
  const seen = new Map<string, Set<string>>();
  for (const { found } of transactions)
    for (const [key, list] of found) {
      const ofKey = seen.get(key) ?? new Set<string>();
      seen.set(key, ofKey);
      for (const value of list) ofKey.add(JSON.stringify(value));
    }
  const isSeen = ({ appends }: Transaction): boolean =>
    [...appends].some(([key, values]) => values.some(value => seen.get(key)?.has(JSON.stringify(value))));
  return transactions.filter(transaction => transaction.subject.returned !== never || isSeen(transaction));
};
