/** The config file that `ordeal init` writes for a cluster of one's own. Pure text. */
import type { ComposeOutline } from './outline-compose.ts';

export const languages = {
  typescript: {
    client: 'client.ts',
    fillIn: '# say in client.ts how a value is read and written',
    imports: [`import { defineConfig, defineSystem } from 'ordeal';`, `import { connect } from './client.ts';`],
    connect: '  connect,',
  },
  python: {
    client: 'client.py',
    fillIn: '# say in client.py how a value is read and written',
    imports: [`import { defineConfig, defineSystem, program } from 'ordeal';`],
    connect: `  connect: program(['python3', 'client.py']),`,
  },
} as const;

export type Language = keyof typeof languages;

interface ConfigFacts {
  readonly outline: ComposeOutline;
  /** As the config file sees it. */
  readonly composeFile: string;
  readonly language: Language;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export const writeConfig = ({ outline, composeFile, language }: ConfigFacts): string => {
  const { nodes, port } = outline;
  const number = port === undefined ? '0, // the port that they serve clients on' : `${port},`;
  return `${languages[language].imports.join('\n')}

const mine = defineSystem({
  name: 'mine',
  // The services of the compose file that are nodes under test.
  services: [${nodes.map(quote).join(', ')}],
  ports: {
    main: {
      number: ${number}
      // Who connects to it: clients, other nodes (peers), or both. Ports that nodes use among themselves are found by looking.
      reachedBy: ['clients', 'peers'],
    },
  },
  // When a node serves: also { http: 'main', path: '/health' }, { log: 'ready to accept' }, { command: ['pg_isready'] }.
  ready: { tcp: 'main' },
${languages[language].connect}
  // What your errors mean: definite = it did not happen and never will. What is not listed may have happened.
  errors: { ECONNREFUSED: { name: 'connection-refused', definite: true } },
});

export default defineConfig({
  systems: [mine],
  // Any flag of \`ordeal run\`, by its name.
  run: {
    system: 'mine',
    compose: ${quote(composeFile)},
    workload: 'register', // ordeal list workloads: what else can be asked
    set: { cas: 0 }, // no compare-and-set; take it out when the client has one
    nemesis: ['partition', 'kill', 'pause'],
    timeLimit: '20s',
  },
});
`;
};
