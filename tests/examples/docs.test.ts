/** What the documents say is so: code is that of the examples, commands run, reference pages are those of the registries. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../harness/cli/config.ts';
import { createProgram } from '../../harness/cli/program.ts';
import { referencePages } from '../../harness/cli/reference.ts';
import { registriesWith } from '../../harness/cli/registries.ts';
import { settle } from '../../harness/cli/settings.ts';
import { projectRoot } from '../../harness/std/paths.ts';
import { libraryReference } from '../../scripts/library-reference.mjs';
import { argumentsOf, knownBugs } from '../bugs/known-bugs.ts';

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');
const registries = registriesWith({});
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

test('TypeScript in the README is that of the examples', () => {
  const blocks = [...read('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1]);
  expect(blocks).toEqual([read('tests/examples/ordeal.config.ts')]);
});

test('TypeScript in docs/external.md is that of its example', () => {
  const blocks = [...read('docs/external.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1]);
  expect(blocks).toEqual([read('tests/examples/external/ordeal.config.ts')]);
});

test('TypeScript in docs/library.md is that of its examples', () => {
  const blocks = [...read('docs/library.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1]);
  const examples = ['register.test.ts', 'own-object.test.ts', 'judge-a-file.ts'];
  expect(blocks).toEqual(examples.map(name => read(`tests/examples/library/${name}`)));
});

test('the example config is a plan', async () => {
  const config = await loadConfig('ordeal.config.ts', join(projectRoot, 'tests/examples'));
  expect(await settle(config.run ?? {}, registries)).toMatchObject({
    nodes: ['n1', 'n2', 'n3'],
    timeLimitMs: 60_000,
    workloadOptions: { keys: 5 },
  });
});

test('every ordeal command in the documents has flags that exist', () => {
  const program = createProgram();
  const commands = documents.flatMap(file => [
    ...read(file).matchAll(/(?:npx )?ordeal (run|check|report|list|doctor|clean|lint-client)((?: +[^\s`|#]+)*)/g),
  ]);
  expect(commands.length).toBeGreaterThan(5);
  const unknown = commands.flatMap(([text, name, rest]) => {
    const known = program.commands.find(command => command.name() === name)!.options.map(option => option.long);
    return [...rest!.matchAll(/--[a-z-]+/g)]
      .filter(([flag]) => flag !== '--help' && !known.includes(flag))
      .map(([flag]) => `${text}: ${flag}`);
  });
  expect(unknown).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const broken = documents.flatMap(file =>
    [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(match => match[1]!)
      .filter(target => !existsSync(join(projectRoot, dirname(file), target)))
      .map(target => `${file} -> ${target}`),
  );
  expect(broken).toEqual([]);
});

test('the reference pages are what `npm run reference` writes', () => {
  for (const [name, text] of referencePages(registries, createProgram()))
    expect(read(`docs/reference/${name}`), `docs/reference/${name}: npm run reference`).toBe(text);
});

test('the reference of the library is what its types and doc comments say', () => {
  expect(read('docs/reference/library.md'), 'docs/reference/library.md: npm run reference').toBe(libraryReference());
});

test('the track record has the command of every known bug', () => {
  const record = read('docs/track-record.md');
  for (const known of knownBugs) expect(record).toContain(`npx ordeal ${argumentsOf(known).join(' ')}`);
});
