/** The base image without a registry: debootstrap makes Debian's minimal system, and the daemon imports it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../std/paths.ts';
import { UserError } from '../../std/user-error.ts';
import { dockerError, type Engine } from './engine.ts';
import { followProgress } from './progress.ts';

export const baseImage = 'debian:bookworm-slim';

/** Writes the image's file system to stdout as a tar stream; by hand: `sudo docker/base/make.sh | docker import - debian:bookworm-slim`. */
const script = join(projectRoot, 'docker/base/make.sh');

/** Imports it under its usual name. Throws a UserError `base-image` that says what is lacking. */
export const makeBaseImage = async (engine: Engine): Promise<void> => {
  const lacking = whatIsLacking();
  if (lacking !== undefined)
    throw new UserError('environment', 'base-image', `${baseImage} is not on the Docker host, no registry answers, and ${lacking}`, {
      hint: `as root, with debootstrap installed: \`${script} | docker import - ${baseImage}\`; or \`docker load\` it from another machine`,
    });
  const making = execa(script, [], { reject: false, buffer: { stdout: false }, env: { DEBIAN_ARCH: engine.describe.architecture } });
  const [repo, tag] = baseImage.split(':');
  try {
    const imported = await engine.docker.importImage(making.stdout, { repo, tag, changes: 'CMD ["bash"]' });
    const [{ error }, result] = await Promise.all([followProgress(imported), making]);
    if (!result.failed && error === undefined) return;
    // The daemon imports half a tar without a word: it must not pass for the image.
    await engine.docker
      .getImage(baseImage)
      .remove({ force: true })
      .catch(() => {});
    throw new UserError('environment', 'base-image', `${baseImage} could not be made: ${error ?? lastLines(result.stderr)}`, {
      hint: `run ${script} by hand to see all that it says; MIRROR=URL chooses another Debian mirror`,
    });
  } catch (thrown) {
    making.kill();
    throw dockerError(thrown, `${baseImage} cannot be imported`);
  }
};

const whatIsLacking = (): string | undefined => {
  if (!onPath('debootstrap')) return 'debootstrap, which could make it, is not installed';
  return process.getuid?.() === 0 ? undefined : 'making it with debootstrap needs root';
};

const onPath = (name: string): boolean =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some(folder => existsSync(join(folder, name)));

const lastLines = (text: string): string => text.trim().split('\n').slice(-8).join('\n');
