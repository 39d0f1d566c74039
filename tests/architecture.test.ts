/**
 * The house as one table: which part may import which, and which parts are pure. It fails naming the import at fault.
 * A part is the longest folder (or file) below that a source file lies in.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../harness/std/paths.ts';

interface Part {
  /** Parts it may import, besides itself. */
  readonly imports: readonly string[];
  /** Touches no clock, socket, file or random source. */
  readonly pure: boolean;
}

const pure = (...imports: string[]): Part => ({ imports, pure: true });
const effects = (...imports: string[]): Part => ({ imports, pure: false });

const parts: Readonly<Record<string, Part>> = {
  'harness/std': effects(),
  'harness/history': pure('harness/std'),
  'harness/protocol': pure('harness/std', 'harness/history'),
  'harness/generator': pure('harness/std', 'harness/history', 'harness/protocol'),
  'harness/run': effects('harness/std', 'harness/history', 'harness/protocol', 'harness/generator', 'harness/store', 'reports'),
  'harness/cluster': effects('harness/std', 'harness/protocol'),
  'harness/client-program': effects('harness/std', 'harness/history', 'harness/protocol'),
  'harness/client-lint': effects('harness/std', 'harness/protocol', 'harness/client-program'),
  'harness/store': effects('harness/std', 'harness/history'),
  'harness/index.ts': effects(
    'harness/std',
    'harness/history',
    'harness/protocol',
    'harness/generator',
    'harness/client-program',
    'harness/cli',
    'checkers',
    'nemesis/hooks',
    'systems',
  ),
  workloads: pure('harness/std', 'harness/history', 'harness/protocol', 'harness/generator'),
  checkers: pure('harness/std', 'harness/history', 'harness/protocol'),
  'checkers/index.ts': effects('harness/std', 'harness/history', 'harness/protocol', 'harness/store', 'checkers'),
  'checkers/threads': effects('harness/std', 'harness/history', 'harness/protocol', 'checkers'),
  'nemesis/schedule': pure('harness/std', 'harness/protocol'),
  'nemesis/faults': effects('harness/std', 'harness/protocol', 'nemesis/schedule'),
  'nemesis/hooks': effects('harness/std', 'harness/protocol', 'nemesis/faults'),
  nemesis: effects('harness/std', 'harness/protocol', 'nemesis/faults', 'nemesis/schedule'),
  'nemesis/toxiproxy': effects(),
  systems: effects('harness/std', 'harness/protocol', 'checkers', 'systems/raft/server'),
  'systems/raft/server': effects(),
  reports: pure('harness/std', 'harness/history', 'harness/protocol'),
  'reports/html': effects('harness/std', 'harness/history', 'harness/protocol', 'reports'),
  bench: effects(
    'harness/std',
    'harness/store',
    'harness/history',
    'harness/protocol',
    'harness/generator',
    'harness/run',
    'checkers',
    'workloads',
    'nemesis/toxiproxy',
  ),
};

const cli = effects(...Object.keys(parts));
const table: Readonly<Record<string, Part>> = { ...parts, 'harness/cli': cli };

const sources = ['harness', 'workloads', 'checkers', 'nemesis', 'systems', 'reports', 'bench']
  .flatMap(folder => readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map(file => `${folder}/${file}`))
  .filter(
    file => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('/testing/') && !file.startsWith('reports/html/page/'),
  );

const partOf = (file: string): string | undefined =>
  Object.keys(table)
    .filter(part => file === part || file.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0];

const importsOf = (file: string): string[] =>
  [...readFileSync(join(projectRoot, file), 'utf8').matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'/gm)].map(match => match[1]!);

const pureModules = new Set(['node:zlib', 'node:buffer', 'node:assert']);
const impure = [
  /\bMath\.random\(/,
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bprocess\.(env|hrtime|cwd|exit)\b/,
  /\bsetTimeout\(/,
  /\bsetInterval\(/,
  /\bfetch\(/,
];

test('every source file belongs to a part of the house', () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter(file => partOf(file) === undefined)).toEqual([]);
});

test('imports follow the arrows', () => {
  const wrong = sources.flatMap(file => {
    const part = partOf(file)!;
    return importsOf(file)
      .filter(target => target.startsWith('.'))
      .map(target => relative(projectRoot, join(projectRoot, dirname(file), target)))
      .filter(target => {
        const other = partOf(target);
        return other === undefined || (other !== part && !table[part]!.imports.includes(other));
      })
      .map(target => `${file} imports ${target}: ${part} -> ${partOf(target)}`);
  });
  expect(wrong).toEqual([]);
});

test('pure parts touch no clock, socket, file or random source', () => {
  const wrong = sources
    .filter(file => table[partOf(file)!]!.pure)
    .flatMap(file => {
      const text = readFileSync(join(projectRoot, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const modules = importsOf(file).filter(target => target.startsWith('node:') && !pureModules.has(target));
      return [...modules, ...impure.filter(pattern => pattern.test(text)).map(String)].map(what => `${file} uses ${what}`);
    });
  expect(wrong).toEqual([]);
});

test('nothing imports the command line, except the public entry', () => {
  const wrong = sources.filter(
    file => !file.startsWith('harness/cli/') && file !== 'harness/index.ts' && importsOf(file).some(target => target.includes('/cli/')),
  );
  expect(wrong).toEqual([]);
});

test('deadlines are made by within: AbortSignal.timeout may be collected before its time on Node 20', () => {
  const wrong = sources.filter(file => /\bAbortSignal\.timeout\(/.test(readFileSync(join(projectRoot, file), 'utf8')));
  expect(wrong).toEqual([]);
});
