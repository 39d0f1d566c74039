/** A static toxiproxy-server for the sidecar image: given, built once by Go, or taken out of the official image. */
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { extract } from 'tar-fs';
import { UserError } from '../../std/user-error.ts';
import { daemonWords, type Engine } from './engine.ts';

const version = '2.12.0';
const module = `github.com/Shopify/toxiproxy/v2/cmd/server@v${version}`;
const officialImage = `ghcr.io/shopify/toxiproxy:${version}`;

/**
 * Resolves to the path of a Linux program for the engine's architecture: TOXIPROXY_SERVER where it is set, else the one in the cache, which
 * is filled by `go install` or from the official image. Throws a UserError `toxiproxy-binary` where none of these works.
 */
export const toxiproxyBinary = async (
  engine: Engine,
  say: (sentence: string) => void,
  pull: (ref: string) => Promise<unknown>,
): Promise<string> => {
  const { architecture } = engine.describe;
  const given = process.env.TOXIPROXY_SERVER;
  if (given) return assertLinuxProgram(given);
  const file = join(cacheFolder(), `toxiproxy/${version}/linux-${architecture}/toxiproxy-server`);
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  const work = mkdtempSync(join(dirname(file), 'making-'));
  try {
    say(`getting Toxiproxy ${version} for the sidecars, once`);
    const troubles: string[] = [];
    const made = (await built(work, architecture, troubles)) ?? (await copied(engine, work, pull, troubles));
    if (made === undefined) throw noBinary(troubles);
    chmodSync(made, 0o755);
    renameSync(made, file); // whole or not at all, whoever else is doing the same
    return file;
  } finally {
    await execa('chmod', ['-R', 'u+w', work], { reject: false }); // Go's module cache is read-only
    rmSync(work, { recursive: true, force: true });
  }
};

const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ordeal');

/** GOBIN cannot be used: Go refuses it when it builds for another machine than its own. */
const built = async (work: string, architecture: string, troubles: string[]): Promise<string | undefined> => {
  const modules = await execa('go', ['env', 'GOMODCACHE'], { reject: false });
  if (modules.failed) {
    troubles.push('there is no Go to build it with');
    return undefined;
  }
  const env = { GOPATH: work, GOBIN: '', GOMODCACHE: modules.stdout, CGO_ENABLED: '0', GOOS: 'linux', GOARCH: architecture };
  const { failed, stderr } = await execa('go', ['install', module], { env, reject: false });
  const found = ['bin/server', `bin/linux_${architecture}/server`].map(name => join(work, name)).find(existsSync);
  if (failed || found === undefined) troubles.push(`\`go install ${module}\` failed: ${stderr.trim().split('\n').at(-1)}`);
  return found;
};

const copied = async (
  { docker }: Engine,
  work: string,
  pull: (ref: string) => Promise<unknown>,
  troubles: string[],
): Promise<string | undefined> => {
  try {
    await pull(officialImage);
    const container = await docker.createContainer({ Image: officialImage });
    try {
      await pipeline(await container.getArchive({ path: '/toxiproxy' }), extract(work));
    } finally {
      await container.remove({ force: true, v: true });
    }
    return join(work, 'toxiproxy');
  } catch (thrown) {
    troubles.push(daemonWords(thrown));
    return undefined;
  }
};

const noBinary = (troubles: readonly string[]): UserError =>
  new UserError('environment', 'toxiproxy-binary', `there is no toxiproxy-server for the sidecars: ${troubles.join('; ')}`, {
    hint: `install Go, or build it elsewhere (\`CGO_ENABLED=0 GOOS=linux go install ${module}\`) and set TOXIPROXY_SERVER to the file`,
  });

const assertLinuxProgram = (path: string): string => {
  const refuse = (why: string): never => {
    throw new UserError('environment', 'toxiproxy-binary', `TOXIPROXY_SERVER=${path} ${why}`, {
      hint: 'set it to a toxiproxy-server for Linux, or leave it unset',
    });
  };
  if (!existsSync(path)) return refuse('is not there');
  const magic = Buffer.alloc(4);
  const file = openSync(path, 'r');
  readSync(file, magic, 0, 4, 0);
  closeSync(file);
  return magic.toString('latin1') === '\x7fELF' ? path : refuse('is no Linux program');
};
