import { expect, test } from 'vitest';
import { resultsSchema } from './contract.ts';
import { resultsJsonSchema } from './json-schema.ts';
import { syntheticRun } from './testing/synthetic.ts';

test('the schema names every field of the results, and is plain data', () => {
  const { results } = syntheticRun({ operations: 100, verdict: false });
  const schema = resultsJsonSchema() as { properties: object; required: string[]; $schema: string };
  expect(schema.$schema).toContain('2020-12');
  expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(results).sort());
  expect(schema.required).toContain('valid');
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test('synthetic results are results', () => {
  for (const verdict of [true, false, 'unknown'] as const) resultsSchema.parse(syntheticRun({ operations: 100, verdict }).results);
  expect(() => resultsSchema.parse({ ...syntheticRun({ operations: 100, verdict: true }).results, valid: 'maybe' })).toThrow();
});
