import { defineConfig } from 'vitest/config';

/** `unit` touches no process, port or clock and runs on every supported Node; the others use real parts. */
const real = ['**/*.integration.test.ts', 'tests/{conformance,bugs,e2e,examples}/**/*.test.ts'];
const outside = ['**/node_modules/**', 'dist/**', 'runs/**'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...outside, ...real], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts', 'tests/{conformance,examples}/**/*.test.ts'],
          exclude: outside,
          // Images are built where they are first needed: on a new machine that takes minutes.
          testTimeout: 240_000,
          hookTimeout: 400_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/{bugs,e2e}/**/*.test.ts'],
          exclude: outside,
          testTimeout: 120_000,
          hookTimeout: 400_000,
          fileParallelism: false,
          // Clusters leave a core half idle: two at a time halve the wait.
          maxConcurrency: 2,
        },
      },
    ],
  },
});
