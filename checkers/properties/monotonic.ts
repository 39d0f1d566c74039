/**
 * Whoever has seen a counter that only grows at n never sees less than n again.
 *
 * `inc` answers with the value that it made, `read` with the value that is; a `counter` with adds alone will do. Anomalies, both operations named:
 * `non-monotonic-read` (a read shows less than the same process had seen before it), `non-monotonic-inc` (an increment makes no more than its
 * process had seen), `duplicate-inc` (two increments made the same value). Assumes that nothing is subtracted, else unknown.
 * O(n) time, O(processes) memory.
 * Sources: Terry et al., "Session guarantees for weakly consistent replicated data", PDIS 1994; Jepsen's `monotonic`.
 */
import type { Key, ProcessId } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, checkerOf, type Found } from './property.ts';

export const monotonic = checkerOf({
  model: 'monotonic',
  summary: 'a process that has seen a growing counter at n never sees less again; no increment makes the same value twice',
  workloads: ['monotonic', 'counter'],
  judge: (operations, key) => judgeMonotonic(operations, key),
});

const judgeMonotonic = (operations: readonly Operation[], key: Key | undefined): Found => {
  if (operations.some(({ invoke }) => invoke.f === 'add' && Number(invoke.value) < 0))
    return { anomalies: [], unknown: `${key === undefined ? 'the counter' : `counter ${key}`} was subtracted from: it need not grow` };
  const seen = new Map<ProcessId, Operation>();
  const made = new Map<number, Operation>();
  const anomalies: Anomaly[] = [];
  for (const operation of operations) {
    const value = seenBy(operation);
    if (value === undefined) continue;
    const { process, f } = operation.invoke;
    const before = seen.get(process);
    if (before !== undefined) anomalies.push(...backwards(before, operation, key));
    if (before === undefined || value > seenBy(before)!) seen.set(process, operation);
    if (f !== 'inc') continue;
    const twin = made.get(value);
    if (twin === undefined) made.set(value, operation);
    else
      anomalies.push(anomaly('duplicate-inc', key, [twin, operation], `two increments made ${value}: ${told(twin)}; ${told(operation)}.`));
  }
  return { anomalies };
};

const seenBy = ({ invoke, completion, type }: Operation): number | undefined => {
  const isAnswer = type === 'ok' && (invoke.f === 'read' || invoke.f === 'inc');
  return isAnswer && typeof completion!.value === 'number' ? completion!.value : undefined;
};

const backwards = (before: Operation, after: Operation, key: Key | undefined): readonly Anomaly[] => {
  const [a, b] = [seenBy(before)!, seenBy(after)!];
  if (after.invoke.f === 'read' && b < a)
    return [anomaly('non-monotonic-read', key, [before, after], `${told(before)}; but after that ${told(after)}, which is less.`)];
  if (after.invoke.f === 'inc' && b <= a)
    return [anomaly('non-monotonic-inc', key, [before, after], `${told(before)}; but after that ${told(after)}, which is no more.`)];
  return [];
};
