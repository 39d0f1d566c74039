/** Identifiers: `generate` -> one that was never given before. What nobody was told (null, an unknown outcome) is never given twice. */
import type { Model } from '../linearizable/model.ts';
import { explainIds } from '../linearizable/monitors/explain-ids.ts';
import { monitorUniqueIds } from '../linearizable/monitors/unique-ids.ts';
import { canonical, showAnswer } from './values.ts';

/** `generate` -> an identifier that nobody was given before. */
export const uniqueIds: Model<readonly string[]> = {
  name: 'unique-ids',
  workload: 'unique-ids',
  init: [],
  step: (given, { f, output }) => {
    if (f !== 'generate' || output === undefined || output === null) return given;
    const id = canonical(output);
    return given.includes(id) ? undefined : [...given, id].sort();
  },
  describe: ({ f, output }) => `${f} -> ${showAnswer(output)}`,
  readOnly: ({ f, output }) => f !== 'generate' || output === undefined || output === null,
  observes: () => false,
  monitor: monitorUniqueIds,
  explain: explainIds,
};
