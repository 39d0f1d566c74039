/** Log files that a system writes inside its containers, copied out at the end. */
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { extract } from 'tar-fs';
import { messageOf } from '../../std/user-error.ts';

/** Copies each into the folder under its own name; a container may have ended by then. Resolves to what could not be copied. */
export const copyLogFiles = async (container: Docker.Container, paths: readonly string[], folder: string): Promise<string[]> => {
  const troubles = await Promise.all(
    paths.map(async path => {
      try {
        const archive = await container.getArchive({ path });
        const only = basename(path);
        await pipeline(archive, extract(folder, { ignore: (_name, header) => header?.name !== only }));
        return undefined;
      } catch (thrown) {
        return (thrown as { statusCode?: number }).statusCode === 404 ? `${path} was not there` : `${path}: ${messageOf(thrown)}`;
      }
    }),
  );
  return troubles.filter(trouble => trouble !== undefined);
};
