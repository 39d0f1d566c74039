/** What a container may use, read and put back. The engine cannot take a limit away again: "unlimited" is written as -1. */
import type Docker from 'dockerode';

/** In the engine's own words and units. */
export interface Limits {
  readonly Memory: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
}

export const limitsOf = ({ HostConfig }: Docker.ContainerInspectInfo): Limits => ({
  Memory: HostConfig.Memory ?? 0,
  MemorySwap: HostConfig.MemorySwap ?? 0,
  NanoCpus: HostConfig.NanoCpus ?? 0,
  CpuPeriod: HostConfig.CpuPeriod ?? 0,
  CpuQuota: HostConfig.CpuQuota ?? 0,
});

/** An update that leaves the container this share of one core. */
export const cpuShare = (before: Limits, share: number): Partial<Limits> =>
  before.NanoCpus > 0
    ? { NanoCpus: Math.round(Math.max(0.01, share) * 1e9) }
    : { CpuPeriod: periodUs, CpuQuota: Math.round(Math.max(0.01, share) * periodUs) };

export const cpuAsBefore = ({ NanoCpus, CpuPeriod, CpuQuota }: Limits): Partial<Limits> =>
  NanoCpus > 0 ? { NanoCpus } : { CpuPeriod: CpuPeriod || periodUs, CpuQuota: CpuQuota || -1 };

export const memoryAsBefore = ({ Memory, MemorySwap }: Limits): Partial<Limits> => ({ Memory: Memory || -1, MemorySwap: MemorySwap || -1 });

/** The kernel's own period, 100 ms. */
const periodUs = 100_000;
