/** A controller that dies leaves nothing on the Docker host, and what it joined is as before. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { expect } from 'vitest';
import { sleep } from '../../std/deadline.ts';
import { cleanLeftovers } from '../clean.ts';
import { readLeases, removeLease } from '../watchdog/lease.ts';
import type { Engine } from './engine.ts';
import { ensureSidecarImage } from './images.ts';
import { labelledRuns } from './leftovers.ts';
import { reapOn } from './reap.ts';
import { labelsOf, nameOf, removeRun } from './run-labels.ts';
import { dockerTest } from './testing/docker-here.ts';

const program = fileURLToPath(new URL('./testing/controller.mjs', import.meta.url));
const here = 'made by the test';

const startController = async (folder: string, ...args: string[]) => {
  const controller = execa(process.execPath, [program, folder, ...args], { reject: false, stdin: 'ignore' });
  const run = await new Promise<string>((resolve, reject) => {
    controller.stdout.on('data', text => resolve(/run (\w+)/.exec(String(text))?.[1] ?? ''));
    void controller.then(({ stderr }) => reject(new Error(`the controller ended: ${stderr}`)));
  });
  return { controller, run };
};

const withController = async (
  engine: Engine,
  foreign: readonly string[],
  use: (made: { folder: string; run: string; kill(): Promise<unknown> }) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'ordeal-reap-'));
  const { ref } = await ensureSidecarImage(engine, () => {});
  const { controller, run } = await startController(folder, ref, ...foreign);
  const kill = (): Promise<unknown> => {
    controller.kill('SIGKILL');
    return controller;
  };
  try {
    await use({ folder, run, kill });
  } finally {
    await kill();
    await removeRun(engine, run);
    await rm(folder, { recursive: true, force: true });
  }
};

const thingsOf = async ({ docker }: Engine, run: string): Promise<number> => {
  const filters = { label: [`ordeal.run=${run}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return containers.length + networks.length + (volumes ?? []).length;
};

/** Resolves to how long it took until nothing was left, in ms. */
const goneAfter = async (engine: Engine, run: string): Promise<number> => {
  const start = performance.now();
  while ((await thingsOf(engine, run)) > 0 && performance.now() - start < 15_000) await sleep(50);
  return performance.now() - start;
};

dockerTest('when the controller is killed with SIGKILL, everything of the run is gone within 10 s, also what was paused', async engine => {
  const bystander = await engine.docker.createNetwork({ Name: `ordeal-bystander-${process.pid}`, Labels: { 'ordeal.else': 'x' } });
  try {
    await withController(engine, [], async ({ run, folder, kill }) => {
      expect(await thingsOf(engine, run)).toBe(3);
      await kill();
      expect(await goneAfter(engine, run)).toBeLessThan(10_000);
      await expect(engine.docker.getNetwork(bystander.id).inspect(), 'what is not labelled stays').resolves.toBeDefined();
      while (readLeases().some(lease => lease.token === run)) await sleep(50);
      expect(readFileSync(join(folder, 'watchdog.log'), 'utf8')).toContain(`removed container ${nameOf(run, 'n1')}`);
    });
  } finally {
    await engine.docker.getNetwork(bystander.id).remove();
  }
});

dockerTest(
  'containers that it had joined are unpaused, started, connected and unlimited again, and its rules in them are undone',
  async engine => {
    const { docker } = engine;
    const { ref } = await ensureSidecarImage(engine, () => {});
    const name = `ordeal-foreign-${process.pid}`;
    const network = await docker.createNetwork({ Name: name });
    const foreign = await Promise.all(
      ['a', 'b', 'c'].map(async each => {
        const options = {
          name: `${name}-${each}`,
          Image: ref,
          Cmd: ['sleep', 'infinity'],
          Labels: { here },
          HostConfig: { NetworkMode: name },
        };
        const container = await docker.createContainer(options);
        await container.start();
        return container;
      }),
    );
    try {
      const ids = foreign.map(({ id }) => id);
      await withController(engine, ids, async ({ run, kill }) => {
        const broken = await Promise.all(foreign.map(container => container.inspect()));
        expect(broken.map(({ State }) => State.Status)).toEqual(['paused', 'exited', 'running']);
        expect(Object.keys(broken[2]!.NetworkSettings.Networks)).toEqual([nameOf(run, 'net')]);
        await kill();
        expect(await goneAfter(engine, run)).toBeLessThan(10_000);
        const after = await Promise.all(foreign.map(container => container.inspect()));
        expect(after.map(({ State }) => State.Status)).toEqual(['running', 'running', 'running']);
        expect(after.map(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks))).toEqual([[name], [name], [name]]);
        expect(after[0]!.HostConfig.CpuQuota).toBeLessThanOrEqual(0);
        expect(await routesOf(docker, ref, foreign[0]!.id)).not.toContain('blackhole');
      });
    } finally {
      await Promise.all(foreign.map(container => container.remove({ force: true })));
      await network.remove();
    }
  },
);

const routesOf = async (docker: Docker, image: string, id: string): Promise<string> => {
  const options = { Image: image, Cmd: ['ip', 'route'], Tty: true, HostConfig: { NetworkMode: `container:${id}` } };
  const container = await docker.createContainer(options);
  try {
    await container.start();
    await container.wait();
    return String(await container.logs({ stdout: true, stderr: true }));
  } finally {
    await container.remove({ force: true });
  }
};

dockerTest(
  'where the watchdog died too and the lease is lost, clean finds the run by its labels, and leaves one that lives alone',
  async engine => {
    const alive = nameOf(`alive${process.pid}`, 'net');
    const living = await engine.docker.createNetwork({ Name: alive, Labels: labelsOf(`alive${process.pid}`) });
    try {
      await withController(engine, [], async ({ run, kill }) => {
        expect(await labelledRuns(engine)).toContainEqual(expect.objectContaining({ run, fate: 'alive', things: 3 }));
        const lease = readLeases().find(({ token }) => token === run)!;
        const watchdog = childrenOf(lease.controller.pid);
        expect(watchdog).toHaveLength(1);
        process.kill(watchdog[0]!, 'SIGKILL');
        await kill();
        removeLease(run);
        expect(await labelledRuns(engine)).toContainEqual(expect.objectContaining({ run, fate: 'dead' }));
        expect(await cleanLeftovers()).toContain(`removed network ${nameOf(run, 'net')}`);
        expect(await thingsOf(engine, run)).toBe(0);
        expect(await thingsOf(engine, `alive${process.pid}`)).toBe(1);
      });
    } finally {
      await living.remove();
    }
  },
);

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(text => text !== '')
    .map(Number);

dockerTest('a run from elsewhere is left alone until it is named', async engine => {
  const run = `elsewhere${process.pid}`;
  const labels = { ...labelsOf(run), 'ordeal.controller': JSON.stringify({ pid: 2, started: '1', place: 'far away' }) };
  await engine.docker.createNetwork({ Name: nameOf(run, 'net'), Labels: labels });
  try {
    expect((await cleanLeftovers()).join('\n')).toContain(`left alone: 1 things of the run ${run}, started by pid 2 on far`);
    expect(await thingsOf(engine, run)).toBe(1);
    expect(await cleanLeftovers(run)).toContain(`removed network ${nameOf(run, 'net')}`);
  } finally {
    await reapOn(engine, run, []);
  }
});
