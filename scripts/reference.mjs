// `npm run reference`: writes docs/reference from the registries, the command line and the results contract.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createProgram } from '../dist/harness/cli/program.js';
import { referencePages } from '../dist/harness/cli/reference.js';
import { registriesWith } from '../dist/harness/cli/registries.js';

const folder = new URL('../docs/reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of referencePages(registriesWith({}), createProgram())) writeFileSync(new URL(name, folder), text);
