/** `ordeal init`: a small, commented test of a cluster of one's own, ready to run. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { projectRoot } from '../../std/paths.ts';
import { UserError } from '../../std/user-error.ts';
import { type ComposeOutline, outlineCompose } from '../init/outline-compose.ts';
import { type Language, languages, writeConfig } from '../init/write-config.ts';

export const addInitCommand = (program: Command): void => {
  program
    .command('init')
    .description('write a small test of your own cluster: compose file, client, config')
    .argument('[folder]', 'where to write it', '.')
    .option('--compose <FILE>', 'start from this compose file instead of the demo: its services and ports go into the config')
    .addOption(new Option('--language <NAME>', 'what the client is written in').choices(Object.keys(languages)).default('typescript'))
    .addHelpText(
      'after',
      `
Examples:
  ordeal init my-test                                  a demo that runs as it is: three nodes, a client, a config
  ordeal init my-test --compose docker-compose.yml     the same for your own cluster; the client is yours to fill in
  ordeal init my-test --compose docker-compose.yml --language python`,
    )
    .action(init);
};

interface Flags {
  readonly compose?: string;
  readonly language: Language;
}

const init = (folder: string, { compose, language }: Flags): void => {
  const target = resolve(folder);
  if (compose === undefined && language !== 'typescript')
    throw new UserError('usage', 'demo-language', `--language ${language}: the demo's client is written in TypeScript`, {
      hint: 'name a compose file of your own with --compose',
    });
  const written = compose === undefined ? writeDemo(target) : writeOwn(target, resolve(compose), language);
  const cd = relative(process.cwd(), target);
  const next = compose === undefined ? ['ordeal run'] : [languages[language].fillIn, 'ordeal run'];
  process.stdout.write(
    `wrote ${written.map(name => join(cd, name)).join(', ')}\n\nnext:\n${[...(cd === '' ? [] : [`cd ${cd}`]), ...next].map(step => `  ${step}`).join('\n')}\n`,
  );
};

const templates = join(projectRoot, 'dist/harness/cli/init');

const writeDemo = (target: string): string[] => {
  const files = ['docker-compose.yml', 'server', 'client.ts', 'errors.ts', 'ordeal.config.ts'];
  refuseExisting(target, files);
  mkdirSync(target, { recursive: true });
  for (const file of files) cpSync(join(templates, 'demo', file), join(target, file), { recursive: true });
  return files;
};

const writeOwn = (target: string, composeFile: string, language: Language): string[] => {
  const outline = readOutline(composeFile);
  const { client } = languages[language];
  refuseExisting(target, [client, 'ordeal.config.ts']);
  mkdirSync(target, { recursive: true });
  cpSync(join(templates, 'own', client), join(target, client));
  writeFileSync(join(target, 'ordeal.config.ts'), writeConfig({ outline, composeFile: relative(target, composeFile), language }));
  return [client, 'ordeal.config.ts'];
};

const readOutline = (file: string): ComposeOutline => {
  if (!existsSync(file))
    throw new UserError('usage', 'no-compose-file', `--compose ${file}: no such file`, {
      hint: `looked in ${dirname(file)}; without --compose, init writes a demo`,
    });
  return outlineCompose(readFileSync(file, 'utf8'), file);
};

const refuseExisting = (folder: string, names: readonly string[]): void => {
  const there = names.filter(name => existsSync(join(folder, name)));
  if (there.length > 0)
    throw new UserError('usage', 'file-exists', `${join(folder, there[0]!)} exists already; nothing was written`, {
      hint: 'name another folder: ordeal init my-test',
    });
};
