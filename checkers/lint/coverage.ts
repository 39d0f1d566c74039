/** Histories that cannot reveal much: nothing concurrent, one client, faults in silence. */
import type { History, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { type FaultWindow, faultWindows } from '../power/fault-windows.ts';
import { counted, createTally, hasTimes, type LintFinding, note, overall, told } from './finding.ts';

const fewestOperations = 2;

/** O(n). Assumes at least one operation. */
export const lintCoverage = (history: History, operations: readonly Operation[]): readonly LintFinding[] => [
  ...concurrency(operations),
  ...processes(operations),
  ...faults(history, operations),
  ...times(history, operations),
];

const processes = (operations: readonly Operation[]): readonly LintFinding[] => {
  const used = new Map<unknown, number>();
  for (const { invoke } of operations) used.set(invoke.process, (used.get(invoke.process) ?? 0) + 1);
  if (used.size === 1) {
    if (operations.length < fewestOperations) return [];
    return [
      overall(
        'one-process',
        'warning',
        `A single process did all ${counted(operations.length, 'operation')}, one after the other: nothing concurrent was tested. Use several clients at once.`,
      ),
    ];
  }
  if (operations.length >= 10 && used.size === operations.length)
    return [
      overall(
        'single-use-processes',
        'note',
        'Every operation has a process of its own. Linearizability is judged all the same, but sequential, causal and session guarantees are about what one process sees in turn, and hold of themselves.',
      ),
    ];
  return [];
};

/** When an operation that has an answer was under way; one of unknown outcome is left out, for it would overlap with everything after it. */
const concurrency = (operations: readonly Operation[]): readonly LintFinding[] => {
  const answered = operations.filter(({ type }) => type !== 'info');
  if (answered.length < fewestOperations || new Set(answered.map(({ invoke }) => invoke.process)).size < 2) return [];
  const lastReturn = new Map<Key | undefined, number>();
  let last = -1;
  let overlaps = false;
  let onKey = false;
  for (const { invoke, completion } of answered) {
    overlaps ||= invoke.index < last;
    onKey ||= invoke.index < (lastReturn.get(invoke.key) ?? -1);
    last = Math.max(last, completion!.index);
    lastReturn.set(invoke.key, Math.max(lastReturn.get(invoke.key) ?? -1, completion!.index));
    if (onKey) return [];
  }
  if (!overlaps)
    return [
      overall(
        'no-overlap',
        'warning',
        'No two operations were under way at once: nothing concurrent was tested, and a system that handles one request at a time looks perfect. Use several clients at once; if there were several, the invocations were recorded too late.',
      ),
    ];
  return [
    overall(
      'no-overlap-on-key',
      'warning',
      `Operations overlap, but never on the same of ${counted(lastReturn.size, 'key')}: no key ever had two clients at once. Use fewer keys, or more clients.`,
    ),
  ];
};

const faults = (history: History, operations: readonly Operation[]): readonly LintFinding[] => {
  const windows = faultWindows(history);
  if (windows.length === 0) return [];
  const idle = createTally();
  const calls = operations.map(({ invoke }) => invoke.index);
  for (const { begin, end } of windows)
    if (!hasBetween(calls, begin.index, end?.index ?? Number.POSITIVE_INFINITY)) note(idle, begin.index);
  return [
    ...told(
      'idle-fault',
      'warning',
      idle,
      count =>
        `${counted(count, 'fault was', 'faults were')} in force while nobody asked for anything, so ${count === 1 ? 'it' : 'they'} tested nothing. Raise the rate, or let faults last longer.`,
    ),
    ...silence(windows, operations),
  ];
};

const hasBetween = (ascending: readonly number[], from: number, to: number): boolean => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= from) low = middle + 1;
    else high = middle;
  }
  return low < ascending.length && ascending[low]! < to;
};

const silence = (windows: readonly FaultWindow[], operations: readonly Operation[]): readonly LintFinding[] => {
  const last = windows.reduce((latest, { begin, end }) => Math.max(latest, (end ?? begin).index), -1);
  if (operations.some(({ invoke, type }) => type === 'ok' && invoke.index > last)) return [];
  return [
    overall(
      'silence-after-faults',
      'warning',
      'Nothing that was asked for after the last fault succeeded: whatever the faults have broken or lost, nobody looked. Read everything once more when the faults are over.',
    ),
  ];
};

const fewestTimed = 10;
/** Nothing that goes over a network takes less than a microsecond. */
const leastNs = 1000;

const times = (history: History, operations: readonly Operation[]): readonly LintFinding[] => {
  if (!hasTimes(history))
    return [
      overall(
        'no-times',
        'note',
        'The events have no times: how stale a read was and how long anything took cannot be said. The order of the events decides everything else.',
      ),
    ];
  const took = operations
    .flatMap(({ invoke, completion, type }) => (type === 'ok' ? [completion!.time - invoke.time] : []))
    .sort((a, b) => a - b);
  if (took.length < fewestTimed || took[took.length >> 1]! >= leastNs) return [];
  return [
    overall(
      'time-unit',
      'note',
      `Half of the operations took less than ${took[took.length >> 1]! + 1} ns: times seem to be in milliseconds or microseconds. They are nanoseconds since the run began.`,
    ),
  ];
};
