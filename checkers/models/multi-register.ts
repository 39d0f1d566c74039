/**
 * Several registers that are read and written together: `read` and `write` of `{name: value}`, or `txn` of micro-operations
 * `["r", name, value]` and `["w", name, value]` (Knossos calls them `read` and `write`), which see the writes before them.
 */
import type { Json } from '../../harness/std/json.ts';
import type { Call, ReadWriteModel } from '../linearizable/model.ts';
import { canonical, sameValue, show } from './values.ts';

interface Access {
  readonly kind: 'read' | 'write';
  readonly name: string;
  readonly value: Json;
}

type Registers = { readonly [name: string]: Json };

/** What the operation reads and writes, in order. Reads whose answer nobody knows are left out. */
export const accessesOf = ({ f, input, output }: Call): readonly Access[] => {
  if (f === 'txn') return microOperations(output ?? input, output !== undefined);
  if (f === 'write') return Object.entries(input as Registers).map(([name, value]) => ({ kind: 'write', name, value }));
  if (f !== 'read' || output === undefined || output === null) return [];
  return Object.entries(output as Registers).map(([name, value]) => ({ kind: 'read', name, value }));
};

const microOperations = (list: Json, answered: boolean): readonly Access[] =>
  (list as readonly (readonly [string, string | number, Json])[])
    .map(([verb, name, value]): Access => ({ kind: verb.startsWith('w') ? 'write' : 'read', name: String(name), value: value ?? null }))
    .filter(({ kind }) => kind === 'write' || answered);

/** All registers start at `initial`: null, never written, or 0 as in Knossos' histories. */
export const multiRegister = (initial: null | 0 = null): ReadWriteModel<Registers> => ({
  name: 'multi-register',
  workload: 'multi-register',
  init: {},
  step: (registers, call) => {
    let now = registers;
    for (const { kind, name, value } of accessesOf(call)) {
      const held = now[name] === undefined ? initial : now[name];
      if (kind === 'read' && !sameValue(held, value)) return undefined;
      if (kind === 'write' && !sameValue(held, value)) now = { ...now, [name]: value };
    }
    return now;
  },
  hash: canonical,
  describe: call => `${call.f} ${show(call.output ?? call.input)}`,
  readOnly: call => accessesOf(call).every(({ kind }) => kind === 'read'),
  always: call => accessesOf(call).every(({ kind }) => kind === 'write'),
  observes: (reader, writer) =>
    accessesOf(reader).some(
      seen =>
        seen.kind === 'read' &&
        accessesOf(writer).some(({ kind, name, value }) => kind === 'write' && name === seen.name && sameValue(value, seen.value)),
    ),
});
