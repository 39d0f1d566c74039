/**
 * A network of the run's own in which every node keeps its address for life. The engine gives fixed addresses only where the subnet was
 * asked for, but only the engine knows which subnets are free: so it chooses one, and is then asked for that very one.
 */
import type Docker from 'dockerode';
import { messageOf } from '../../std/user-error.ts';

export interface OwnNetwork {
  readonly id: string;
  readonly name: string;
  /** The address of the i-th node, from 0. Addresses that the engine hands out by itself are others. */
  addressOf(i: number): string;
}

const attempts = 5;

/** Another network may take the subnet between the two calls; then there is another one. */
export const createOwnNetwork = async (docker: Docker, name: string, labels: Readonly<Record<string, string>>): Promise<OwnNetwork> => {
  for (let attempt = 1; ; attempt++) {
    const subnet = await freeSubnet(docker, name, labels);
    const plan = planSubnet(subnet);
    try {
      const network = await docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Labels: { ...labels },
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet, IPRange: plan.range }] },
      });
      return { id: network.id, name, addressOf: plan.addressOf };
    } catch (thrown) {
      if (attempt === attempts || !/overlap/.test(messageOf(thrown))) throw thrown;
    }
  }
};

const freeSubnet = async (docker: Docker, name: string, labels: Readonly<Record<string, string>>): Promise<string> => {
  const probe = await docker.createNetwork({ Name: `${name}-probe`, Labels: { ...labels } });
  try {
    const { IPAM } = (await probe.inspect()) as Docker.NetworkInspectInfo;
    return IPAM!.Config![0]!.Subnet!;
  } finally {
    await probe.remove();
  }
};

/** `172.18.0.0/16`: nodes from 172.18.0.10 on, everybody else in the upper half. */
export const planSubnet = (subnet: string): { range: string; addressOf(i: number): string } => {
  const [base = '', bits = ''] = subnet.split('/');
  const first = base.split('.').reduce((number, part) => number * 256 + Number(part), 0);
  const half = 2 ** (31 - Number(bits));
  return { range: `${dotted(first + half)}/${Number(bits) + 1}`, addressOf: i => dotted(first + firstNode + i) };
};

const firstNode = 10;

const dotted = (address: number): string => [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
