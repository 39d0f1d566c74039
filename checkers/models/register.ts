/**
 * A register with compare-and-set: `read` -> value, `write` v, `cas` [old, new]. Null: never written.
 * An `ok` cas that carries `applied: false` says that it found another value; `fail` says nothing at all.
 */
import type { Json } from '../../harness/std/json.ts';
import type { Assignment, Call, ReadWriteModel } from '../linearizable/model.ts';
import { sameValue, show } from './values.ts';

const pair = (value: Json): readonly [Json, Json] => (Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : [null, null]);

/** Read, write and cas as guarded assignments. An operation of another name, or a read without an answer, asserts nothing. */
const assignment = ({ f, input, output, applied }: Call): Assignment => {
  if (f === 'read') return output === undefined ? {} : { expect: output };
  if (f === 'write') return { set: input };
  if (f !== 'cas') return {};
  const [from, to] = pair(input);
  return applied === false ? { forbid: from } : { expect: from, set: to };
};

const describe = ({ f, input, output, applied }: Call): string => {
  if (f === 'read') return `read -> ${output === undefined ? '?' : show(output)}`;
  if (f !== 'cas') return `${f} ${show(input)}`;
  const [from, to] = pair(input);
  return `cas ${show(from)} -> ${show(to)}${applied === false ? ' (not applied)' : ''}`;
};

/** The value after a guarded assignment, or undefined where its guard does not hold. */
export const assign = (value: Json, { expect, forbid, set }: Assignment): Json | undefined => {
  if (expect !== undefined && !sameValue(value, expect)) return undefined;
  if (forbid !== undefined && sameValue(value, forbid)) return undefined;
  return set === undefined ? value : set;
};

/** `read` -> value, `write` v, `cas` [old, new]; null: never written. */
export const register: ReadWriteModel<Json> = {
  name: 'register',
  workload: 'register',
  init: null,
  step: (value, call) => assign(value, assignment(call)),
  describe,
  readOnly: call => assignment(call).set === undefined,
  overwrites: call => call.f === 'write',
  observes: (reader, writer) => {
    const { expect } = assignment(reader);
    const { set } = assignment(writer);
    return expect !== undefined && set !== undefined && sameValue(expect, set);
  },
  assignment,
};
