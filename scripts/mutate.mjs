// `npm run mutate`: breaks the checkers on purpose, in one place at a time, and says whether their tests notice.
//
//   npm run mutate                                     three breaks of every file, the same ones every time
//   npm run mutate -- --files 'checkers/sessions/*' --all
//   npm run mutate -- --per-file 20 --json
//   npm run mutate -- --report                         only prints what is known
//
// Results are kept in runs/mutation/results.jsonl, a line per break. What was caught is tried again only when its file has changed, what survived also
// when its tests have (--fresh: always). Exit code 1 if a break survives that scripts/mutate/equivalent.mjs does not list.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { equivalents } from './mutate/equivalent.mjs';
import { mutantsOf, nameOf, sampleOf } from './mutate/mutants.mjs';
import { isLeftOut, nearestTests } from './mutate/nearest-tests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    files: { type: 'string', default: 'checkers/**' },
    'per-file': { type: 'string', default: '3' },
    all: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
    /** Histories per model for tests against brute force. */
    fuzz: { type: 'string', default: '1000' },
    timeout: { type: 'string', default: '120' },
    fresh: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
});
const folder = join(root, 'runs/mutation');
const log = join(folder, 'results.jsonl');
mkdirSync(folder, { recursive: true });

const read = file => readFileSync(join(root, file), 'utf8');
const digest = text => createHash('sha256').update(text).digest('hex').slice(0, 16);
const pattern = new RegExp(
  `^${options.files
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '.*')}$`,
);
const sources = readdirSync(join(root, 'checkers'), { recursive: true, encoding: 'utf8' })
  .map(name => `checkers/${name}`)
  .filter(file => file.endsWith('.ts') && !isLeftOut(file) && pattern.test(file) && nearestTests(file) !== undefined)
  .sort();

/** The files behind names of tests and of folders of them. Those that are not there yet are left out. */
const testFiles = names =>
  names.flatMap(name => {
    if (!name.endsWith('/')) return existsSync(join(root, name)) ? [name] : [];
    const inside = existsSync(join(root, name)) ? readdirSync(join(root, name)) : [];
    return inside.filter(file => file.endsWith('.test.ts') && !file.endsWith('.integration.test.ts')).map(file => name + file);
  });

/** Small files first: they tell soonest. */
const inOrder = tests => [...tests].sort((a, b) => Number(a.includes('brute-force')) - Number(b.includes('brute-force')));

const known = new Map();
if (existsSync(log) && !options.fresh)
  for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
    const result = JSON.parse(line);
    known.set(result.name, result);
  }

const runTests = (tests, mutant, timeoutMs) =>
  new Promise(resolve => {
    const seen = join(tmpdir(), `ordeal-mutant-${process.pid}-${Math.random().toString(36).slice(2)}`);
    const env = {
      ...process.env,
      NO_COLOR: '1',
      ORDEAL_FUZZ: options.fuzz,
      ORDEAL_MUTANT: JSON.stringify(mutant),
      ORDEAL_MUTANT_SEEN: seen,
    };
    const args = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'scripts/mutate/vitest.config.mjs',
      '--bail',
      '1',
      '--reporter',
      'dot',
      ...tests,
    ];
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    const keep = chunk => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let outcome;
    const timer = setTimeout(() => {
      outcome = 'caught: no end';
      process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.on('close', code => {
      clearTimeout(timer);
      const reached = existsSync(seen);
      rmSync(seen, { force: true });
      outcome ??= code !== 0 ? 'caught' : mutant !== null && !reached ? 'not loaded' : 'survived';
      const failed = /FAIL\s+(?:\S+\s+)?(.+)/.exec(output)?.[1];
      resolve({ outcome, seconds: (performance.now() - began) / 1000, ...(failed !== undefined && { by: failed }), output });
    });
  });

const lineOf = mutant => read(mutant.file).split('\n')[mutant.line - 1].trim();
const changeOf = ({ from, to }) => `${from.replaceAll(/\s+/g, ' ')} -> ${to.replaceAll(/\s+/g, ' ')}`;
/** The line and as many before it, where one alone could be another. */
const linesUpTo = ({ file, line }, count) =>
  read(file)
    .split('\n')
    .slice(line - count, line)
    .map(text => text.trim())
    .join('\n');
const reasonOf = mutant =>
  equivalents.find(
    ([file, lines, change]) => file === mutant.file && change === changeOf(mutant) && lines === linesUpTo(mutant, lines.split('\n').length),
  )?.[3];

/** What each file is tested by has to pass unbroken, or nothing that fails says anything. */
const baselines = new Map();
const baseline = async tests => {
  const name = tests.join(' ');
  if (!baselines.has(name)) {
    const { outcome, seconds, output } = await runTests(tests, null, 600_000);
    if (outcome !== 'survived') throw new Error(`unbroken, these fail: ${name}\n${output}`);
    baselines.set(name, seconds);
  }
  return baselines.get(name);
};

const judge = async mutant => {
  const tests = inOrder(testFiles(nearestTests(mutant.file)));
  const name = nameOf(mutant);
  const source = digest(read(mutant.file));
  const testing = digest(tests.map(read).join(''));
  const before = known.get(name);
  const same = before !== undefined && before.source === source && (before.outcome.startsWith('caught') || before.testing === testing);
  if (same || options.report) return same ? before : undefined;
  const allowance = Math.max(Number(options.timeout), 5 * (await baseline(tests)));
  const { outcome, seconds, by } = await runTests(tests, mutant, allowance * 1000);
  const { file, line, column, kind } = mutant;
  const result = {
    name,
    file,
    line,
    column,
    kind,
    change: changeOf(mutant),
    outcome,
    ...(by !== undefined && { by }),
    seconds,
    source,
    testing,
  };
  appendFileSync(log, `${JSON.stringify(result)}\n`);
  return result;
};

const mutants = sources.flatMap(file => {
  const all = mutantsOf(file, read(file));
  return options.all ? all : sampleOf(all, Number(options['per-file']));
});
const results = [];
const waiting = [...mutants];
const worker = async () => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const result = await judge(mutant);
    if (result === undefined) continue;
    const reason = result.outcome === 'survived' ? reasonOf(mutant) : undefined;
    results.push({ ...result, ...(reason !== undefined && { outcome: 'equivalent', reason }) });
    if (!options.json) process.stderr.write(`\r${results.length}/${mutants.length} `);
    if (result.outcome === 'survived' && reason === undefined)
      process.stderr.write(
        `\r${result.file}:${result.line}:${result.column}: survived: ${result.kind}: ${result.change}\n  ${lineOf(mutant)}\n`,
      );
  }
};
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));

const partOf = file => file.split('/').slice(1, -1).join('/') || file.split('/').at(-1);
const parts = [...new Set(results.map(({ file }) => partOf(file)))];
const count = (part, outcome) =>
  results.filter(one => (part === undefined || partOf(one.file) === part) && one.outcome.startsWith(outcome)).length;
const row = part => ({
  part: part ?? 'all',
  breaks: count(part, ''),
  caught: count(part, 'caught'),
  equivalent: count(part, 'equivalent'),
  survived: count(part, 'survived') + count(part, 'not loaded'),
});
const summary = [...parts.map(row), row()];
const survivors = results.filter(({ outcome }) => outcome === 'survived' || outcome === 'not loaded');
if (options.json)
  console.log(JSON.stringify({ summary, survivors, results: results.map(({ source, testing, name, ...rest }) => rest) }, null, 2));
else {
  console.log('| checker | breaks | caught | equivalent | survived |\n|---|---|---|---|---|');
  for (const { part, breaks, caught, equivalent, survived } of summary)
    console.log(`| \`${part}\` | ${breaks} | ${caught} | ${equivalent} | ${survived} |`);
  for (const { file, line, column, kind, change, outcome } of survivors)
    console.log(`${file}:${line}:${column}: ${outcome}: ${kind}: ${change}`);
}
process.exitCode = survivors.length > 0 ? 1 : 0;
