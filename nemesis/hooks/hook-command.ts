/** A hook's command as it is run: placeholders filled in, its surroundings told by environment, here or over the system's own ssh. */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../harness/std/user-error.ts';

/** Whom a hook is for. `host` and `port` are where the controller reaches the node's client port. */
export interface HookPlace {
  readonly kind: string;
  readonly node: string;
  readonly host: string;
  readonly port: number;
}

export interface HookCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `{node}`, `{host}` and `{port}`; any other braces stay as they are. */
export const fill = (text: string, place: HookPlace): string =>
  text.replace(/\{(node|host|port)\}/g, (_, name: 'node' | 'host' | 'port') => String(place[name]));

const envOf = ({ kind, node, host, port }: HookPlace): Record<string, string> => ({
  ORDEAL_FAULT: kind,
  ORDEAL_NODE: node,
  ORDEAL_HOST: host,
  ORDEAL_PORT: String(port),
});

export const localCommand = (words: readonly string[], place: HookPlace): HookCommand => ({
  command: words.map(word => fill(word, place)),
  env: envOf(place),
});

/**
 * Never asks for a password, gives up after five seconds without a connection, and every word reaches the remote shell as it is.
 * `shared`: later commands use the same connection, which stays open for ten seconds.
 */
export const sshCommand = (target: string, words: readonly string[], place: HookPlace, shared: boolean): HookCommand => {
  const to = fill(target, place);
  if (!/^[\w.%+~-]+@?[\w.:%[\]-]*$/.test(to) || to.startsWith('-'))
    throw new UserError('usage', 'bad-ssh', `ssh: ${JSON.stringify(to)}: expected user@host or the name of a host`);
  const control = shared
    ? ['ControlMaster=auto', `ControlPath=${join(socketFolder(), 'ssh-%C')}`, 'ControlPersist=10']
    : ['ControlPath=none'];
  const options = ['BatchMode=yes', 'ConnectTimeout=5', ...control].flatMap(option => ['-o', option]);
  const env = Object.entries(envOf(place)).map(([name, value]) => `${name}=${value}`);
  const remote = ['env', ...env, ...words.map(word => fill(word, place))].map(quoted).join(' ');
  return { command: ['ssh', ...options, '--', to, remote], env: {} };
};

/** For a POSIX shell. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Short, for the path of a socket may not be longer than a hundred bytes, and nobody else's. */
const socketFolder = (): string => {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `ordeal-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.getuid && lstatSync(folder).uid !== uid)
    throw new UserError('environment', 'ssh-folder-foreign', `the folder ${folder} belongs to another user`, {
      hint: 'set TMPDIR to a folder of your own',
    });
  return folder;
};
