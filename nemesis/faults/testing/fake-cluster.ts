/** A cluster in memory: nodes are states, links are answers, what breaks is a list. For tests of faults. */
import type { Broken, Cluster, Flow, FlowCounters, HostFault, NodeState, Toxic, WireFault } from '../../../harness/protocol/cluster.ts';
import type { Fault, FaultContext, FaultPlan, Injected } from '../../../harness/protocol/fault.ts';

export interface Fake {
  readonly context: FaultContext;
  readonly states: Map<string, NodeState>;
  /** What is in force, in words: `drop n1>n2`, `cpu n1`. */
  readonly broken: Set<string>;
  /** Nodes whose next breaking throws. */
  readonly failing: Set<string>;
  /** Nodes that do not get ready. */
  readonly mute: Set<string>;
  /** Whether the kernel has seen what it was told to do. */
  kernel: { effective: boolean };
  /** What a ping over a link does: its milliseconds, or undefined for silence. Throws for an error. */
  ping: (from: string, to: string) => number | undefined;
  /** Undefined: the links keep none. */
  counters: () => ReadonlyMap<string, FlowCounters> | undefined;
}

export const createFake = (nodes: readonly string[]): Fake => {
  const states = new Map<string, NodeState>(nodes.map(node => [node, 'running']));
  const fake: Fake = {
    context: undefined as unknown as FaultContext,
    states,
    broken: new Set(),
    failing: new Set(),
    mute: new Set(),
    kernel: { effective: true },
    ping: () => 1,
    counters: () => undefined,
  };
  const end = (state: NodeState, how: string) => async (node: string) => {
    if (fake.failing.delete(node)) throw new Error(`${node} resists`);
    states.set(node, state);
    return `${node} ${how}`;
  };
  const breaks = (what: string, fails: boolean): Broken => {
    if (fails) throw new Error(`${what} cannot be`);
    fake.broken.add(what);
    return {
      prove: async () => ({ effective: fake.kernel.effective && fake.broken.has(what), detail: `the kernel says ${what}` }),
      remove: async () => void fake.broken.delete(what),
    };
  };
  const cluster: Partial<Cluster> = {
    nodes,
    links: linksOf(fake, nodes),
    state: node => states.get(node)!,
    ready: async node => {
      if (states.get(node) !== 'running' || fake.mute.has(node)) throw new Error(`${node} is mute`);
    },
    kill: end('stopped', 'was killed'),
    stop: async (node, graceMs) => `${await end('stopped', 'ended')(node)} within ${graceMs} ms`,
    pause: end('paused', 'was paused'),
    resume: async node => void states.set(node, 'running'),
    restart: async (node, signal) => {
      states.set(node, 'running');
      if (fake.mute.has(node))
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error(`${node} is mute`))));
    },
    breakHost: async (node: string, fault: HostFault) => {
      const broken = breaks(`${fault.type} ${node}`, fake.failing.delete(node));
      if (fault.type === 'memory') states.set(node, 'stopped');
      return broken;
    },
    breakWires: async (flows: readonly Flow[], fault: WireFault) =>
      breaks(`${fault.type} ${flows.map(({ from, to }) => `${from}>${to}`).join(' ')}`, fake.failing.delete('wires')),
  };
  return Object.assign(fake, { context: { cluster, signal: new AbortController().signal } });
};

const linksOf = (fake: Fake, nodes: readonly string[]) => ({
  flows: nodes.flatMap(from => nodes.filter(to => to !== from).map(to => ({ from, to }))),
  apply: async (flows: readonly Flow[], { type }: Toxic) => {
    const words = flows.map(({ from, to }) => `${type} ${from}>${to}`);
    for (const word of words) fake.broken.add(word);
    return {
      placed: words.length,
      confirm: async () => words.filter(word => fake.broken.has(word)).length,
      remove: async () => {
        for (const word of words) fake.broken.delete(word);
      },
    };
  },
  ping: async (from: string, to: string, signal: AbortSignal): Promise<number> => {
    const ms = fake.ping(from, to);
    if (ms !== undefined) return ms;
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
    throw new Error('no answer');
  },
  counters: async () => fake.counters(),
  address: () => ({ host: '', port: 0 }),
});

export const injectFake = (fake: Fake, fault: Fault, plan: FaultPlan): Promise<Injected> =>
  fault.inject({ id: 0, kind: fault.kind, startMs: 0, durationMs: 1000, ...plan }, fake.context);
