/** Cycles of a dependency graph: the strongly connected components, and a shortest cycle in each. */
import type { Dependency, Graph } from './dependencies.ts';

/** A step of a cycle between transactions; moments in between are left out. */
export interface Link {
  readonly from: number;
  readonly edge: Dependency;
}

/** One cycle, the shortest in number of transactions that was found, per component that has any; at most `most`. O(edges) but for those. */
export const cyclesOf = (graph: Graph, most: number): readonly (readonly Link[])[] =>
  components(graph)
    .slice(0, most)
    .map(component => shortestIn(graph, component));

/** Tarjan's algorithm without recursion; only components with a cycle. */
const components = ({ edges }: Graph): readonly (readonly number[])[] => {
  const count = edges.length;
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const stack: number[] = [];
  const found: number[][] = [];
  let next = 0;
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue;
    const path: { node: number; at: number }[] = [];
    const enter = (node: number): void => {
      order[node] = low[node] = next++;
      stack.push(node);
      onStack[node] = 1;
      path.push({ node, at: 0 });
    };
    enter(root);
    while (path.length > 0) {
      const top = path.at(-1)!;
      const edge = edges[top.node]![top.at++];
      if (edge !== undefined) {
        if (order[edge.to] === -1) enter(edge.to);
        else if (onStack[edge.to]) low[top.node] = Math.min(low[top.node]!, order[edge.to]!);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[top.node]!);
      if (low[top.node] !== order[top.node]) continue;
      const component = stack.splice(stack.lastIndexOf(top.node));
      for (const node of component) onStack[node] = 0;
      if (component.length > 1 || edges[top.node]!.some(({ to }) => to === top.node)) found.push(component);
    }
  }
  return found;
};

/** From how many transactions of a component a cycle is looked for. */
const startingPoints = 64;

const shortestIn = (graph: Graph, component: readonly number[]): readonly Link[] => {
  const inside = new Set(component);
  const starts = component.filter(node => node < graph.size).slice(0, startingPoints);
  const cycles = starts.map(start => cycleThrough(graph, inside, start)).filter(cycle => cycle !== undefined);
  return cycles.reduce((best, cycle) => (cycle.length < best.length ? cycle : best));
};

/** The way back to `start` by the fewest transactions: moments cost nothing (0-1 breadth-first search). */
const cycleThrough = ({ edges, size }: Graph, inside: ReadonlySet<number>, start: number): readonly Link[] | undefined => {
  const cameBy = new Map<number, Link>();
  let [now, later]: [number[], number[]] = [[start], []];
  while (now.length > 0) {
    for (let node = now.pop(); node !== undefined; node = now.pop()) {
      for (const edge of edges[node]!) {
        if (!inside.has(edge.to)) continue;
        if (edge.to === start) return wayBack(cameBy, { from: node, edge }, start, size);
        if (cameBy.has(edge.to)) continue;
        cameBy.set(edge.to, { from: node, edge });
        (edge.to < size ? later : now).push(edge.to);
      }
    }
    [now, later] = [later, []];
  }
  return undefined;
};

/** The links between transactions; a stretch of moments becomes one link of real time. */
const wayBack = (cameBy: ReadonlyMap<number, Link>, last: Link, start: number, size: number): readonly Link[] => {
  const links: Link[] = [];
  let to = start;
  for (let link: Link = last; ; link = cameBy.get(link.from)!) {
    if (link.from < size) {
      links.unshift({ from: link.from, edge: link.edge.to < size ? link.edge : { to, kind: 'rt' } });
      to = link.from;
      if (link.from === start) return links;
    }
  }
};
