import { defineConfig } from 'vitest/config';

/** `unit` touches no process, port or clock and runs on every supported Node; the others use real parts. */
const real = ['**/*.integration.test.ts', 'tests/{conformance,bugs,e2e,examples}/**/*.test.ts'];
/** They measure what containers do, several at a time would measure each other: one file after the other. */
const containers = [
  'tests/conformance/docker/**/*.test.ts',
  'tests/conformance/systems/docker.test.ts',
  'tests/conformance/cluster/{providers,measures}.test.ts',
  'harness/cluster/docker/**/*.integration.test.ts',
];
const outside = ['**/node_modules/**', 'dist/**', 'runs/**'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...outside, ...real], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts', 'tests/{conformance,examples}/**/*.test.ts'],
          exclude: [...outside, ...containers],
          // Images are built where they are first needed: on a new machine that takes minutes.
          testTimeout: 240_000,
          hookTimeout: 400_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/{bugs,e2e}/**/*.test.ts', ...containers],
          exclude: outside,
          testTimeout: 240_000,
          hookTimeout: 400_000,
          fileParallelism: false,
          // Clusters leave a core half idle: two at a time halve the wait.
          maxConcurrency: 2,
        },
      },
    ],
  },
});
