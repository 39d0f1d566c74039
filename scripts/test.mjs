// `npm test`: builds, then runs every test. Arguments go to vitest: `npm test -- --project unit`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('scripts/build.mjs');
run('node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=./tests/summary-reporter.ts', ...process.argv.slice(2));
