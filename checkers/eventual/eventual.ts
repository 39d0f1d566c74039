/**
 * Eventual consistency, as far as a finite history can show it: after the last write has returned and the last fault is healed, everybody
 * comes to read the same, and it is something that was written.
 *
 * Readers are nodes where the history says which node answered, so that replicas are compared (strong convergence); else processes. Per
 * object: the last answer of every reader after the cut must be the same (`divergence`), and not the initial value although a write succeeded
 * (`lost-write`); every value must have been asked for (`ThinAirRead`). `convergenceMs` is the time from the cut to the return of the last
 * read that still showed something else. Nobody, or one reader of several, asked after the cut: unknown. Where a write of unknown outcome may
 * have come in between, or a fault was in force or came later, different answers are unknown too. O(n).
 *
 * Strong convergence proper (replicas that have delivered the same updates are equal at once) cannot be seen from outside, for nobody records
 * deliveries: a replica that shows one value after the other and settles on what the others show passes.
 * Sources: Vogels, CACM 2009; Shapiro et al., SSS 2011 (strong convergence); Viotti & Vukolić, ACM CSUR 2016.
 */
import type { History, Key } from '../../harness/history/event.ts';
import { type Operation, operationIndex, pairOperations } from '../../harness/history/operation.ts';
import type { Anomaly, Checker, Validity, Verdict } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { accessesOf } from '../models/multi-register.ts';
import { canonical, show } from '../models/values.ts';
import { faultWindows } from '../power/fault-windows.ts';
import { clockless, moment, told } from '../read-write/prose.ts';

interface Answer {
  readonly operation: Operation;
  readonly value: Json;
  readonly name: string;
}

interface ObjectHistory {
  readonly key: Key | undefined;
  readonly answers: Answer[];
  readonly writes: { readonly operation: Operation; readonly value: Json | undefined }[];
}

interface Access {
  readonly key: Key | undefined;
  readonly kind: 'read' | 'write';
  /** Undefined: not known from the operation alone. */
  readonly value: Json | undefined;
}

/** What an operation reads and writes, by workload. Null and "" are initial values. */
const grammars: Readonly<Record<string, (operation: Operation) => readonly Access[]>> = {
  register: ({ invoke: { f, key, value }, completion, type }) => {
    if (f === 'read') return type === 'ok' ? [{ key, kind: 'read', value: completion!.value }] : [];
    if (f === 'write') return [{ key, kind: 'write', value }];
    return f === 'cas' && completion?.applied !== false ? [{ key, kind: 'write', value: (value as readonly Json[])[1]! }] : [];
  },
  kv: ({ invoke: { f, key, value }, completion, type }) => {
    if (f === 'get') return type === 'ok' ? [{ key, kind: 'read', value: completion!.value ?? '' }] : [];
    return [{ key, kind: 'write', value: f === 'put' ? String(value) : undefined }];
  },
  'multi-register': ({ invoke, completion, type }) =>
    accessesOf({ f: invoke.f, input: invoke.value, output: type === 'ok' ? completion!.value : undefined }).map(
      ({ kind, name, value }) => ({
        key: name,
        kind,
        value,
      }),
    ),
  set: ({ invoke: { f, key }, completion, type }) => {
    if (f !== 'read') return [{ key, kind: 'write', value: undefined }];
    const sorted = (list: readonly Json[]): Json => [...new Set(list.map(canonical))].sort();
    return type === 'ok' ? [{ key, kind: 'read', value: sorted((completion!.value ?? []) as readonly Json[]) }] : [];
  },
  counter: ({ invoke: { f, key }, completion, type }) => {
    if (f !== 'read') return [{ key, kind: 'write', value: undefined }];
    return type === 'ok' ? [{ key, kind: 'read', value: completion!.value }] : [];
  },
};

export const eventual: Checker = {
  model: 'eventual',
  summary: 'after the last write and the last fault everybody comes to read the same; says how long that took',
  workloads: Object.keys(grammars),
  check: (history, { workload }) => checkEventual(history, workload),
};

/** `settleMs`: readers that differ sooner than this after the cut prove nothing yet; then the verdict is unknown. */
export const checkEventual = (history: History, workload: string, settleMs = 0): Verdict => {
  const began = performance.now();
  const operations = pairOperations(history);
  const objects = byObject(operations, grammars[workload]!);
  const readers = new Set(objects.flatMap(({ answers }) => answers.map(answer => readerOf(answer.operation))));
  const healed = lastFault(history);
  const inForce = faultWindows(history).some(({ end }) => end === undefined);
  const judged = objects.map(object => {
    const cut = cutOf(object, healed);
    const unsettled = inForce
      ? 'a fault was in force to the end'
      : healed !== undefined && cut.index < healed.index
        ? 'nobody read after the last fault'
        : undefined;
    return judgeObject(object, cut, { readers: readers.size, settleMs, mayStartAtZero: workload === 'multi-register', unsettled });
  });
  const merged = mergeObjects(judged);
  return {
    ...merged,
    workload,
    model: 'eventual',
    operations: operations.length,
    keys: objects.length,
    elapsedMs: performance.now() - began,
  };
};

const byObject = (operations: readonly Operation[], accesses: (operation: Operation) => readonly Access[]): readonly ObjectHistory[] => {
  const objects = new Map<Key | undefined, ObjectHistory>();
  for (const operation of operations) {
    if (operation.type === 'fail') continue;
    for (const { key, kind, value } of accesses(operation)) {
      let object = objects.get(key);
      if (object === undefined) {
        object = { key, answers: [], writes: [] };
        objects.set(key, object);
      }
      if (kind === 'write') object.writes.push({ operation, value });
      else if (value !== undefined) object.answers.push({ operation, value, name: canonical(value) });
    }
  }
  return [...objects.values()];
};

const readerOf = ({ invoke, completion }: Operation): string => {
  const node = completion?.node ?? invoke.node;
  return node ?? `process ${invoke.process}`;
};

const lastFault = (history: History): { readonly index: number; readonly time: number } | undefined =>
  history.findLast(({ process }) => process === 'nemesis');

interface Cut {
  readonly index: number;
  readonly time: number;
}

/** The last return of a write that succeeded, or the last fault if reads come after it. */
const cutOf = ({ writes, answers }: ObjectHistory, healed: Cut | undefined): Cut => {
  let cut: Cut = { index: -1, time: 0 };
  for (const { operation } of writes) if (operation.type === 'ok' && operation.completion!.index > cut.index) cut = operation.completion!;
  if (healed === undefined || healed.index < cut.index) return cut;
  return answers.some(({ operation }) => operation.invoke.index > healed.index) ? healed : cut;
};

interface Judged {
  readonly valid: Validity;
  readonly anomaly?: Anomaly;
  readonly unknown?: string;
  readonly convergenceMs?: number;
}

/** What an object may hold before any write: null or nothing; multi-registers, where null is never seen, 0. */
const isInitial = (value: Json): boolean => value === null || value === '';

interface Circumstances {
  readonly readers: number;
  readonly settleMs: number;
  readonly mayStartAtZero: boolean;
  /** Why readers that differ may yet come to agree. */
  readonly unsettled: string | undefined;
}

const judgeObject = (object: ObjectHistory, cut: Cut, { readers, settleMs, mayStartAtZero, unsettled }: Circumstances): Judged => {
  const { answers, writes, key } = object;
  const thin = thinAir(object, mayStartAtZero);
  if (thin !== undefined) return { valid: false, anomaly: thin };
  const late = answers.filter(({ operation }) => operation.invoke.index > cut.index);
  const last = new Map(late.map(answer => [readerOf(answer.operation), answer]));
  const name = key === undefined ? '' : `key ${key}: `;
  if (last.size === 0) return { valid: 'unknown', unknown: `${name}nobody read after the last write and the last fault` };
  if (last.size === 1 && readers > 1)
    return { valid: 'unknown', unknown: `${name}only ${[...last.keys()][0]} was read after the last write and the last fault` };
  const final = late.at(-1)!;
  const soon = ({ operation }: Answer): boolean => operation.invoke.time < cut.time + settleMs * 1e6;
  const other = [...last.values()].find(answer => answer.name !== final.name);
  if (other !== undefined) {
    const pending = writes.filter(({ operation }) => operation.type === 'info');
    const may = pending.find(({ value }) => value === undefined || [final.name, other.name].includes(canonical(value)));
    if (may !== undefined)
      return {
        valid: 'unknown',
        unknown: `${name}readers differ, but a write of unknown outcome may have come in between (${told(may.operation)})`,
      };
    if (unsettled !== undefined) return { valid: 'unknown', unknown: `${name}readers differ, but ${unsettled}` };
    const earlier = Math.min(other.operation.invoke.time, final.operation.invoke.time);
    if (earlier < cut.time + settleMs * 1e6)
      return { valid: 'unknown', unknown: `${name}readers differ, but so soon that they may come to agree` };
    return { valid: false, anomaly: divergence(object, [other, final], cut) };
  }
  const written = writes.find(({ operation, value }) => operation.type === 'ok' && value !== undefined && !isInitial(value));
  // Whoever wrote the initial value again may have been the last.
  const emptied = writes.some(({ value }) => value !== undefined && isInitial(value));
  if (written !== undefined && isInitial(final.value) && !emptied) {
    if (unsettled !== undefined) return { valid: 'unknown', unknown: `${name}nobody has read what was written, but ${unsettled}` };
    if (soon(final))
      return { valid: 'unknown', unknown: `${name}nobody has read what was written, but it is too soon to say that it is lost` };
    return { valid: false, anomaly: lost(object, final, written.operation) };
  }
  const laggard = late.findLast(answer => answer.name !== final.name);
  const convergenceMs = laggard === undefined ? 0 : Math.max(0, (laggard.operation.completion!.time - cut.time) / 1e6);
  return clockless(final.operation.completion!) ? { valid: true } : { valid: true, convergenceMs };
};

/** Only where every write says what it writes. */
const thinAir = ({ key, answers, writes }: ObjectHistory, mayStartAtZero: boolean): Anomaly | undefined => {
  if (writes.some(({ value }) => value === undefined) || (writes.length === 0 && answers.every(({ name }) => name === answers[0]!.name)))
    return undefined;
  const known = new Set(writes.map(({ value }) => canonical(value!)));
  const zero = mayStartAtZero && !answers.some(({ value }) => value === null);
  const odd = answers.find(({ value, name }) => !isInitial(value) && !known.has(name) && !(zero && value === 0));
  return (
    odd && {
      type: 'ThinAirRead',
      ...(key !== undefined && { key }),
      operations: [operationIndex(odd.operation)],
      explanation: `A value that nobody wrote: ${told(odd.operation)}.`,
    }
  );
};

const divergence = ({ key }: ObjectHistory, answers: readonly Answer[], cut: Cut): Anomaly => {
  const [a, b] = answers.toSorted((one, other) => operationIndex(one.operation) - operationIndex(other.operation)) as [Answer, Answer];
  const since = cut.index < 0 ? 'nothing was ever written' : `the last write and the last fault were over at ${moment(cut as never)}`;
  return {
    type: 'divergence',
    ...(key !== undefined && { key }),
    operations: [a, b].map(({ operation }) => operationIndex(operation)),
    explanation: `No agreement between ${readerOf(a.operation)} and ${readerOf(b.operation)}: ${told(a.operation)} last, and ${told(b.operation)} last, although ${since}.`,
  };
};

const lost = ({ key }: ObjectHistory, final: Answer, write: Operation): Anomaly => ({
  type: 'lost-write',
  ...(key !== undefined && { key }),
  operations: [operationIndex(write), operationIndex(final.operation)].sort((a, b) => a - b),
  explanation: `In the end everybody read ${show(final.value)}, the initial value (${told(final.operation)}), although a write had succeeded: ${told(write)}.`,
});

const longestReport = 10;

const mergeObjects = (
  judged: readonly Judged[],
): {
  readonly valid: Validity;
  readonly anomalies: readonly Anomaly[];
  readonly unknown?: string;
  readonly measured?: Readonly<Record<string, number>>;
} => {
  const anomalies = judged.flatMap(({ anomaly }) => anomaly ?? []);
  const unknown = judged.flatMap(object => object.unknown ?? []);
  const times = judged.flatMap(({ convergenceMs }) => convergenceMs ?? []);
  const nothing = judged.length === 0 ? ['no reads and no writes'] : [];
  const reasons = [...nothing, ...unknown];
  return {
    valid: anomalies.length > 0 ? false : reasons.length > 0 ? 'unknown' : true,
    anomalies: anomalies.slice(0, longestReport),
    ...(reasons.length > 0 && { unknown: reasons.slice(0, longestReport).join('; ') }),
    ...(times.length > 0 && { measured: { convergenceMs: times.reduce((a, b) => Math.max(a, b), 0) } }),
  };
};
