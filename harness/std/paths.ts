import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, whether this file runs from source or from dist/. */
export const projectRoot = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();

/** The built JavaScript of a source module: `builtPath('systems/raft/server/main')`. Spawned programs run from dist/, also under test. */
export const builtPath = (module: string): string => join(projectRoot, 'dist', `${module}.js`);
