/**
 * The door of the weaker models: a history becomes columns of numbers: operations, the versions (object, value) that each reads and
 * writes, and sessions. All objects of a history are judged together, since none of these models is local.
 *
 * `fail` did not happen. An answer that nobody knows constrains nothing. A write of unknown outcome may or may not have happened. A process
 * is a session; one that goes on after an unknown outcome is a new session, for the unknown operation may take effect later.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import { type Operation, operationIndex, pairOperations } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { accessesOf } from '../models/multi-register.ts';
import { valueKey } from '../models/values.ts';
import { invertedLists, type Lists } from './lists.ts';

/** An observation that no order can explain, whatever the model. */
export interface Impossible {
  readonly type: 'internal' | 'intermediate-read';
  readonly operations: readonly number[];
  readonly object: Key;
  readonly found: Json;
  readonly expected: Json;
}

export interface ReadWriteHistory {
  readonly size: number;
  readonly operations: readonly Operation[];
  readonly failed: readonly Operation[];
  /** How many were asked, whatever became of them. */
  readonly asked: number;
  readonly session: Int32Array;
  /** Operations by session, in program order. */
  readonly sessions: Lists;
  /** Place within its session. */
  readonly place: Int32Array;
  readonly unknown: Uint8Array;
  /** Versions by operation. */
  readonly reads: Lists;
  readonly writes: Lists;
  readonly versions: readonly { readonly object: number; readonly value: Json }[];
  /** Writers by version, in the order of their calls. */
  readonly writers: Lists;
  readonly objects: readonly (Key | undefined)[];
  readonly initial: Json;
  /** 1 for versions that are an object's initial value. */
  readonly isInitial: Uint8Array;
  readonly impossible: readonly Impossible[];
  /** Why a model that explains reads by writes cannot take it, or undefined: then green is never said. */
  readonly refused: string | undefined;
  /** True if it says so of reads as well: then nothing at all can be said. */
  readonly untraceable: boolean;
  readonly warnings: readonly string[];
}

interface Access {
  readonly kind: 'read' | 'write';
  readonly object: Key | undefined;
  readonly value: Json;
}

interface Taken {
  readonly accesses: readonly Access[];
  readonly refused?: string | undefined;
  readonly untraceable?: boolean | undefined;
}

/** What an operation reads and writes, in order. */
type Grammar = (operation: Operation) => Taken;

const registerGrammar: Grammar = ({ invoke, completion, type }) => {
  const object = invoke.key;
  if (invoke.f === 'read') return { accesses: type === 'ok' ? [{ kind: 'read', object, value: completion!.value }] : [] };
  if (invoke.f === 'write') return { accesses: [{ kind: 'write', object, value: invoke.value }] };
  if (invoke.f !== 'cas' || !Array.isArray(invoke.value)) return { accesses: [] };
  if (type === 'ok' && completion!.applied === false)
    return { accesses: [], refused: 'a cas that says what it did not find (applied: false) is explained by no single write' };
  const [from, to] = invoke.value as readonly Json[] as readonly [Json, Json];
  return {
    accesses: [
      { kind: 'read', object, value: from },
      { kind: 'write', object, value: to },
    ],
  };
};

const kvGrammar: Grammar = ({ invoke, completion, type }) => {
  const object = invoke.key;
  if (invoke.f === 'get') return { accesses: type === 'ok' ? [{ kind: 'read', object, value: completion!.value ?? '' }] : [] };
  if (invoke.f === 'put') return { accesses: [{ kind: 'write', object, value: String(invoke.value) }] };
  return invoke.f === 'append'
    ? { accesses: [], untraceable: true, refused: 'an append does not say which value it left, so reads cannot be traced to writes' }
    : { accesses: [] };
};

const multiRegisterGrammar: Grammar = ({ invoke, completion, type }) => ({
  accesses: accessesOf({ f: invoke.f, input: invoke.value, output: type === 'ok' ? completion!.value : undefined }).map(
    ({ kind, name, value }) => ({ kind, object: name, value }),
  ),
});

const grammars: Readonly<Record<string, { readonly grammar: Grammar; readonly initial: Json }>> = {
  register: { grammar: registerGrammar, initial: null },
  'multi-register': { grammar: multiRegisterGrammar, initial: null },
  kv: { grammar: kvGrammar, initial: '' },
};

export const readWriteWorkloads: readonly string[] = Object.keys(grammars);

/** O(n) time and memory. Never throws. */
export const openHistory = (history: History, workload: string): ReadWriteHistory => {
  const { grammar, initial } = grammars[workload]!;
  const paired = pairOperations(history);
  const failed = paired.filter(({ type }) => type === 'fail');
  const taken = paired.flatMap(operation => {
    const said: Taken = operation.type === 'fail' ? { accesses: [] } : grammar(operation);
    return said.accesses.length > 0 || said.refused !== undefined ? [{ operation, ...said }] : [];
  });
  const start = workload === 'multi-register' ? firstValue(taken) : { initial };
  return { ...columnsOf(taken, failed, start.initial), asked: paired.length, warnings: start.warnings ?? [] };
};

/** Histories of multi-registers do not say what the registers start with: Knossos' start at 0. */
const firstValue = (taken: readonly Taken[]): { initial: Json; warnings?: readonly string[] } => {
  const seen = { null: false, zero: false };
  for (const { accesses } of taken)
    for (const { kind, value } of accesses) {
      if (value === null) seen.null = true;
      if (kind === 'write' && value === 0) seen.null = true;
      if (kind === 'read' && value === 0) seen.zero = true;
    }
  return seen.zero && !seen.null ? { initial: 0, warnings: ['the registers were taken to start at 0'] } : { initial: null };
};

interface Numbers {
  object(key: Key | undefined): number;
  version(object: number, value: Json): number;
  readonly objects: (Key | undefined)[];
  readonly versions: { readonly object: number; readonly value: Json }[];
}

const numbering = (): Numbers => {
  const objects: (Key | undefined)[] = [];
  const versions: { object: number; value: Json }[] = [];
  const numbers = new Map<Key | undefined, number>();
  const byObject: Map<unknown, number>[] = [];
  const object = (key: Key | undefined): number => {
    let number = numbers.get(key);
    if (number === undefined) {
      number = objects.push(key) - 1;
      numbers.set(key, number);
      byObject.push(new Map());
    }
    return number;
  };
  const version = (of: number, value: Json): number => {
    const known = byObject[of]!;
    const name = valueKey(value);
    let number = known.get(name);
    if (number === undefined) {
      number = versions.push({ object: of, value }) - 1;
      known.set(name, number);
    }
    return number;
  };
  return { object, version, objects, versions };
};

type Columns = Omit<ReadWriteHistory, 'asked' | 'warnings'>;

const columnsOf = (taken: readonly ({ readonly operation: Operation } & Taken)[], failed: readonly Operation[], initial: Json): Columns => {
  const size = taken.length;
  const numbers = numbering();
  const reads: number[] = [];
  const writes: number[] = [];
  const [readStart, writeStart] = [new Int32Array(size + 1), new Int32Array(size + 1)];
  const impossible: Impossible[] = [];
  const intermediate = new Map<number, number>();
  const unknown = new Uint8Array(size);
  let refused: string | undefined;
  taken.forEach((one, i) => {
    refused ??= one.refused;
    unknown[i] = one.operation.type === 'info' ? 1 : 0;
    external(one.operation, one.accesses, numbers, { reads, writes, from: [reads.length, writes.length] }, impossible, version =>
      intermediate.set(version, i),
    );
    readStart[i + 1] = reads.length;
    writeStart[i + 1] = writes.length;
  });
  const isInitial = Uint8Array.from(numbers.versions, ({ value }) => (valueKey(value) === valueKey(initial) ? 1 : 0));
  const readLists = { start: readStart, item: Int32Array.from(reads) };
  const writeLists = { start: writeStart, item: Int32Array.from(writes) };
  const writers = invertedLists(writeLists, numbers.versions.length);
  const operations = taken.map(({ operation }) => operation);
  for (let i = 0; i < size; i++) {
    for (let at = readStart[i]!; at < readStart[i + 1]!; at++) {
      const version = readLists.item[at]!;
      const writer = intermediate.get(version);
      if (writer === undefined || writer === i || isInitial[version] || writers.start[version + 1]! > writers.start[version]!) continue;
      const { object, value } = numbers.versions[version]!;
      const operationsOf = [writer, i].map(o => operationIndex(operations[o]!)).sort((a, b) => a - b);
      impossible.push({
        type: 'intermediate-read',
        operations: operationsOf,
        object: numbers.objects[object]!,
        found: value,
        expected: null,
      });
    }
  }
  return {
    size,
    operations,
    failed,
    ...sessionsOf(operations),
    unknown,
    reads: readLists,
    writes: writeLists,
    versions: numbers.versions,
    writers,
    objects: numbers.objects,
    initial,
    isInitial,
    impossible,
    refused,
    untraceable: taken.some(({ untraceable }) => untraceable),
  };
};

/** Of an operation's accesses, what others can see or have written: first reads, last writes. The rest must agree among itself. */
const external = (
  operation: Operation,
  accesses: readonly Access[],
  numbers: Numbers,
  into: { reads: number[]; writes: number[]; from: readonly [number, number] },
  impossible: Impossible[],
  overwritten: (version: number) => void,
): void => {
  const { reads, writes } = into;
  if (accesses.length === 1) {
    const { kind, object, value } = accesses[0]!;
    (kind === 'read' ? reads : writes).push(numbers.version(numbers.object(object), value));
    return;
  }
  const held = new Map<number, number>();
  const written = new Map<number, number>();
  for (const { kind, object: key, value } of accesses) {
    const object = numbers.object(key);
    const version = numbers.version(object, value);
    const now = held.get(object);
    if (kind === 'write') {
      const before = written.get(object);
      if (before !== undefined && before !== version) overwritten(before);
      written.set(object, version);
    } else if (now === undefined) reads.push(version);
    else if (now !== version) {
      const expected = numbers.versions[now]!.value;
      impossible.push({ type: 'internal', operations: [operationIndex(operation)], object: key!, found: value, expected });
    }
    held.set(object, version);
  }
  writes.push(...written.values());
};

const sessionsOf = (operations: readonly Operation[]): Pick<ReadWriteHistory, 'session' | 'place' | 'sessions'> => {
  const size = operations.length;
  const [session, place] = [new Int32Array(size), new Int32Array(size)];
  const open = new Map<Event['process'], number>();
  const lengths: number[] = [];
  operations.forEach(({ invoke, type }, i) => {
    let number = open.get(invoke.process);
    if (number === undefined) {
      number = lengths.push(0) - 1;
      open.set(invoke.process, number);
    }
    session[i] = number;
    place[i] = lengths[number]!++;
    if (type === 'info') open.delete(invoke.process);
  });
  const own = { start: Int32Array.from({ length: size + 1 }, (_, i) => i), item: session };
  return { session, place, sessions: invertedLists(own, lengths.length) };
};
