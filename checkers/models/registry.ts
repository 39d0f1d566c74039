/** Models by the workload whose histories they describe. */
import type { Model } from '../linearizable/model.ts';
import { appendOnlyLog } from './append-only-log.ts';
import { counter, fifoQueue, set } from './collections.ts';
import { kv } from './kv.ts';
import { multiRegister } from './multi-register.ts';
import { mutex } from './mutex.ts';
import { fencedLock, reentrantLock } from './owned-locks.ts';
import { priorityQueue } from './priority-queue.ts';
import { register } from './register.ts';
import { stack } from './stack.ts';
import { uniqueIds } from './unique-ids.ts';
import { unorderedQueue } from './unordered-queue.ts';

/** A model of some state type, given to whoever can take any: keeps `step` and `init` of one type without naming it. */
export type AnyModel = <Result>(use: <State>(model: Model<State>) => Result) => Result;

const of =
  <State>(model: Model<State>): AnyModel =>
  use =>
    use(model);

export const models: Readonly<Record<string, AnyModel>> = {
  register: of(register),
  'multi-register': of(multiRegister()),
  kv: of(kv),
  lock: of(mutex),
  'reentrant-lock': of(reentrantLock),
  'fenced-lock': of(fencedLock),
  queue: of(fifoQueue),
  'unordered-queue': of(unorderedQueue),
  'priority-queue': of(priorityQueue()),
  'max-priority-queue': of(priorityQueue('largest')),
  stack: of(stack),
  set: of(set),
  counter: of(counter),
  'unique-ids': of(uniqueIds),
  'append-only-log': of(appendOnlyLog),
};

/** Other names of those workloads. */
export const aliases: Readonly<Record<string, string>> = {
  'cas-register': 'register',
  mutex: 'lock',
  'fifo-queue': 'queue',
  'min-priority-queue': 'priority-queue',
  'key-value-store': 'kv',
};
