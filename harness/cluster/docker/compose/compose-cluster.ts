/** `--compose FILE`: a project that is described already, brought up under a name of the run's own and removed at its end. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterOptions, Provider } from '../../../protocol/cluster.ts';
import type { NodeId, System } from '../../../protocol/system.ts';
import { assert } from '../../../std/assert.ts';
import type { Json } from '../../../std/json.ts';
import { UserError } from '../../../std/user-error.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { createContainerCluster } from '../container-cluster.ts';
import { connectEngine, type Engine, ifThere } from '../engine.ts';
import { ensureImage, ensureSidecarImage } from '../images.ts';
import { ensureClock } from '../node-clock.ts';
import { labelsOf, removeRun } from '../run-labels.ts';
import type { Stage, StageContext } from '../stage.ts';
import { type ComposeCommand, findCompose } from './compose-command.ts';
import { type ComposeFile, type ComposeService, nodesOfService, overrideOf, readComposeFile } from './compose-file.ts';
import { containersByNode, describeImages, memberOf, networksOf, readProject } from './project.ts';
import { nodeServices } from './services.ts';

export const compose: Provider = {
  name: 'compose',
  summary: 'a Docker Compose project, brought up from its file as it is and removed at the end',
  capabilities: capabilitiesOf,
  nodes: async ({ system, composeFile }) => {
    const file = givenFile(composeFile);
    const services = await chosen(system, await readFile(await findCompose({ file }), file), file);
    return services.flatMap(({ name, replicas }) => nodesOfService(name, replicas));
  },
  create: options => createContainerCluster(options, createComposeStage(options)),
};

const givenFile = (file: string | undefined): string => {
  assert(file !== undefined, 'the command line asks for a compose file');
  if (existsSync(file)) return file;
  throw new UserError('usage', 'no-compose-file', `--compose ${file}: no such file`);
};

const readFile = async (command: ComposeCommand, file: string, signal?: AbortSignal): Promise<ComposeFile> =>
  readComposeFile(await command.run(['config'], signal), readFileSync(file, 'utf8'));

/** A service need not say what it listens on where its image does. */
const chosen = async (system: System, { services }: ComposeFile, file: string): Promise<readonly ComposeService[]> => {
  try {
    return nodeServices(system, services, file);
  } catch (thrown) {
    if (!(thrown instanceof UserError && thrown.code === 'no-nodes')) throw thrown;
    const engine = await connectEngine();
    try {
      return nodeServices(system, await Promise.all(services.map(service => withExposed(engine, service))), file);
    } finally {
      engine.close();
    }
  }
};

const withExposed = async ({ docker }: Engine, service: ComposeService): Promise<ComposeService> => {
  if (service.image === undefined) return service;
  const found = await ifThere(docker.getImage(service.image).inspect());
  const exposed = Object.keys(found?.Config.ExposedPorts ?? {}).map(port => Number.parseInt(port, 10));
  return { ...service, ports: [...service.ports, ...exposed] };
};

type StageOptions = Pick<ClusterOptions, 'system' | 'nodes' | 'composeFile' | 'runFolder'>;

const createComposeStage = ({ system, nodes, composeFile, runFolder }: StageOptions): Stage => {
  const file = givenFile(composeFile);
  let command: ComposeCommand | undefined;
  let project = '';
  let scale: readonly string[] = [];
  let described: { readonly [name: string]: Json } = {};

  return {
    owned: true,
    learns: true,
    prepare: async (context, signal) => {
      project = `ordeal-${context.run.slice(0, 8)}`;
      const read = await readFile(await findCompose({ file }), file, signal);
      scale = read.services.filter(({ replicas }) => replicas > 1).flatMap(({ name, replicas }) => ['--scale', `${name}=${replicas}`]);
      const override = join(runFolder, 'compose.ordeal.json');
      writeFileSync(override, overrideOf(read, { all: labelsOf(context.run), of: node => labelsOf(context.run, node) }, builtName(file)));
      command = await findCompose({ file, override, project });
      await Promise.all([
        images(context, read),
        build(command, read, context, signal),
        ensureSidecarImage(context.engine, context.say),
        ensureClock(context.engine, system, context.say),
      ]);
    },
    raise: async (context, signal) => {
      assert(command !== undefined, 'the project was prepared');
      await command.run(['up', '-d', ...scale], signal);
      const found = await membersOf(context, system, nodes, project, file);
      described = { compose: { file, project, version: command.version }, images: await describeImages(context.engine, found) };
      return {
        networks: networksOf(found),
        members: Promise.resolve([...found].map(([node, container]) => memberOf(context, node, container))),
      };
    },
    strike: async ({ engine, run }) => (await removeRun(engine, run)).filter(sentence => !sentence.startsWith('removed')),
    describe: () => described,
  };
};

/** What is built keeps its name from run to run: built once, found the next time. */
const builtName =
  (file: string) =>
  (service: string): string =>
    `ordeal/compose-${createHash('sha256').update(file).digest('hex').slice(0, 12)}-${service.toLowerCase()}`;

/** An image that is not there is missed here, with a message that says what to do. */
const images = async ({ engine, say }: StageContext, { services }: ComposeFile): Promise<void> => {
  const wanted = new Set(services.flatMap(({ image, built }) => (image === undefined || built ? [] : [image])));
  await Promise.all([...wanted].map(image => ensureImage(engine, { image }, say)));
};

const build = async (command: ComposeCommand, { services }: ComposeFile, { say }: StageContext, signal: AbortSignal): Promise<void> => {
  const built = services.filter(service => service.built).map(({ name }) => name);
  if (built.length === 0) return;
  say(`building the images of ${built.join(', ')}`);
  await command.run(['build', ...built], signal);
};

const membersOf = async ({ engine }: StageContext, system: System, nodes: readonly NodeId[], project: string, file: string) => {
  const services = await readProject(engine, project);
  const all = containersByNode(services);
  const missing = nodes.filter(node => !all.has(node));
  if (missing.length > 0)
    throw new UserError('environment', 'node-missing', `the project of ${file} came up without ${missing.join(', ')}`, {
      hint: `there is ${[...all.keys()].join(', ') || 'nothing'}; ${system.name} has these as its nodes: ${nodes.join(', ')}`,
    });
  return new Map(nodes.map(node => [node, all.get(node)!]));
};
