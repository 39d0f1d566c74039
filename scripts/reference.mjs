// `npm run reference`: writes docs/reference from the registries, the command line, the results contract and the types of the library.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createProgram } from '../dist/harness/cli/program.js';
import { referencePages } from '../dist/harness/cli/reference.js';
import { registriesWith } from '../dist/harness/cli/registries.js';
import { libraryReference } from './library-reference.mjs';

const folder = new URL('../docs/reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of referencePages(registriesWith({}), createProgram())) writeFileSync(new URL(name, folder), text);
writeFileSync(new URL('library.md', folder), libraryReference());
