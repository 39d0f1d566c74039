/** Identifiers: every process asks for new ones, and none may be given twice. */
import { stream } from '../harness/generator/basic.ts';
import type { Workload } from '../harness/protocol/workload.ts';

export const uniqueIds: Workload = {
  name: 'unique-ids',
  summary: 'generate identifiers: none is given twice',
  options: {},
  models: ['unique-ids'],
  readOnly: [],
  generator: () => stream(() => ({ f: 'generate', value: null })),
};
