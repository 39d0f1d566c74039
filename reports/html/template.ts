import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../harness/std/paths.ts';

/** The page as `npm run build` made it, without data. Throws where the project was not built. */
export const readTemplate = (): string => readFileSync(join(projectRoot, 'dist/reports/html/template/index.html'), 'utf8');
