// `npm run bench -- NAME [--json]`: runs dist/bench/NAME.js; without a name, lists the benchmarks.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../dist/bench/', import.meta.url));
const names = readdirSync(folder)
  .filter(file => file.endsWith('.js'))
  .map(file => file.slice(0, -3));
const [name, ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [--json]\nbenchmarks: ${names.join(', ')}`);
  process.exit(64);
}
process.exit(spawnSync(process.execPath, ['--expose-gc', `${folder}${name}.js`, ...args], { stdio: 'inherit' }).status ?? 1);
