/** What a test says of a history: `toBeLinearizable` and its like. The message of a failure is the minimal counterexample, drawn as lanes. */
import type { History } from '../../harness/history/event.ts';
import type { Verdict } from '../../harness/protocol/checker.ts';
import { checkLinearizable, checkSequential } from '../library/objects.ts';
import type { Limits } from '../library/options.ts';
import type { Recorder } from '../library/recorder.ts';
import { drawAnomaly } from '../library/text.ts';
import { checkCausal } from '../library/weaker.ts';
import type { Model, ReadWriteModel } from '../linearizable/model.ts';
import { register } from '../models/register.ts';

/** What `expect(history)` can do. A recorder is as good as its history. */
export interface HistoryMatchers<Result = unknown> {
  /** Every operation takes effect at one moment between its call and its return. The object is a register unless a model says otherwise. */
  toBeLinearizable(model?: Model, limits?: Limits): Result;
  /** One order of all operations, which keeps each process's own, explains every answer. */
  toBeSequential(model?: Model, limits?: Limits): Result;
  /** Each read is explained by some order of what causally precedes it. */
  toBeCausal(model?: ReadWriteModel, limits?: Limits): Result;
  /** Any other checker: `expect(history).toSatisfyChecker(checkBank)`. */
  toSatisfyChecker(check: (history: History) => Verdict): Result;
}

/** A history, or what recorded it. */
type Received = History | Pick<Recorder, 'history'>;

interface Matched {
  readonly pass: boolean;
  message(): string;
}

interface Asking {
  readonly isNot?: boolean;
}

const historyOf = (received: Received): History => {
  const history = Array.isArray(received) ? (received as History) : (received as Partial<Recorder> | null | undefined)?.history;
  if (!Array.isArray(history)) throw new TypeError('expected a history (an array of events) or a recorder');
  return history;
};

/** What is not decided is neither: it fails both ways. */
const matched = ({ isNot = false }: Asking, received: Received, check: (history: History) => Verdict): Matched => {
  const history = historyOf(received);
  const verdict = check(history);
  const { valid, model, operations, anomalies } = verdict;
  if (valid === 'unknown')
    return {
      pass: isNot,
      message: () =>
        `expected a history of ${operations} operations ${isNot ? 'not ' : ''}to be ${model}, but that was not decided: ${verdict.unknown}`,
    };
  const expected = `expected a history of ${operations} operations ${isNot ? 'not ' : ''}to be ${model}`;
  return {
    pass: valid,
    message: () =>
      valid ? `${expected}, and it is` : `${expected}\n\n${anomalies.map(anomaly => drawAnomaly(history, anomaly)).join('\n\n')}`,
  };
};

/** For `expect.extend(matchers)`; `import 'ordeal/vitest'` does that. */
export const matchers = {
  toBeLinearizable(this: Asking, received: Received, model: Model = register, limits?: Limits): Matched {
    return matched(this, received, history => checkLinearizable(history, model, limits));
  },
  toBeSequential(this: Asking, received: Received, model: Model = register, limits?: Limits): Matched {
    return matched(this, received, history => checkSequential(history, model, limits));
  },
  toBeCausal(this: Asking, received: Received, model?: ReadWriteModel, limits?: Limits): Matched {
    return matched(this, received, history => checkCausal(history, model, limits));
  },
  toSatisfyChecker(this: Asking, received: Received, check: (history: History) => Verdict): Matched {
    return matched(this, received, check);
  },
};
