/** Lists under many keys that transactions append to and read: `txn` of `["append", key, value]` and `["r", key, null | list]`. */
import type { Json } from '../../harness/std/json.ts';
import type { Call, Model } from '../linearizable/model.ts';
import { canonical, sameValue, show } from './values.ts';

/** One step of a transaction; `list` is what a read answered, null standing for the empty list. */
export type Step =
  | { readonly verb: 'append'; readonly key: string; readonly value: Json }
  | { readonly verb: 'read'; readonly key: string; readonly list: readonly Json[] };

/** The steps in order. Reads whose answer nobody knows are left out. */
export const stepsOf = ({ f, input, output }: Call): readonly Step[] =>
  f !== 'txn'
    ? []
    : ((output ?? input) as readonly (readonly [string, string | number, Json?])[]).flatMap(([verb, name, value = null]): Step[] => {
        const key = String(name);
        if (verb === 'append') return [{ verb, key, value }];
        return output === undefined ? [] : [{ verb: 'read', key, list: (value ?? []) as readonly Json[] }];
      });

type Lists = { readonly [key: string]: readonly Json[] };

export const listAppend: Model<Lists> = {
  name: 'list-append',
  workload: 'list-append',
  init: {},
  step: (lists, call) => {
    let now = lists;
    for (const step of stepsOf(call)) {
      const held = now[step.key] ?? [];
      if (step.verb === 'append') now = { ...now, [step.key]: [...held, step.value] };
      else if (!sameValue(held, step.list)) return undefined;
    }
    return now;
  },
  hash: canonical,
  describe: call => `${call.f} ${show(call.output ?? call.input)}`,
  readOnly: call => stepsOf(call).every(({ verb }) => verb === 'read'),
  always: call => stepsOf(call).every(({ verb }) => verb === 'append'),
  observes: (reader, writer) =>
    stepsOf(reader).some(
      seen =>
        seen.verb === 'read' &&
        stepsOf(writer).some(
          step => step.verb === 'append' && step.key === seen.key && seen.list.some(element => sameValue(element, step.value)),
        ),
    ),
};
