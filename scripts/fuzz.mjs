// `npm run fuzz`: every checker, model and method against an independent definition on 200,000 small random histories each (ORDEAL_FUZZ), with
// violations among them. ORDEAL_FUZZ_SEED draws others. Arguments go to vitest: `npm run fuzz -- checkers/sessions -t monotonic`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const named = process.argv.slice(2);
const all = readdirSync(`${root}/checkers`, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts') && !name.endsWith('.integration.test.ts'))
  .map(name => `checkers/${name}`)
  .filter(name => readFileSync(`${root}/${name}`, 'utf8').includes('process.env.ORDEAL_FUZZ'))
  .sort();
const histories = process.env.ORDEAL_FUZZ ?? '200000';
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--no-file-parallelism', '--testTimeout', '36000000'];
const { status } = spawnSync(process.execPath, [...args, ...(named.some(name => name.startsWith('checkers/')) ? [] : all), ...named], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ORDEAL_FUZZ: histories },
});
process.exitCode = status ?? 1;
