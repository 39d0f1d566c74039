// Runs tests with one break in one source file: `ORDEAL_MUTANT` says which. The file on disk stays as it is.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mutant = JSON.parse(process.env.ORDEAL_MUTANT ?? 'null');

const broken = {
  name: 'one break',
  enforce: 'pre',
  transform(code, id) {
    if (mutant === null || id.split('?')[0] !== join(root, mutant.file)) return;
    if (code.slice(mutant.start, mutant.end) !== mutant.from) throw new Error(`${mutant.file} has changed since`);
    writeFileSync(process.env.ORDEAL_MUTANT_SEEN, '');
    return { code: code.slice(0, mutant.start) + mutant.to + code.slice(mutant.end), map: null };
  },
};

export default defineConfig({
  root,
  plugins: [broken],
  test: {
    include: ['checkers/**/*.test.ts'],
    exclude: ['**/*.integration.test.ts'],
    testTimeout: 120_000,
    pool: 'threads',
    fileParallelism: false,
  },
});
