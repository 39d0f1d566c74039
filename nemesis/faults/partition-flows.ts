/** The geometry of partitions: which packets each variant cuts. Pure; nodes in, flows out, never one from a node to itself. */
import type { Flow } from '../../harness/protocol/cluster.ts';
import type { NodeId } from '../../harness/protocol/system.ts';

/** Everything between the two groups, both ways. */
export const between = (left: readonly NodeId[], right: readonly NodeId[]): Flow[] =>
  left.flatMap(a =>
    right
      .filter(b => b !== a)
      .flatMap(b => [
        { from: a, to: b },
        { from: b, to: a },
      ]),
  );

/** Everything between the group and the others, both ways. */
export const around = (group: readonly NodeId[], nodes: readonly NodeId[]): Flow[] =>
  between(
    group,
    nodes.filter(node => !group.includes(node)),
  );

/** One direction only: `in` cuts what the node would receive, `out` what it sends. */
export const oneWay = (node: NodeId, direction: 'in' | 'out', nodes: readonly NodeId[]): Flow[] =>
  nodes.filter(other => other !== node).map(other => (direction === 'in' ? { from: other, to: node } : { from: node, to: other }));

/**
 * Every node hears a majority, and no two the same one: with the nodes in a circle, each hears only the window of a majority's size around
 * itself. With an odd window all links are cut both ways; with an even one (3 or 4 nodes) some are cut one way.
 * Source: Jepsen's majorities-ring.
 */
export const majoritiesRing = (circle: readonly NodeId[]): Flow[] => {
  const n = circle.length;
  const majority = Math.floor(n / 2) + 1;
  const behind = Math.floor(majority / 2);
  return circle.flatMap((to, at) => {
    const heard = new Set(Array.from({ length: majority }, (_, i) => circle[(at - behind + i + n) % n]!));
    return circle.filter(from => !heard.has(from)).map(from => ({ from, to }));
  });
};

/** Two halves that see each other only through the bridge, which sees everybody. */
export const bridge = (middle: NodeId, left: readonly NodeId[], nodes: readonly NodeId[]): Flow[] =>
  between(
    left,
    nodes.filter(node => node !== middle && !left.includes(node)),
  );

/** Every directed pair of nodes. */
export const allPairs = (nodes: readonly NodeId[]): Flow[] =>
  nodes.flatMap(from => nodes.filter(to => to !== from).map(to => ({ from, to })));
