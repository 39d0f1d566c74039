/**
 * A lock: one holder at a time, and tokens that only grow.
 *
 * `acquire` (its answer may be a fencing token, a number), `release`; whoever acquired releases. A process holds the lock for sure from the return of
 * its `acquire` to the call of its next `release`, whatever becomes of that. Anomalies: `two-holders`, `release-without-acquire` (unless an
 * operation of unknown outcome explains it), `stale-token` (a token no larger than one that was given before this acquire was called),
 * `duplicate-token`. `fenced-lock` looks at the tokens alone: a lease may run out while its holder sleeps. Without failed or unknown
 * outcomes, `lock` without tokens is linearizability. One pass, O(n).
 * Sources: Jepsen's lock tests (etcd, Hazelcast); Kleppmann, "How to do distributed locking", 2016.
 */
import type { Key, ProcessId } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf } from './property.ts';

export const lock = checkerOf({
  model: 'lock',
  summary: 'a lock has one holder at a time, and its fencing tokens grow',
  workloads: ['lock'],
  judge: (operations, key) => {
    const { anomalies } = judgeTokens(operations, key);
    return { anomalies: [...judgeHolders(operations, key), ...anomalies] };
  },
});

export const fencedLock = checkerOf({
  model: 'fenced-lock',
  summary: 'each fencing token that a lock gives is larger than all that were given before; leases may run out',
  workloads: ['lock'],
  judge: (operations, key) => {
    const { anomalies, tokens } = judgeTokens(operations, key);
    const unknown =
      tokens === 0 && operations.length > 0 ? `no acquire${key === undefined ? '' : ` of ${key}`} was answered with a token` : undefined;
    return { anomalies, unknown, measured: { tokens } };
  },
});

/** Calls and returns in history order; positions are distinct. */
const moments = (operations: readonly Operation[]) =>
  operations
    .flatMap(operation => [
      { operation, at: callOf(operation), isCall: true },
      { operation, at: operation.completion?.index ?? Number.POSITIVE_INFINITY, isCall: false },
    ])
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));

const judgeHolders = (operations: readonly Operation[], key: Key | undefined): readonly Anomaly[] => {
  const holders = new Map<ProcessId, Operation>();
  /** Whose release failed: it may hold the lock still. */
  const perhaps = new Set<ProcessId>();
  const released = new Map<ProcessId, Operation>();
  /** After an unknown outcome the process is gone, but not what it held: one that comes after it may release that. */
  let mayBeLeftHeld = false;
  const anomalies: Anomaly[] = [];
  for (const { operation, isCall } of moments(operations)) {
    const { process, f } = operation.invoke;
    if (isCall) mayBeLeftHeld ||= operation.type === 'info';
    if (f === 'acquire' && !isCall && operation.type === 'ok') {
      const other = [...holders.values()].at(-1);
      if (other !== undefined) anomalies.push(twoHolders(other, operation, key));
      holders.delete(process);
      holders.set(process, operation);
    } else if (f === 'release' && isCall) {
      const isHolder = holders.delete(process) || perhaps.delete(process);
      if (isHolder && operation.type === 'fail') perhaps.add(process);
      else if (!isHolder && operation.type === 'ok' && !mayBeLeftHeld) anomalies.push(unheld(operation, released.get(process), key));
      if (operation.type === 'ok') released.set(process, operation);
    }
  }
  return anomalies;
};

const twoHolders = (first: Operation, second: Operation, key: Key | undefined): Anomaly =>
  anomaly(
    'two-holders',
    key,
    [first, second],
    `${told(first)} and had not begun to release it when another acquire returned: ${told(second)}. Then there were two holders at once.`,
  );

const unheld = (release: Operation, before: Operation | undefined, key: Key | undefined): Anomaly =>
  anomaly(
    'release-without-acquire',
    key,
    before === undefined ? [release] : [before, release],
    `${told(release)}, but it did not hold the lock: ${before === undefined ? 'it never acquired it' : `it has not acquired it since ${told(before)}`}.`,
  );

const tokenOf = ({ invoke, completion, type }: Operation): number | undefined =>
  type === 'ok' && invoke.f === 'acquire' && typeof invoke.value !== 'number' && typeof completion!.value === 'number'
    ? completion!.value
    : undefined;

const judgeTokens = (
  operations: readonly Operation[],
  key: Key | undefined,
): { readonly anomalies: readonly Anomaly[]; readonly tokens: number } => {
  const given = new Map<number, Operation>();
  const largestAtCall = new Map<Operation, Operation | undefined>();
  const anomalies: Anomaly[] = [];
  let largest: Operation | undefined;
  for (const { operation, isCall } of moments(operations.filter(one => tokenOf(one) !== undefined))) {
    if (isCall) {
      largestAtCall.set(operation, largest);
      continue;
    }
    const token = tokenOf(operation)!;
    const before = largestAtCall.get(operation);
    const twin = given.get(token);
    if (twin !== undefined)
      anomalies.push(
        anomaly('duplicate-token', key, [twin, operation], `token ${token} was given twice: ${told(twin)}; ${told(operation)}.`),
      );
    else if (before !== undefined && token < tokenOf(before)!)
      anomalies.push(
        anomaly(
          'stale-token',
          key,
          [before, operation],
          `${told(before)}, and after that ${told(operation)}: a token must be larger than all before it.`,
        ),
      );
    given.set(token, operation);
    if (largest === undefined || token > tokenOf(largest)!) largest = operation;
  }
  return { anomalies, tokens: given.size };
};
