// Builds dist/: the TypeScript sources, then the report page as one self-contained HTML template, then the templates of `ordeal init`.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = name => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

const steps = [[bin('tsc'), '-p', 'tsconfig.json']];
if (existsSync(`${root}/reports/html/page/vite.config.ts`)) steps.push([bin('vite'), 'build', '--logLevel', 'warn', 'reports/html/page']);

for (const [command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// What `ordeal init` hands out, as it is.
for (const name of ['demo', 'own'])
  cpSync(`${root}/harness/cli/init/${name}`, `${root}/dist/harness/cli/init/${name}`, { recursive: true });
