/**
 * The operations that the histories of a workload are made of, and the shape of their values. A history of something else would pass, or
 * fail, for no reason: models let whatever they do not know assert nothing.
 */
import type { History } from '../../harness/history/event.ts';
import { columnsOf, invokeType, okType } from '../../harness/history/event-columns.ts';
import type { Json } from '../../harness/std/json.ts';
import { show } from './values.ts';

interface Shape {
  /** In words, for a message. */
  readonly expected: string;
  fits(value: Json): boolean;
}

interface Operation {
  /** The invocation's value; anything goes where it is left out. */
  readonly asked?: Shape;
  /** The value of an `ok`. Null, no answer, always goes. */
  readonly answered?: Shape;
}

/** The first event that is not of the workload, what it should have been, and the member that is wrong. */
export interface Misfit {
  readonly index: number;
  readonly member: 'f' | 'value';
  readonly expected: string;
  readonly found: string;
}

const isNamed = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isStep = (value: Json): boolean =>
  Array.isArray(value) &&
  value.length >= 2 &&
  typeof value[0] === 'string' &&
  (typeof value[1] === 'string' || typeof value[1] === 'number');

const pair: Shape = { expected: 'a pair [old, new]', fits: value => Array.isArray(value) && value.length === 2 };
const registers: Shape = { expected: 'values by name, {"x": 1}', fits: isNamed };
const steps: Shape = { expected: 'a list of [verb, name, value]', fits: value => Array.isArray(value) && value.every(isStep) };
const number: Shape = { expected: 'a number', fits: value => typeof value === 'number' };
const balances: Shape = { expected: 'balances by account, {"a": 10}', fits: isNamed };
const transfer: Shape = {
  expected: 'a transfer {"from": "a", "to": "b", "amount": 1}',
  fits: value => isNamed(value) && typeof (value as { readonly amount?: Json }).amount === 'number',
};
const isRecords = (value: Json): boolean => Array.isArray(value) && value.every(one => Array.isArray(one) && typeof one[0] === 'number');
const sortable: Shape = { expected: 'a number or a text', fits: value => typeof value === 'number' || typeof value === 'string' };
const records: Shape = {
  expected: 'offsets and values by log, {"k": [[0, 1]]}',
  fits: value => isNamed(value) && Object.values(value as { readonly [name: string]: Json }).every(isRecords),
};
const belief: Shape = { expected: 'a leader and a term, {"term": 1, "leader": "n1"}', fits: isNamed };
const list: Shape = { expected: 'a list', fits: value => Array.isArray(value) };

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  register: { read: {}, write: {}, cas: { asked: pair } },
  'multi-register': { read: { answered: registers }, write: { asked: registers }, txn: { asked: steps, answered: steps } },
  'list-append': { txn: { asked: steps, answered: steps } },
  kv: { get: {}, put: {}, append: {} },
  lock: { acquire: {}, release: {} },
  'reentrant-lock': { acquire: {}, release: {} },
  'fenced-lock': { acquire: { answered: number }, release: {} },
  queue: { enqueue: {}, dequeue: {}, drain: {} },
  'unordered-queue': { enqueue: {}, dequeue: {}, drain: {} },
  'priority-queue': { enqueue: { asked: sortable }, dequeue: {}, drain: {} },
  'max-priority-queue': { enqueue: { asked: sortable }, dequeue: {}, drain: {} },
  stack: { push: {}, pop: {}, drain: {} },
  set: { add: {}, read: { answered: list } },
  counter: { add: { asked: number }, read: { answered: number } },
  'unique-ids': { generate: {} },
  'append-only-log': { append: {}, read: { answered: list } },
  bank: { transfer: { asked: transfer }, read: { answered: balances }, open: { asked: balances } },
  log: { send: {}, poll: { answered: records }, assign: {}, subscribe: {} },
  broadcast: { broadcast: {}, read: { answered: list } },
  'leader-election': { leader: { answered: belief } },
  'long-fork': { txn: { asked: steps, answered: steps } },
  monotonic: { inc: { answered: number }, read: { answered: number } },
};

/** Undefined if the whole history is of that workload, or the workload is not known here. O(n). */
export const misfitIn = (history: History, workload: string): Misfit | undefined => {
  const known = Object.hasOwn(operations, workload) ? operations[workload]! : undefined;
  if (known === undefined) return undefined;
  const isFine = fineIn(history, known);
  for (let index = 0; index < history.length; index++) {
    if (isFine(index)) continue;
    const { process, type, f, value } = history[index]!;
    if (process === 'nemesis' || type === 'fail' || type === 'info') continue;
    if (!Object.hasOwn(known, f)) {
      const names = Object.keys(known);
      const expected = `an operation of workload ${workload}: ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
      return { index, member: 'f', expected, found: show(f) };
    }
    const shape = type === 'invoke' ? known[f]!.asked : value === null ? undefined : known[f]!.answered;
    if (shape !== undefined && !shape.fits(value)) {
      return { index, member: 'value', expected: `${shape.expected} as the value of ${f}`, found: show(value) };
    }
  }
  return undefined;
};

/** Tells from a history's columns, where it has some, that an event is of the workload: millions are looked through without making them. */
const fineIn = (history: History, known: Readonly<Record<string, Operation>>): ((index: number) => boolean) => {
  const columns = columnsOf(history);
  if (columns === undefined) return () => false;
  const shapes = [new Map<number, Shape | undefined>(), new Map<number, Shape | undefined>()] as const;
  for (const [f, { asked, answered }] of Object.entries(known)) {
    shapes[0].set(columns.table.string(f), asked);
    shapes[1].set(columns.table.string(f), answered);
  }
  return index => {
    const type = columns.type[index]!;
    if (type !== invokeType && type !== okType) return true;
    const of = shapes[type === invokeType ? 0 : 1];
    const shape = of.get(columns.f[index]!);
    return shape === undefined ? of.has(columns.f[index]!) : shape.fits(columns.valueOf(index));
  };
};

/** The first workload that has all these operations, tried in the order above. */
export const workloadWith = (names: ReadonlySet<string>): string | undefined =>
  Object.keys(operations).find(workload => [...names].every(name => Object.hasOwn(operations[workload]!, name)));
