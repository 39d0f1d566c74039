/** A stack: `push` v, `pop` -> the value pushed last, or null from an empty stack. A pop of unknown outcome may have taken one. */
import type { Json } from '../../harness/std/json.ts';
import type { Model } from '../linearizable/model.ts';
import { touchedBy } from '../linearizable/monitors/elements.ts';
import { explainCollection, lifoWrong } from '../linearizable/monitors/explain-collection.ts';
import { monitorStack, stackVerbs } from '../linearizable/monitors/stack.ts';
import { sameValue, show, showAnswer } from './values.ts';

/** States hold the top last. */
export const stack: Model<readonly Json[]> = {
  name: 'stack',
  workload: 'stack',
  init: [],
  step: (items, { f, input, output }) => {
    if (f === 'push') return [...items, input];
    if (f !== 'pop') return items;
    if (items.length === 0) return output === undefined || output === null ? items : undefined;
    return output === undefined || sameValue(items.at(-1)!, output) ? items.slice(0, -1) : undefined;
  },
  describe: ({ f, input, output }) => (f === 'pop' ? `pop -> ${showAnswer(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f, output }) => (f === 'pop' ? output === null : f !== 'push'),
  always: ({ f }) => f === 'push',
  touches: touchedBy(stackVerbs),
  drainedBy: stackVerbs.remove,
  monitor: monitorStack,
  explain: explainCollection({ name: 'stack', verbs: stackVerbs, added: 'pushed', removed: 'popped', wrong: lifoWrong }),
};
