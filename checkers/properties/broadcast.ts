/**
 * Broadcast: every message that was acknowledged reaches every node.
 *
 * `broadcast` v, `read` -> all messages that a node has. Readers are nodes where the history says which node answered, else processes. The last read
 * of each reader, called after the last acknowledged broadcast returned and the last fault was healed, must hold every message that was
 * acknowledged, or that anybody had read, by that moment. Anomalies: `missing` (the broadcast, or a read that shows it, and the node's last read);
 * `unexpected` and `duplicated` as for sets. A node without such a last read: unknown. `staleMs` is the longest time that a message was
 * known and some read did not show it: how long spreading took, at least. O(n) in operations and the length of all answers.
 * Sources: Maelstrom's broadcast workload; Demers et al., "Epidemic algorithms", PODC 1987.
 */
import type { History, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf, type Found, listOf, returnOf } from './property.ts';
import { judgeSet } from './set.ts';

export const broadcast = checkerOf({
  model: 'broadcast',
  summary: 'every message that was acknowledged, or that anybody read, is on every node in the end',
  workloads: ['broadcast'],
  judge: (operations, key, history) => judgeBroadcast(operations, key, history),
});

/** By value, what showed a message first. */
type Known = ReadonlyMap<ReturnType<typeof valueKey>, Operation>;

const judgeBroadcast = (operations: readonly Operation[], key: Key | undefined, history: History): Found => {
  const asSet = judgeSet(operations, key, false);
  const reads = operations.filter(({ invoke, type }) => invoke.f === 'read' && type === 'ok');
  const cut = cutOf(operations, history);
  const last = new Map(reads.filter(read => callOf(read) > cut).map(read => [readerOf(read), read]));
  const unread = [...new Set(reads.map(readerOf))].filter(reader => !last.has(reader) && !reader.startsWith('process'));
  const known = new Map([...knownBy(operations)].filter(([, by]) => returnOf(by) <= cut));
  const missing = [...last].flatMap(([reader, read]) => missingFrom(reader, read, known, key));
  const { lost: _, ...measured } = asSet.measured ?? {};
  const unknown =
    last.size === 0
      ? 'nobody read after the last broadcast and the last fault'
      : unread.length > 0
        ? `not read after the last broadcast and the last fault: ${unread.join(', ')}`
        : undefined;
  return {
    anomalies: [...asSet.anomalies.filter(({ type }) => type !== 'lost'), ...missing],
    unknown: operations.length === 0 ? undefined : (asSet.unknown ?? unknown),
    measured: { ...measured, missing: missing.length },
  };
};

/** The last return of a broadcast that succeeded, or the last fault. */
const cutOf = (operations: readonly Operation[], history: History): number => {
  const acknowledged = operations.reduce(
    (cut, one) => (one.invoke.f !== 'read' && one.type === 'ok' ? Math.max(cut, returnOf(one)) : cut),
    -1,
  );
  return Math.max(acknowledged, history.findLast(({ process }) => process === 'nemesis')?.index ?? -1);
};

const readerOf = ({ invoke, completion }: Operation): string => completion?.node ?? invoke.node ?? `process ${invoke.process}`;

/** What is known of each message first. */
const knownBy = (operations: readonly Operation[]): Known => {
  const known = new Map<ReturnType<typeof valueKey>, Operation>();
  const learn = (name: ReturnType<typeof valueKey>, by: Operation): void => {
    const before = known.get(name);
    if (before === undefined || returnOf(by) < returnOf(before)) known.set(name, by);
  };
  for (const operation of operations) {
    if (operation.type !== 'ok') continue;
    if (operation.invoke.f !== 'read') learn(valueKey(operation.invoke.value), operation);
    else for (const value of listOf(operation.completion!.value)) learn(valueKey(value), operation);
  }
  return known;
};

const missingFrom = (reader: string, read: Operation, known: Known, key: Key | undefined): readonly Anomaly[] => {
  const there = new Set(listOf(read.completion!.value).map(valueKey));
  return [...known].flatMap(([name, by]) => {
    if (there.has(name)) return [];
    const message =
      by.invoke.f === 'read' ? show(listOf(by.completion!.value).find(value => valueKey(value) === name)!) : show(by.invoke.value);
    return [
      anomaly(
        'missing',
        key,
        [by, read],
        `message ${message} never reached ${reader}: ${told(by)}; but the last read there does not show it: ${told(read)}.`,
      ),
    ];
  });
};
