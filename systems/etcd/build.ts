/** Makes the static etcd binary of its Go module, once per machine and version. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { messageOf, UserError } from '../../harness/std/user-error.ts';

const version = 'v3.6.6';
const module = 'go.etcd.io/etcd/server/v3';

let building: Promise<string> | undefined;

/** Resolves to the binary's path; about half a minute the first time. */
export const buildEtcd = (): Promise<string> => {
  building ??= build().catch((thrown: unknown) => {
    building = undefined;
    throw thrown;
  });
  return building;
};

const build = async (): Promise<string> => {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ordeal', 'etcd');
  const binary = join(folder, `etcd-${version}-linux-${goArch()}`);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'build-'));
  try {
    // What runs in the container is Linux, whatever this machine is.
    const env = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: goArch(), GOFLAGS: '-mod=mod' };
    const go = (...args: string[]) => execa('go', args, { cwd: scratch, env });
    await go('mod', 'init', 'etcd-build');
    await go('get', `${module}@${version}`);
    await go('build', '-trimpath', '-ldflags=-s -w', '-o', 'etcd', module);
    renameSync(join(scratch, 'etcd'), binary); // whole or not at all
    return binary;
  } catch (thrown) {
    throw new UserError('environment', 'etcd-build', `etcd ${version} could not be built from its Go module: ${messageOf(thrown)}`, {
      hint: 'install Go 1.24 or newer, or use Debian’s: --set version=3.4',
      cause: thrown,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const goArch = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);
