/** A data type of one's own, as checkers/linearizable/README.md shows it, works end to end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lanes } from '../../checkers/testing/lanes.ts';
import { loadConfig } from '../../harness/cli/config.ts';
import { registriesWith } from '../../harness/cli/registries.ts';
import { checkerFor } from '../../harness/cli/settings.ts';
import { projectRoot } from '../../harness/std/paths.ts';

const folder = join(projectRoot, 'tests/examples/own-model');

test('the README shows the example', () => {
  const readme = readFileSync(join(projectRoot, 'checkers/linearizable/README.md'), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(folder, 'ordeal.config.ts'), 'utf8')}\`\`\``);
});

test.each(['linearizable', 'sequential'])('%s judges by it: accepts and rejects', async model => {
  const checker = checkerFor(registriesWith(await loadConfig('ordeal.config.ts', folder)), 'light', model);
  const options = { workload: 'light', timeLimitMs: 10_000, memoryLimitBytes: 2 ** 28 };
  const seen = lanes`
    p0  |toggle| |read true| |toggle| |read false|
  `;
  const unseen = lanes`
    p0  |toggle| |read false|
  `;
  expect(checker.check(seen, options)).toMatchObject({ valid: true, workload: 'light' });
  const { valid, anomalies } = checker.check(unseen, options);
  expect({ valid, operations: anomalies.map(({ operations }) => operations) }).toEqual({ valid: false, operations: [[1, 3]] });
});
