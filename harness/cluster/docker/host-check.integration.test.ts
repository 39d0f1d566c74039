import { expect } from 'vitest';
import { tryKernel, tryRegistry } from './host-check.ts';
import { ensureSidecarImage } from './images.ts';
import { dockerTest } from './testing/docker-here.ts';

dockerTest(
  'every feature of the kernel is tried, iptables works, and nothing is left of the trial',
  async engine => {
    const { ref } = await ensureSidecarImage(engine, () => {});
    const trials = await tryKernel(engine, ref);
    expect([...trials.keys()].sort()).toEqual(['iptables', 'netem', 'ptrace', 'tbf']);
    expect(trials.get('iptables')).toMatchObject({ works: true, detail: expect.stringMatching(/nft|legacy/) });
    for (const { detail } of trials.values()) expect(detail).not.toBe('');
    expect(await engine.docker.listContainers({ all: true, filters: { label: ['ordeal.doctor'] } })).toEqual([]);
  },
  180_000,
);

dockerTest('whether a registry answers is told in a sentence', async engine => {
  expect((await tryRegistry(engine)).detail.length).toBeGreaterThan(10);
});
