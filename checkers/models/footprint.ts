/**
 * What operations leave behind and what they show, workload by workload, as (object, value) pairs. For those who look at a history from
 * outside, as the lint and the power report do; checkers have doors of their own.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { accessesOf } from './multi-register.ts';

export type Visit = (object: Key | undefined, value: Json) => void;

export interface Footprint {
  /** Names of operations that change nothing, whatever becomes of them. */
  readonly asking: readonly string[];
  /** Each value that the operation put there, if it took effect. */
  wrote(operation: Operation, visit: Visit): void;
  /** Each value that its answer shows as having been there. Nothing unless it is `ok`. */
  saw(operation: Operation, visit: Visit): void;
  /** The answer repeats what was asked: any other is a mistake of whoever recorded it. */
  readonly echoes?: readonly string[];
}

const answer = ({ completion, type }: Operation): Json | undefined => (type === 'ok' ? completion!.value : undefined);

const each = (object: Key | undefined, value: Json | undefined, visit: Visit): void => {
  if (Array.isArray(value)) for (const element of value as readonly Json[]) visit(object, element);
};

const pairOf = (value: Json): readonly [Json, Json] | undefined =>
  Array.isArray(value) && value.length === 2 ? [value[0] as Json, value[1] as Json] : undefined;

const register: Footprint = {
  asking: ['read'],
  echoes: ['write', 'cas'],
  wrote: ({ invoke: { f, key, value }, completion }, visit) => {
    if (f === 'write') visit(key, value);
    const pair = f === 'cas' && completion?.applied !== false ? pairOf(value) : undefined;
    if (pair !== undefined) visit(key, pair[1]);
  },
  saw: (operation, visit) => {
    const { f, key, value } = operation.invoke;
    const said = answer(operation);
    if (said === undefined) return;
    if (f === 'read') visit(key, said);
    const pair = f === 'cas' && operation.completion!.applied !== false ? pairOf(value) : undefined;
    if (pair !== undefined) visit(key, pair[0]);
  },
};

const registersOf = (operation: Operation, wanted: 'read' | 'write', visit: Visit): void => {
  const { f, value } = operation.invoke;
  for (const { kind, name, value: one } of accessesOf({ f, input: value, output: answer(operation) }))
    if (kind === wanted) visit(name, one);
};

const multiRegister: Footprint = {
  asking: ['read'],
  wrote: (operation, visit) => registersOf(operation, 'write', visit),
  saw: (operation, visit) => {
    if (operation.type === 'ok') registersOf(operation, 'read', visit);
  },
};

const listAppend: Footprint = {
  asking: [],
  wrote: ({ invoke: { value } }, visit) => {
    if (Array.isArray(value))
      for (const [verb, key, one] of value as readonly [string, Key, Json][]) if (verb === 'append') visit(String(key), one);
  },
  saw: (operation, visit) => {
    const said = answer(operation);
    if (!Array.isArray(said)) return;
    for (const [verb, key, list] of said as readonly [string, Key, Json][]) if (verb !== 'append') each(String(key), list, visit);
  },
};

const set = (adding: string): Footprint => ({
  asking: ['read'],
  echoes: [adding],
  wrote: ({ invoke: { f, key, value } }, visit) => {
    if (f === adding) visit(key, value);
  },
  saw: (operation, visit) => {
    if (operation.invoke.f === 'read') each(operation.invoke.key, answer(operation), visit);
  },
});

const taking = new Set(['dequeue', 'pop', 'poll', 'remove', 'take']);
const putting = new Set(['enqueue', 'push', 'put', 'insert', 'add', 'offer']);

/** Queues, stacks and whatever else gives out what was put in. */
const container: Footprint = {
  asking: ['peek'],
  echoes: [...putting],
  wrote: ({ invoke: { f, key, value } }, visit) => {
    if (putting.has(f)) visit(key, value);
  },
  saw: (operation, visit) => {
    const { f, key } = operation.invoke;
    const said = answer(operation);
    if (f === 'drain') each(key, said, visit);
    else if ((taking.has(f) || f === 'peek') && said !== undefined && said !== null) visit(key, said);
  },
};

const nothing = (): void => {};

const log: Footprint = {
  asking: ['assign', 'subscribe'],
  wrote: ({ invoke: { f, key, value } }, visit) => {
    if (f === 'send') visit(key, value);
  },
  saw: (operation, visit) => {
    const said = operation.invoke.f === 'poll' ? answer(operation) : undefined;
    if (said === null || said === undefined || typeof said !== 'object') return;
    for (const [name, records] of Object.entries(said as { readonly [name: string]: readonly (readonly [number, Json])[] }))
      for (const [, value] of records) visit(name, value);
  },
};

/** Strings that grow do not say which `put` or `append` they come from, unless they are what was put. */
const kv: Footprint = {
  asking: ['get'],
  echoes: ['put', 'append'],
  wrote: ({ invoke: { f, key, value } }, visit) => {
    if (f === 'put') visit(key, value);
  },
  saw: (operation, visit) => {
    const said = operation.invoke.f === 'get' ? answer(operation) : undefined;
    if (said !== undefined) visit(operation.invoke.key, said);
  },
};

const footprints: Readonly<Record<string, Footprint>> = {
  register,
  'multi-register': multiRegister,
  'rw-register': multiRegister,
  'long-fork': multiRegister,
  'list-append': listAppend,
  kv,
  set: set('add'),
  broadcast: set('broadcast'),
  queue: container,
  stack: container,
  log,
  counter: { asking: ['read'], wrote: nothing, saw: nothing },
  monotonic: { asking: ['read'], wrote: nothing, saw: nothing },
  bank: { asking: ['read'], wrote: nothing, saw: nothing },
  'leader-election': { asking: ['leader'], wrote: nothing, saw: nothing },
};

const unknownWorkload: Footprint = { asking: ['read', 'get', 'peek'], wrote: nothing, saw: nothing };

/** Of a workload that is not known here nothing is said but that `read`, `get` and `peek` only ask. */
export const footprintOf = (workload: string): Footprint => (Object.hasOwn(footprints, workload) ? footprints[workload]! : unknownWorkload);
