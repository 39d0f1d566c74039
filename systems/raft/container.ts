/** The reference Raft in a container: the same program with the same flags, on ports and folders of its own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ContainerContext, ContainerSpec, ImageSource } from '../../harness/protocol/container.ts';
import { builtPath, projectRoot } from '../../harness/std/paths.ts';
import { serverFlags } from './flags.ts';

export const ports = { client: 7001, peer: 7002, admin: 7003 } as const;

const dataDir = '/var/lib/ordeal';
const eventLog = `${dataDir}/events.jsonl`;

export function raftContainer({ id, nodes, options, bugs }: ContainerContext): ContainerSpec {
  return {
    image: image(),
    entrypoint: ['/usr/local/bin/node', `/app/${serverFolder}/main.js`],
    command: serverFlags({
      id,
      nodes,
      options,
      bugs,
      host: '0.0.0.0',
      ports,
      peer: other => ({ host: other, port: ports.peer }),
      data: `${dataDir}/data`,
      eventLog,
    }),
    dataDir,
    logFiles: [eventLog],
  };
}

const serverFolder = 'systems/raft/server';

/** With this very Node.js where it is one for Linux, otherwise with the official image's. */
function image(): ImageSource {
  return process.platform === 'linux'
    ? { dockerfile: join(projectRoot, 'docker', 'raft'), files: { node: process.execPath, ...serverFiles() } }
    : { dockerfile: join(projectRoot, 'docker', 'raft-official'), files: serverFiles() };
}

/** The built server and the packages it imports, as the context has them: name -> path. */
function serverFiles(): Readonly<Record<string, string>> {
  const program = dirname(builtPath(`${serverFolder}/main`));
  return {
    'app/package.json': join(projectRoot, 'package.json'), // says that its .js files are modules
    ...filesUnder(program, `app/${serverFolder}`),
    ...packageFiles('prom-client', join(projectRoot, 'package.json')),
  };
}

function filesUnder(folder: string, as: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && /\.(js|cjs|json)$/.test(entry.name),
  );
  return Object.fromEntries(
    found.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [`${as}${path.slice(folder.length).replaceAll('\\', '/')}`, path];
    }),
  );
}

/** A package and what it depends on. */
function packageFiles(name: string, from: string): Record<string, string> {
  const folder = folderOf(name, from);
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: object };
  const inner = Object.keys(dependencies).map(dependency => packageFiles(dependency, join(folder, 'package.json')));
  return Object.assign(filesUnder(folder, `app/node_modules/${name}`), ...inner) as Record<string, string>;
}

/** As Node.js finds it: the first `node_modules` upwards that has it. */
function folderOf(name: string, from: string): string {
  const places = createRequire(from).resolve.paths(name) ?? [];
  const folder = places.map(place => join(place, name)).find(place => existsSync(join(place, 'package.json')));
  if (folder === undefined) throw new Error(`the package ${name} is not installed`);
  return folder;
}
