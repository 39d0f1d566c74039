/** Which links a run has, and where each one's proxy listens in its sender's namespace. Pure. */
import type { Site } from '../../../protocol/cluster.ts';
import type { NodeId, PortSpec } from '../../../protocol/system.ts';
import { urlSafe } from '../../toxiproxy/api.ts';
import { type Link, linksOf } from '../../toxiproxy/streams.ts';
import { firstProxyPort } from './rules.ts';

export interface PlannedLink extends Link {
  readonly name: string;
  /** The port of the receiver. */
  readonly number: number;
  /** The port of its proxy, in the namespace of the sender. */
  readonly listen: number;
}

export interface LinkPlan {
  readonly links: readonly PlannedLink[];
  /** Links of all other nodes to a port that a node was found to listen on; none where it has links already. */
  learn(node: NodeId, port: number): PlannedLink[];
}

export const planLinks = (nodes: readonly NodeId[], ports: Readonly<Record<string, PortSpec>>): LinkPlan => {
  const links: PlannedLink[] = [];
  const last = new Map<Site, number>();
  const add = (link: Link, number: number): PlannedLink => {
    const listen = (last.get(link.from) ?? firstProxyPort - 1) + 1;
    last.set(link.from, listen);
    const planned = { ...link, number, listen, name: urlSafe(`${links.length}-${link.from}-${link.to}-${link.port}`) };
    links.push(planned);
    return planned;
  };
  const numbered = Object.fromEntries(Object.entries(ports).filter(([, { number }]) => number !== undefined));
  for (const link of linksOf(nodes, numbered)) {
    // Two names for one port of a node: one redirect can only lead to one proxy, so the first has it.
    const number = numbered[link.port]!.number!;
    if (!links.some(({ from, to, number: taken }) => from === link.from && to === link.to && taken === number)) add(link, number);
  }
  return {
    links,
    learn: (node, port) => {
      const known = (from: NodeId): boolean => links.some(link => link.from === from && link.to === node && link.number === port);
      return nodes.filter(from => from !== node && !known(from)).map(from => add({ from, to: node, port: `${port}` }, port));
    },
  };
};
