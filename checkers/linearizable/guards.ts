/**
 * Operations of a register-like object as three columns of value numbers: what each expects, must not find, and sets.
 * Values that nobody ever observes are one value: nothing can tell them apart (ALGORITHMS: "indistinguishable values").
 */
import type { Json } from '../../harness/std/json.ts';
import { valueKey } from '../models/values.ts';
import type { Assignment, Call } from './model.ts';
import { callOf, type Subject } from './subject.ts';

/** No guard, or nothing set. */
export const none = -1;
export const initialValue = 0;
export const unobservedValue = 1;

export interface Guards {
  readonly expect: Int32Array;
  readonly forbid: Int32Array;
  readonly set: Int32Array;
  /** When each was called and returned, as in its subject. */
  readonly called: Int32Array;
  readonly returned: Int32Array;
  /** The values by number. */
  readonly values: readonly (Json | undefined)[];
  /** Whether any operation forbids a value. */
  readonly forbids: boolean;
}

/** O(n) time and memory. */
export const guardsOf = (assignment: (call: Call) => Assignment, init: Json, subjects: readonly Subject[]): Guards => {
  const numbers = new Map<string | number | boolean | null, number>([[valueKey(init), initialValue]]);
  const values: (Json | undefined)[] = [init, undefined];
  const observe = (value: Json | undefined): number => {
    if (value === undefined) return none;
    const key = valueKey(value);
    let number = numbers.get(key);
    if (number === undefined) {
      number = values.length;
      numbers.set(key, number);
      values.push(value);
    }
    return number;
  };
  const size = subjects.length;
  const [expect, forbid, set] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const [called, returned] = [new Int32Array(size), new Int32Array(size)];
  const given: (Json | undefined)[] = new Array(size);
  let forbids = false;
  for (let i = 0; i < size; i++) {
    const subject = subjects[i]!;
    const part = assignment(callOf(subject));
    called[i] = subject.called;
    returned[i] = subject.returned;
    expect[i] = observe(part.expect);
    forbid[i] = observe(part.forbid);
    forbids ||= part.forbid !== undefined;
    given[i] = part.set;
  }
  for (let i = 0; i < size; i++) {
    const value = given[i];
    const number = value === undefined ? none : (numbers.get(valueKey(value)) ?? unobservedValue);
    set[i] = number === expect[i] ? none : number; // a cas from a value to itself is a read of it
  }
  return { expect, forbid, set, called, returned, values, forbids };
};
