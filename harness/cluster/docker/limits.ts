/**
 * What a container may use, read and put back. The engine cannot take a limit away again (0 means "as it is"), so one that was not there is
 * put back as what the kernel itself takes for none.
 */
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

export const memoryAsBefore = ({ Memory, MemorySwap }: Limits): Partial<Limits> => ({
  Memory: Memory || noLimitBytes,
  MemorySwap: MemorySwap || -1,
});

/** The largest multiple of a page; exact as a JavaScript number too. */
const noLimitBytes = 2 ** 63 - 4096;

/** The kernel's own period, 100 ms. */
const periodUs = 100_000;
