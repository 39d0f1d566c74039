/**
 * An append-only log: `append` v -> its offset, counted from 0, as `[offset, v]` or alone; `read` -> all values in order (null: none).
 * A number that is the value itself says nothing: many clients answer a request with what was asked.
 */
import type { Json } from '../../harness/std/json.ts';
import type { Call, Model } from '../linearizable/model.ts';
import { monitorLog } from '../linearizable/monitors/append-only-log.ts';
import { explainLog } from '../linearizable/monitors/explain-log.ts';
import { sameValue, show, showAnswer } from './values.ts';

/** The offset that an append was answered with; undefined where it says none. */
export const offsetOf = ({ input, output }: Call): number | undefined => {
  if (typeof output === 'number') return output === input ? undefined : output;
  if (!Array.isArray(output) || output.length !== 2 || typeof output[0] !== 'number') return undefined;
  return sameValue(output[1] as Json, input) ? output[0] : undefined;
};

/** A log at whose end `append` v puts a value; `read` -> all of it. */
export const appendOnlyLog: Model<readonly Json[]> = {
  name: 'append-only-log',
  workload: 'append-only-log',
  init: [],
  step: (values, call) => {
    if (call.f === 'append') {
      const offset = offsetOf(call);
      return offset === undefined || offset === values.length ? [...values, call.input] : undefined;
    }
    return call.f !== 'read' || call.output === undefined || sameValue(values, call.output ?? []) ? values : undefined;
  },
  describe: call =>
    call.f === 'append' ? `append ${show(call.input)} -> ${showAnswer(call.output)}` : `${call.f} -> ${showAnswer(call.output)}`,
  readOnly: ({ f }) => f !== 'append',
  always: call => call.f === 'append' && offsetOf(call) === undefined,
  monitor: monitorLog,
  explain: explainLog,
};
