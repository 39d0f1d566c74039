/** `--attach PROJECT`: a compose project that runs already. It is joined, put on trial, and left as it was found. */
import type { ClusterOptions, Provider } from '../../../protocol/cluster.ts';
import type { NodeId, System } from '../../../protocol/system.ts';
import { assert } from '../../../std/assert.ts';
import type { Json } from '../../../std/json.ts';
import { UserError } from '../../../std/user-error.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { createContainerCluster } from '../container-cluster.ts';
import { connectEngine, type Engine } from '../engine.ts';
import { foundContainer } from '../found.ts';
import { ensureSidecarImage } from '../images.ts';
import { ensureClock } from '../node-clock.ts';
import { removeRun } from '../run-labels.ts';
import type { Stage } from '../stage.ts';
import { containersByNode, describeImages, memberOf, networksOf, type ProjectContainer, readProject } from './project.ts';
import { nodeServices } from './services.ts';

export const attach: Provider = {
  name: 'attach',
  summary: 'a Docker Compose project that runs already; it is left as it was found',
  capabilities: capabilitiesOf,
  nodes: async ({ system, project }) => {
    const engine = await connectEngine();
    try {
      return [...(await findNodes(engine, system, project)).keys()];
    } finally {
      engine.close();
    }
  },
  create: options => createContainerCluster(options, createAttachStage(options)),
};

/** Throws a UserError where there is no such project, or a node of it does not run. */
const findNodes = async (engine: Engine, system: System, project: string | undefined): Promise<ReadonlyMap<NodeId, ProjectContainer>> => {
  assert(project !== undefined, 'the command line asks for a project');
  const services = await readProject(engine, project);
  if (services.length === 0)
    throw new UserError('environment', 'no-project', `there is no compose project ${project} at ${engine.describe.host}`, {
      hint: await projectsThere(engine),
    });
  const nodes = containersByNode(nodeServices(system, services, `the project ${project}`));
  for (const [node, { info }] of nodes)
    if (!info.State.Running || info.State.Paused)
      throw new UserError('environment', 'node-not-running', `${node} of the project ${project} is ${info.State.Status}`, {
        hint: 'start the project first: what is attached must run',
      });
  return nodes;
};

const projectsThere = async ({ docker }: Engine): Promise<string> => {
  const found = await docker.listContainers({ all: true, filters: { label: ['com.docker.compose.project'] } });
  const names = [...new Set(found.map(({ Labels }) => Labels['com.docker.compose.project']!))];
  return names.length > 0 ? `there is ${names.sort().join(', ')}` : 'no compose project runs there; --compose FILE brings one up';
};

const createAttachStage = ({ system, nodes, project }: Pick<ClusterOptions, 'system' | 'nodes' | 'project'>): Stage => {
  let described: { readonly [name: string]: Json } = {};
  return {
    owned: false,
    learns: true,
    prepare: async ({ engine, say }) => void (await Promise.all([ensureSidecarImage(engine, say), ensureClock(engine, system, say)])),
    raise: async context => {
      const all = await findNodes(context.engine, system, project);
      const found = new Map(nodes.map(node => [node, all.get(node)!]));
      for (const [node, container] of found) assert(container !== undefined, `${node} was there a moment ago`);
      described = { project: project!, images: await describeImages(context.engine, found) };
      return {
        networks: networksOf(found),
        members: Promise.resolve(
          [...found].map(([node, container]) => ({ ...memberOf(context, node, container), found: foundContainer(container.info) })),
        ),
      };
    },
    // Keepers and what else of ours was not removed yet.
    strike: async ({ engine, run }) => (await removeRun(engine, run)).filter(sentence => !sentence.startsWith('removed')),
    describe: () => described,
  };
};
