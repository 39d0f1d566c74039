/** What a build sends to the daemon: the files of a folder, less what its .dockerignore names, and files from elsewhere; and their digest. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pack } from 'tar-fs';

export interface BuildContext {
  readonly folder: string;
  /** Paths in the folder, sorted. */
  readonly entries: readonly string[];
  /** Name in the context -> absolute path; they win over files of the folder. */
  readonly files: ReadonlyMap<string, string>;
}

export const readContext = (folder: string, files: ReadonlyMap<string, string> = new Map()): BuildContext => {
  const ignored = ignoredBy(existsSync(join(folder, '.dockerignore')) ? readFileSync(join(folder, '.dockerignore'), 'utf8') : '');
  const entries = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name === 'Dockerfile' || !(ignored(name) || files.has(name)))
    .filter(name => !lstatSync(join(folder, name)).isDirectory())
    .sort();
  return { folder, entries, files };
};

/** Equal for equal names, contents, links and executable bits; times and owners do not matter, as they do not to the daemon. */
export const contextDigest = ({ folder, entries, files }: BuildContext, ...more: readonly string[]): string => {
  const hash = createHash('sha256');
  const add = (name: string, path: string): void => {
    const stat = lstatSync(path);
    const content = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
    hash.update(`${name}\0${stat.isSymbolicLink() ? 'link' : stat.mode & 0o111 ? 'program' : 'file'}\0${content.length}\0`).update(content);
  };
  for (const name of entries) add(name, join(folder, name));
  for (const [name, path] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) add(name, path);
  for (const word of more) hash.update(`\0${word}`);
  return hash.digest('hex');
};

/** One tar stream. Everything belongs to root, as with the docker command. */
export const contextStream = ({ folder, entries, files }: BuildContext): NodeJS.ReadableStream => {
  const through = new PassThrough();
  const stream = pack(folder, {
    entries: [...entries],
    map: header => ({ ...header, uid: 0, gid: 0 }),
    finalize: false,
    finish: tar => {
      for (const [name, path] of files) {
        const mode = lstatSync(path).mode & 0o111 ? 0o755 : 0o644;
        tar.entry({ name, mode, mtime: new Date(0) }, readFileSync(path));
      }
      tar.finalize();
    },
  });
  return stream.on('error', error => through.destroy(error)).pipe(through);
};

/** Patterns as Docker reads them: the last one that matches a path or a folder above it decides; `!` takes it back in. Exported for its test. */
export const ignoredBy = (text: string): ((name: string) => boolean) => {
  const rules = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => ({ ignore: !line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '').trim()) }));
  return name => rules.findLast(({ pattern }) => pattern.test(name))?.ignore ?? false;
};

const patternOf = (glob: string): RegExp => {
  const clean = glob.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const source = clean.replace(/\*\*\/?|\*|\?|[.+^${}()|\\]/g, token => {
    if (token.startsWith('**')) return token.endsWith('/') ? '(?:.*/)?' : '.*';
    return token === '*' ? '[^/]*' : token === '?' ? '[^/]' : `\\${token}`;
  });
  return clean === '.' ? /^/ : new RegExp(`^${source}(?:/|$)`);
};
