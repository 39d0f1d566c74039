/**
 * Who broke what right now. Faults overlap; each heals only what it still holds itself, and knows when somebody else's fault explains
 * why a healed link does not answer yet.
 */
import type { Cluster, Flow } from '../../harness/protocol/cluster.ts';
import type { NodeId } from '../../harness/protocol/system.ts';

export interface Claim {
  /** Whether nobody has taken it over since. */
  held(): boolean;
  /** Harmless when it is not held. */
  release(): void;
}

/** Each reads as the end of `n1 is …`. */
export type Condition = 'stopped' | 'paused' | 'skewed' | Hindrance;

/** What may keep a node from serving although its process lives. */
const hindrances = ['disconnected', 'starved of CPU', 'out of disk space'] as const;
type Hindrance = (typeof hindrances)[number];

interface Book {
  readonly nodes: Map<string, symbol>;
  readonly flows: Set<ReadonlySet<string>>;
}

const books = new WeakMap<Cluster, Book>();

const bookOf = (cluster: Cluster): Book => {
  const book = books.get(cluster) ?? { nodes: new Map(), flows: new Set() };
  books.set(cluster, book);
  return book;
};

/** The caller puts the node into this condition; an older claim to the same is void from now on. */
export const claim = (cluster: Cluster, node: NodeId, condition: Condition): Claim => {
  const { nodes } = bookOf(cluster);
  const key = `${condition} ${node}`;
  const mine = Symbol(key);
  nodes.set(key, mine);
  const held = (): boolean => nodes.get(key) === mine;
  return { held, release: () => void (held() && nodes.delete(key)) };
};

export const isClaimed = (cluster: Cluster, node: NodeId, condition: Condition): boolean =>
  bookOf(cluster).nodes.has(`${condition} ${node}`);

export const hindrance = (cluster: Cluster, node: string): Hindrance | undefined =>
  hindrances.find(condition => isClaimed(cluster, node, condition));

/** The caller disturbs these flows until it calls what this returns. */
export const disturb = (cluster: Cluster, flows: readonly Flow[]): (() => void) => {
  const keys: ReadonlySet<string> = new Set(flows.map(({ from, to }) => `${from}>${to}`));
  const { flows: disturbed } = bookOf(cluster);
  disturbed.add(keys);
  return () => void disturbed.delete(keys);
};

/** Why a link may be silent although the caller does not disturb it: a fault of somebody else's. Undefined when there is none. */
export const excuse = (cluster: Cluster, from: string, to: NodeId): string | undefined => {
  if (cluster.state(to) !== 'running') return `${to} is ${cluster.state(to)}`;
  for (const node of [from, to]) {
    const why = hindrance(cluster, node);
    if (why !== undefined) return `${node} is ${why}`;
  }
  const others = [...bookOf(cluster).flows].some(keys => keys.has(`${from}>${to}`) || keys.has(`${to}>${from}`));
  return others ? `another fault is on ${from}>${to}` : undefined;
};
