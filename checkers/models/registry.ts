/** Models by the workload whose histories they describe. */
import type { Model } from '../linearizable/model.ts';
import { counter, fifoQueue, set } from './collections.ts';
import { kv } from './kv.ts';
import { multiRegister } from './multi-register.ts';
import { mutex } from './mutex.ts';
import { register } from './register.ts';

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
  queue: of(fifoQueue),
  set: of(set),
  counter: of(counter),
};
