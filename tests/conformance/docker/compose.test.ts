/** Projects that are described by a compose file, or that run already: put on trial as they are, removed or left as they were found. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { attach } from '../../../harness/cluster/docker/compose/attach-cluster.ts';
import { compose } from '../../../harness/cluster/docker/compose/compose-cluster.ts';
import type { Engine } from '../../../harness/cluster/docker/engine.ts';
import { foundContainer } from '../../../harness/cluster/docker/found.ts';
import { tryCompose } from '../../../harness/cluster/docker/host-check.ts';
import { ensureImage } from '../../../harness/cluster/docker/images.ts';
import { dockerTest } from '../../../harness/cluster/docker/testing/docker-here.ts';
import { within } from '../../../harness/std/deadline.ts';
import { echoImage, tell } from './echo-system.ts';
import { withContainers } from './with-containers.ts';

const composeHere = (await tryCompose()).works || process.env.CI === 'true';
const soon = () => within(10_000);

const composeTest = (claim: string, body: (engine: Engine) => Promise<void>): void =>
  composeHere ? dockerTest(claim, body) : test.skip(`${claim} (no compose command here)`, () => {});

/** One service by its port, two replicas of another, a supervised one, and one that is no node. */
const fileFor = (image: string, more = ''): string => `
version: "3.8"
services:
  alpha:
    image: ${image}
    expose: ["7000"]
    volumes: ["alphadata:/data"]
    depends_on: [store]
  many:
    image: ${image}
    expose: [7000]
    deploy: { replicas: 2 }
  watched:
    image: ${image}
    expose: ["7000"]
    restart: always${more}
  store:
    build: ./store
    networks: [default, inner]
networks:
  inner: {}
volumes:
  alphadata:
    driver_opts: { type: tmpfs, device: tmpfs, o: "size=4m" }
`;

const withFile = async (engine: Engine, more: string, use: (file: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-compose-'));
  try {
    const { ref } = await ensureImage(engine, echoImage, () => {});
    mkdirSync(join(folder, 'store'));
    writeFileSync(join(folder, 'store/Dockerfile'), 'FROM debian:bookworm-slim\nCMD ["sleep", "infinity"]\n');
    writeFileSync(join(folder, 'docker-compose.yml'), fileFor(ref, more));
    await use(join(folder, 'docker-compose.yml'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

composeTest('a file is brought up as it is: replicas are nodes, other services come along, and all of it goes', engine =>
  withFile(engine, '', composeFile =>
    withContainers(engine, { provider: compose, composeFile }, async (cluster, { exits }) => {
      expect(cluster.nodes).toEqual(['alpha', 'many-1', 'many-2', 'watched']);
      for (const node of cluster.nodes) expect(await tell(cluster, node, 'ping')).toBe('pong');
      await cluster.kill('many-1');
      await cluster.restart('many-1', soon());
      const full = await cluster.breakHost!('alpha', { type: 'disk' });
      expect(await tell(cluster, 'alpha', 'write 5000')).toBe('No space left on device');
      await full.remove(soon());

      await tell(cluster, 'watched', 'exit 7').catch(() => {});
      await expect.poll(() => exits.length, { timeout: 5000 }).toBe(1);
      await expect.poll(() => cluster.state('watched'), { timeout: 10_000 }).toBe('running');
      expect(exits).toMatchObject([{ node: 'watched', exitCode: 7 }]);
      await cluster.restart('watched', soon());
      expect(await tell(cluster, 'watched', 'ping', soon())).toBe('pong');
    }),
  ),
);

composeTest('a published port that is in use is an error of the environment', async engine => {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    await withFile(engine, `\n    ports: ["127.0.0.1:${port}:7000"]`, composeFile =>
      withContainers(engine, { provider: compose, composeFile, unstarted: true }, async cluster => {
        await expect(cluster.start(within(30_000))).rejects.toMatchObject({ code: 'port-in-use', blame: 'environment' });
      }),
    );
  } finally {
    server.close();
  }
});

composeTest('a project that runs is joined and left as it was found: running, connected, unlimited', engine =>
  withFile(engine, '', async file => {
    const project = `ordealtest${process.pid}`;
    const env = { DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' };
    const [command, ...first] =
      (await execa('docker', ['compose', 'version'], { reject: false })).exitCode === 0 ? ['docker', 'compose'] : ['docker-compose'];
    const run = (...args: string[]) => execa(command!, [...first, '-p', project, '-f', file, ...args], { env });
    const filters = { label: [`com.docker.compose.project=${project}`] };
    const look = async () => {
      const all = await engine.docker.listContainers({ all: true, filters });
      const infos = await Promise.all(all.map(({ Id }) => engine.docker.getContainer(Id).inspect()));
      return infos
        .map(info => ({ ...foundContainer(info), status: info.State.Status, policy: info.HostConfig.RestartPolicy }))
        .map(({ limits, ...rest }) => ({
          ...rest,
          limits: Object.values(limits).filter(limit => limit > 0 && limit < 2 ** 62 && limit !== 100_000),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    };
    try {
      await run('up', '-d');
      const before = await look();
      await withContainers(engine, { provider: attach, project }, async cluster => {
        expect(cluster.nodes).toEqual(['alpha', 'many-1', 'many-2', 'watched']);
        await cluster.pause('alpha');
        await cluster.kill('many-1');
        await cluster.breakHost!('many-2', { type: 'disconnect' });
        await cluster.breakHost!('watched', { type: 'cpu', share: 0.1 });
      });
      expect(await look()).toEqual(before);
      await expect(withContainers(engine, { provider: attach, project: 'nosuchproject' }, async () => {})).rejects.toMatchObject({
        code: 'no-project',
      });
    } finally {
      await run('down', '-v', '-t', '0', '--rmi', 'local');
    }
  }),
);
