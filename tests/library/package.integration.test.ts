/**
 * The package as its users have it: packed, unpacked in an empty project that has nothing but vitest and TypeScript, type-checked, required, bundled,
 * and used in a test that passes and one that fails. That no other package is there shows that the checkers need none.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../harness/std/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'ordeal-consumer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const inFolder = (file: string, ...args: readonly string[]) => execa(file, args, { cwd: folder, reject: false, all: true });
const tool = (path: string): string => join(projectRoot, 'node_modules', path);

beforeAll(async () => {
  const { stdout } = await execa('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: projectRoot });
  mkdirSync(join(folder, 'node_modules/ordeal'), { recursive: true });
  await execa('tar', ['xzf', join(folder, stdout.trim()), '-C', join(folder, 'node_modules/ordeal'), '--strip-components=1']);
  mkdirSync(join(folder, 'node_modules/@types'));
  for (const name of ['vitest', '@types/node', 'undici-types']) symlinkSync(tool(name), join(folder, 'node_modules', name));
  put('package.json', JSON.stringify({ name: 'consumer', type: 'module', private: true }));
  for (const name of ['register.test.ts', 'own-object.test.ts', 'judge-a-file.ts'])
    cpSync(join(projectRoot, 'tests/examples/library', name), join(folder, 'src', name));
  put('src/stale.test.ts', staleTest);
});

const staleTest = `import { lanes } from 'ordeal/checkers';
import { expect, test } from 'vitest';
import 'ordeal/vitest';

const stale = lanes\`
  p0  |write 1| |write 2| |read 2|
  p1                                |read 1|
\`;
test('fails', () => expect(stale).toBeLinearizable());
test('fails not', () => expect(stale.slice(0, 6)).not.toBeLinearizable());
test('never decided', () => expect(stale).toBeLinearizable(undefined, { timeLimitMs: 0 }));
test('not decided either', () => expect(stale).not.toBeLinearizable(undefined, { timeLimitMs: 0 }));
test('holds', () => expect(stale).toBeSequential());
`;

test.each([
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }],
])('strict TypeScript takes it, and refuses what is wrong: %s', async (name, options) => {
  put(
    'src/wrong.ts',
    "import { checkCausal, fifoQueue } from 'ordeal/checkers';\n// @ts-expect-error: a queue is not read and written.\ncheckCausal([], fifoQueue);\n",
  );
  const compilerOptions = { target: 'es2023', strict: true, noEmit: true, types: ['node'], ...options };
  put(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, include: ['src'] }));
  const { all, exitCode } = await inFolder(process.execPath, tool('typescript/bin/tsc'), '-p', `tsconfig.${name}.json`);
  expect(all).toBe('');
  expect(exitCode).toBe(0);
});

test('CommonJS requires it, and nothing is printed', async () => {
  put(
    'use.cjs',
    "const { checkLinearizable, lanes, register } = require('ordeal/checkers');\nconsole.log(checkLinearizable(lanes`p0 |write 1| |read 2|`, register).valid);\n",
  );
  expect((await inFolder(process.execPath, 'use.cjs')).all).toBe('false');
});

test('vitest: what holds passes, and what fails says why, in lanes', async () => {
  const { stdout } = await execa(process.execPath, [tool('vitest/vitest.mjs'), 'run', '--reporter=json'], { cwd: folder, reject: false });
  interface Report {
    readonly testResults: readonly { readonly assertionResults: readonly { title: string; status: string; failureMessages: string[] }[] }[];
  }
  const results = (JSON.parse(stdout) as Report).testResults.flatMap(({ assertionResults }) => assertionResults);
  const messageOf = (title: string): string => results.find(result => result.title === title)!.failureMessages.join('\n');
  expect(
    results
      .filter(({ status }) => status === 'passed')
      .map(({ title }) => title)
      .sort(),
  ).toEqual([
    'a high score that goes down again',
    'a history that is drawn: time goes to the right, bars are calls and returns',
    'holds',
    'the register is linearizable',
  ]);
  const drawn = [
    'stale-read',
    '',
    '  p0  |write 1| |write 2|',
    '  p1                      |read 1|',
    '',
    'Process 1 was answered read = 1',
  ];
  expect(messageOf('fails')).toContain(`expected a history of 4 operations to be linearizable\n\n${drawn.join('\n')}`);
  expect(messageOf('fails')).toMatch(/had returned at .* and nothing wrote 1 again after it/);
  expect(messageOf('fails not')).toContain('expected a history of 3 operations not to be linearizable, and it is');
  for (const title of ['never decided', 'not decided either']) expect(messageOf(title)).toContain('but that was not decided: ');
});

interface Chunk {
  readonly code: string;
  readonly moduleIds: readonly string[];
}

test('a bundle of one checker holds no other', async () => {
  const bytesOf = async (name: string, source: string): Promise<{ readonly bytes: number; readonly modules: readonly string[] }> => {
    put(`src/${name}.js`, source);
    const built = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        rolldownOptions: { output: { minify: true } },
        lib: { entry: join(folder, `src/${name}.js`), formats: ['es'] },
      },
    });
    const [{ output }] = built as unknown as readonly [{ readonly output: readonly Chunk[] }];
    const modules = output.flatMap(({ moduleIds }) => moduleIds).map(id => id.replace(/^.*node_modules\/ordeal\/dist\//, ''));
    const code = output.map(chunk => chunk.code).join('');
    return { bytes: Buffer.byteLength(code), modules };
  };
  const nothing = await bytesOf('nothing', "import 'ordeal/checkers';\nconsole.log(1);\n");
  expect(nothing.modules.filter(id => !id.endsWith('nothing.js'))).toEqual([]);
  const one = await bytesOf(
    'one',
    "import { checkLinearizable, register } from 'ordeal/checkers';\nconsole.log(checkLinearizable([], register));\n",
  );
  expect(one.modules).toContain('checkers/linearizable/search.js');
  expect(
    one.modules.filter(id =>
      /sequential|causal|pram|processor|sessions|staleness|eventual|properties|list-append|edn|store|recorder/.test(id),
    ),
  ).toEqual([]);
  const all = await bytesOf('all', "import * as all from 'ordeal/checkers';\nconsole.log(all);\n");
  // 33 kB and 155 kB when this was written.
  expect(one.bytes).toBeLessThan(all.bytes / 2);
});

test('what the bundler is told of side effects is so', () => {
  const { sideEffects } = JSON.parse(readFileSync(join(folder, 'node_modules/ordeal/package.json'), 'utf8'));
  expect(sideEffects).toContain('./dist/checkers/vitest/index.js');
});
