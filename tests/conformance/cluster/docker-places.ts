/** Places of containers: those that Ordeal starts, a compose project that it brings up, and one that runs already. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach } from '../../../harness/cluster/docker/compose/attach-cluster.ts';
import { compose } from '../../../harness/cluster/docker/compose/compose-cluster.ts';
import { findCompose } from '../../../harness/cluster/docker/compose/compose-command.ts';
import { docker } from '../../../harness/cluster/docker/docker-cluster.ts';
import { connectEngine, type Engine } from '../../../harness/cluster/docker/engine.ts';
import { ensureImage } from '../../../harness/cluster/docker/images.ts';
import type { System } from '../../../harness/protocol/system.ts';
import { messageOf } from '../../../harness/std/user-error.ts';
import { echoConfig, echoImage, echoPorts } from './echo-system.ts';
import { type Place, processesLeft, threeNodes } from './places.ts';

/** Undefined where it works. In CI nothing may be missing: there the tests run, and say so by failing. */
const missingUnless = async (works: () => Promise<unknown>): Promise<string | undefined> =>
  works().then(
    () => undefined,
    thrown => (process.env.CI ? undefined : messageOf(thrown).split('\n')[0]),
  );

const withEngine = async <T>(use: (engine: Engine) => Promise<T>): Promise<T> => {
  const engine = await connectEngine();
  try {
    return await use(engine);
  } finally {
    engine.close();
  }
};

export const missingDocker = await missingUnless(() => withEngine(async () => {}));
const missingCompose = missingDocker ?? (await missingUnless(() => findCompose({ file: 'docker-compose.yml' })));

/** All that carries the label of this run. */
const labelled = (run: string): Promise<string[]> =>
  withEngine(async ({ docker: api }) => {
    const filters = { label: [`ordeal.run=${run}`] };
    const [containers, networks, volumes] = await Promise.all([
      api.listContainers({ all: true, filters }),
      api.listNetworks({ filters }),
      api.listVolumes({ filters: JSON.stringify(filters) as never }),
    ]);
    return [
      ...containers.map(({ Names }) => `container ${Names.join()}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...volumes.Volumes.map(({ Name }) => `volume ${Name}`),
    ];
  });

export const dockerPlace: Place = {
  provider: docker,
  missing: missingDocker,
  open: async system => {
    return {
      asked: { system, options: { smallDisk: 'n3' }, bugs: [] },
      leftovers: async (runFolder, run) => [...processesLeft(runFolder), ...(await labelled(run))],
      close: async () => {},
    };
  },
};

/** Three services as anybody would write them; the third has a disk that can be filled. */
const composeFileFor = (image: string): string =>
  JSON.stringify({
    version: '3.8',
    services: Object.fromEntries(
      threeNodes.map((node, i) => [
        node,
        { image, command: [echoConfig(node)], expose: [`${echoPorts.peer}`], volumes: [`${i === 2 ? 'small' : node}:/data`] },
      ]),
    ),
    volumes: { n1: {}, n2: {}, small: { driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'size=8m' } } },
  });

const writeComposeFile = async (): Promise<{ file: string; remove: () => void }> => {
  const { ref } = await withEngine(engine => ensureImage(engine, echoImage, () => {}));
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-compose-'));
  const file = join(folder, 'docker-compose.yml');
  writeFileSync(file, composeFileFor(ref)); // JSON is YAML
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

const composePlace: Place = {
  provider: compose,
  missing: missingCompose,
  open: async system => {
    const { file, remove } = await writeComposeFile();
    return {
      asked: { system, options: {}, bugs: [], composeFile: file },
      leftovers: async (runFolder, run) => [...processesLeft(runFolder), ...(await labelled(run))],
      close: async () => remove(),
    };
  },
};

const attachPlace: Place = {
  provider: attach,
  missing: missingCompose,
  open: async (system: System) => {
    const { file, remove } = await writeComposeFile();
    const project = `ordealtest${process.pid}`;
    const command = await findCompose({ file, project });
    await command.run(['up', '-d']);
    const states = (): Promise<string[]> =>
      withEngine(async ({ docker: api }) =>
        (await api.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${project}`] } }))
          .map(({ Labels, State }) => `${Labels['com.docker.compose.service']} ${State}`)
          .sort(),
      );
    return {
      asked: { system, options: {}, bugs: [], project },
      leftovers: async (runFolder, run) => [
        ...processesLeft(runFolder),
        ...(await labelled(run)),
        ...(await states()).filter(state => !state.endsWith(' running')).map(state => `not as it was found: ${state}`),
      ],
      close: async () => {
        await command.run(['down', '-v', '-t', '1']);
        remove();
      },
    };
  },
};

export const dockerPlaces: readonly Place[] = [dockerPlace, composePlace, attachPlace];
