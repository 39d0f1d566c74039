import { z } from 'zod';
import { resultsSchema } from './contract.ts';

/** The published JSON Schema of `results.json` (draft 2020-12), as plain data. */
export const resultsJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(resultsSchema, { io: 'output' }),
  title: 'Ordeal results',
  description: 'What one run of Ordeal found: results.json in the run folder, and what `ordeal run --json` prints.',
});
