/** A controller that is killed with -9 in the middle of a partition leaves nothing on the Docker host. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { dockerTest } from '../../../harness/cluster/docker/testing/docker-here.ts';
import { echoImage } from './echo-system.ts';

const program = fileURLToPath(new URL('./controller.mjs', import.meta.url));

dockerTest('within ten seconds no container, network or volume of the run is left', async ({ docker }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-killed-'));
  const controller = execa(process.execPath, [program, folder, echoImage.dockerfile], { reject: false, stdin: 'ignore' });
  const mine = async (): Promise<number> => {
    const filters = { label: ['ordeal.run'] };
    const [containers, networks, { Volumes: volumes }] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
      docker.listVolumes({ filters }),
    ]);
    const all = [...containers, ...networks, ...(volumes ?? [])] as { Labels?: Record<string, string> }[];
    return all.filter(({ Labels }) => Labels?.['ordeal.controller']?.includes(`"pid":${controller.pid},`)).length;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      controller.stdout.once('data', () => resolve());
      void controller.then(({ stderr }) => reject(new Error(`the controller ended: ${stderr}`)));
    });
    expect(await mine()).toBeGreaterThan(6);
    controller.kill('SIGKILL');
    await expect.poll(mine, { timeout: 10_000, interval: 200 }).toBe(0);
  } finally {
    controller.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
