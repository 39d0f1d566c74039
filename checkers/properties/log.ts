/**
 * An append-only log, as Kafka's: what was sent stands at one offset, and consumers go through the offsets in order, leaving none out.
 *
 * `send` v to a key, answered with `[offset, v]`; `poll` -> `{key: [[offset, v], …]}`, which goes on where the last poll of the same process ended;
 * `assign` begins anew. A process is a consumer. Anomalies:
 * - `inconsistent-offsets`: two values at one offset; `duplicate`: one value, sent once, at two offsets;
 * - `aborted-read`, `unexpected`: polled, though its send failed, or nobody sent it;
 * - `lost-write`: acknowledged, nobody ever polled it, though somebody polled a later offset;
 * - `poll-skip`: a consumer went past an offset that others polled; `nonmonotonic-poll`: it went back;
 * - `nonmonotonic-send`: a send got a smaller offset than one of the same process before it.
 * Values that may have been sent more than once are let off. Assumes that somebody polls from the beginning, as the workload's last polls
 * do. O(n log n).
 * Source: Jepsen's `kafka` (Redpanda, 2022), whose names these are.
 */
import type { Key, ProcessId } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, checkerOf, type Found } from './property.ts';

export const kafka = checkerOf({
  model: 'kafka',
  summary: 'an append-only log: nothing acknowledged is lost, offsets are consistent, consumers skip nothing and never go back',
  workloads: ['log'],
  acrossKeys: true,
  judge: operations => judgeLog(operations),
});

interface Entry {
  readonly key: Key;
  readonly offset: number;
  readonly value: Json;
  /** Who says that it stands there. */
  readonly by: Operation;
}

interface Log {
  readonly key: Key;
  readonly sends: Map<unknown, Operation[]>;
  readonly acknowledged: Entry[];
  readonly polled: Entry[];
}

const judgeLog = (operations: readonly Operation[]): Found => {
  const logs = new Map<string, Log>();
  const logFor = (key: Key): Log => {
    const log = logs.get(`${key}`) ?? { key, sends: new Map(), acknowledged: [], polled: [] };
    logs.set(`${key}`, log);
    return log;
  };
  for (const operation of operations) {
    const { f, key = '', value } = operation.invoke;
    if (f === 'send') {
      const { sends, acknowledged } = logFor(key);
      sends.set(valueKey(value), [...(sends.get(valueKey(value)) ?? []), operation]);
      const offset = offsetOf(operation);
      if (offset !== undefined) acknowledged.push({ key, offset, value, by: operation });
    }
    for (const record of recordsOf(operation)) logFor(record.key).polled.push(record);
  }
  const judged = [...logs.values()].map(judgeKey);
  return {
    anomalies: [...judged.flatMap(({ anomalies }) => anomalies), ...[...logs.values()].flatMap(sendOrder), ...consumers(operations, logs)],
    measured: { logs: logs.size, unseen: judged.reduce((sum, { unseen }) => sum + unseen, 0) },
  };
};

/** `[offset, value]`, or the offset alone. */
const offsetOf = ({ type, completion }: Operation): number | undefined => {
  if (type !== 'ok') return undefined;
  const { value } = completion!;
  const offset = Array.isArray(value) ? value[0] : value;
  return typeof offset === 'number' ? offset : undefined;
};

const recordsOf = (operation: Operation): readonly Entry[] => {
  const { invoke, completion, type } = operation;
  if (invoke.f !== 'poll' || type !== 'ok' || typeof completion!.value !== 'object' || completion!.value === null) return [];
  return Object.entries(completion!.value as { readonly [key: string]: readonly (readonly [number, Json])[] }).flatMap(([key, records]) =>
    records.map(([offset, value]) => ({ key, offset, value, by: operation })),
  );
};

const judgeKey = (log: Log): { readonly anomalies: readonly Anomaly[]; readonly unseen: number } => {
  const { key, sends, acknowledged, polled } = log;
  const anomalies: Anomaly[] = [];
  const atOffset = new Map<number, Entry>();
  const ofValue = new Map<unknown, Entry>();
  const strange = new Set<unknown>();
  const flawed = new Set<string>();
  for (const record of [...acknowledged, ...polled]) {
    const { offset, value, by } = record;
    const name = valueKey(value);
    const place = `${offset} ${name}`;
    const here = atOffset.get(offset);
    const there = ofValue.get(name);
    if (here === undefined) atOffset.set(offset, record);
    else if (valueKey(here.value) !== name && !flawed.has(place))
      anomalies.push(
        anomaly(
          'inconsistent-offsets',
          key,
          [here.by, by],
          `offset ${offset} of ${key} is ${show(here.value)} as ${told(here.by)}, and ${show(value)} as ${told(by)}.`,
        ),
      );
    if (there === undefined) ofValue.set(name, record);
    else if (there.offset !== offset && !flawed.has(place) && (sends.get(name)?.length ?? 0) < 2)
      anomalies.push(
        anomaly(
          'duplicate',
          key,
          [there.by, by],
          `${show(value)} was sent to ${key} once, but stands at offset ${there.offset} as ${told(there.by)}, and at ${offset} as ${told(by)}.`,
        ),
      );
    if (here !== undefined && there !== undefined) flawed.add(place);
    if (by.invoke.f !== 'poll' || strange.has(name)) continue;
    const senders = sends.get(name) ?? [];
    if (senders.some(({ type, invoke }) => type !== 'fail' && invoke.index < by.completion!.index)) continue;
    strange.add(name);
    anomalies.push(fromNowhere(record, senders));
  }
  const seen = new Set(polled.map(({ value }) => valueKey(value)));
  const last = polled.reduce<Entry | undefined>((best, one) => (best === undefined || one.offset > best.offset ? one : best), undefined);
  const missing = acknowledged.filter(({ value }) => !seen.has(valueKey(value)));
  const lost = missing.filter(({ offset }) => last !== undefined && offset < last.offset);
  const lostOnes = lost.map(({ offset, by }) =>
    anomaly(
      'lost-write',
      key,
      [by, last!.by],
      `${told(by)}, at offset ${offset}, and nobody ever polled it, though ${told(last!.by)} got as far as offset ${last!.offset}.`,
    ),
  );
  return { anomalies: [...anomalies, ...lostOnes], unseen: missing.length - lost.length };
};

const fromNowhere = ({ key, value, by }: Entry, senders: readonly Operation[]): Anomaly => {
  const isAborted = senders.some(({ type }) => type === 'fail') && senders.every(({ type }) => type === 'fail');
  const why =
    senders.length === 0
      ? 'but nobody ever sent it'
      : isAborted
        ? `but its send failed: ${told(senders[0]!)}`
        : `but it was only sent later: ${told(senders[0]!)}`;
  return anomaly(
    isAborted ? 'aborted-read' : 'unexpected',
    key,
    [...senders.slice(0, 1), by],
    `${told(by)}, with ${show(value)} of ${key}; ${why}.`,
  );
};

const sendOrder = ({ key, acknowledged }: Log): readonly Anomaly[] => {
  const before = new Map<ProcessId, Entry>();
  return acknowledged.flatMap(record => {
    const earlier = before.get(record.by.invoke.process);
    before.set(record.by.invoke.process, record);
    if (earlier === undefined || earlier.offset < record.offset) return [];
    return [
      anomaly(
        'nonmonotonic-send',
        key,
        [earlier.by, record.by],
        `${told(earlier.by)}, at offset ${earlier.offset}; after that ${told(record.by)}, at ${record.offset}.`,
      ),
    ];
  });
};

/** Where each consumer stands, poll by poll. */
const consumers = (operations: readonly Operation[], logs: ReadonlyMap<string, Log>): readonly Anomaly[] => {
  const polledOffsets = new Map([...logs].map(([key, { polled }]) => [key, firstPolls(polled)]));
  const positions = new Map<ProcessId, Map<string, Entry>>();
  return operations.flatMap(operation => {
    const { f, process } = operation.invoke;
    if (f === 'assign' || f === 'subscribe') positions.delete(process);
    const position = positions.get(process) ?? new Map<string, Entry>();
    positions.set(process, position);
    return recordsOf(operation).flatMap(record => {
      const before = position.get(`${record.key}`);
      position.set(`${record.key}`, record);
      return before === undefined ? [] : stepFrom(before, record, polledOffsets.get(`${record.key}`)!);
    });
  });
};

interface Polls {
  readonly ranks: ReadonlyMap<number, number>;
  readonly ordered: readonly Entry[];
}

/** Each offset that anybody polled, in order. */
const firstPolls = (polled: readonly Entry[]): Polls => {
  const first = new Map<number, Entry>();
  for (const record of polled) if (!first.has(record.offset)) first.set(record.offset, record);
  const ordered = [...first.values()].sort((a, b) => a.offset - b.offset);
  return { ordered, ranks: new Map(ordered.map(({ offset }, rank) => [offset, rank])) };
};

const stepFrom = (before: Entry, record: Entry, { ranks, ordered }: Polls): readonly Anomaly[] => {
  const { key, by, offset } = record;
  if (offset <= before.offset)
    return [
      anomaly(
        'nonmonotonic-poll',
        key,
        [before.by, by],
        `${told(before.by)}, up to offset ${before.offset} of ${key}; then the same consumer went back to ${offset}: ${told(by)}.`,
      ),
    ];
  const next = ordered[ranks.get(before.offset)! + 1]!;
  if (next.offset === offset) return [];
  return [
    anomaly(
      'poll-skip',
      key,
      [before.by, by, next.by],
      `${told(before.by)}, up to offset ${before.offset} of ${key}; then the same consumer got ${offset} (${told(by)}) and left out ${next.offset}, which is there: ${told(next.by)}.`,
    ),
  ];
};
