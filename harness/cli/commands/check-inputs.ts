/** Which histories the arguments of `ordeal check` mean. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../std/user-error.ts';

/** A run folder, ours or Jepsen's, gives its history; another folder every history in it, by name. Throws usage errors. */
export const historiesIn = (path: string): string[] => {
  if (path === '-') return [path];
  if (!existsSync(path))
    throw new UserError('usage', 'no-file', `${path}: no such file or folder`, { hint: 'name a history file or a run folder' });
  if (!statSync(path).isDirectory()) return [path];
  const own = recordings.find(name => existsSync(join(path, name)));
  if (own !== undefined) return [join(path, own)];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isHistory).sort();
  if (found.length === 0)
    throw new UserError('usage', 'no-histories', `${path}: no history in that folder`, {
      hint: 'histories end in .jsonl, .edn, .log or .txt, gzipped or not',
    });
  return withoutCompanions(found).map(name => join(path, name));
};

/** What a run folder calls its history. Jepsen's `history.txt` and `jepsen.log` beside `history.edn` tell the same once more. */
const recordings = ['history.jsonl', 'history.jsonl.gz', 'history.edn', 'history.edn.gz'];

const isHistory = (name: string): boolean =>
  /\.(jsonl|edn|log|txt)(\.gz)?$/.test(name) &&
  !name.endsWith('ordeal.log') &&
  !/(^|\/)nodes\//.test(name) &&
  !name.endsWith('index.jsonl');

/** Of folders that hold a recording by its usual name, only that. */
const withoutCompanions = (names: readonly string[]): string[] => {
  const all = new Set(names);
  const recordingBeside = (name: string): string | undefined =>
    recordings.map(recording => join(dirname(name), recording)).find(beside => all.has(beside));
  return names.filter(name => (recordingBeside(name) ?? name) === name);
};
