import { expect, test } from 'vitest';
import type { Cluster, NodeState } from '../../harness/protocol/cluster.ts';
import type { FaultContext } from '../../harness/protocol/fault.ts';
import { cut, silence } from './silence.ts';
import { injectToxic } from './toxic-fault.ts';

const flows = [
  { from: 'n1', to: 'n2' },
  { from: 'n2', to: 'n1' },
];

/** Two nodes and a toxic that holds on `held` links. `states` may change while the fault is in force. */
const clusterOf = (
  states: Record<string, NodeState>,
  held: ReadonlySet<string>,
  refused: ReadonlySet<string> = new Set(),
): FaultContext => {
  let inForce = false;
  const links = {
    flows,
    apply: async () => {
      inForce = true;
      return { placed: 2, confirm: async () => 2, remove: async () => undefined };
    },
    ping: async (from: string, to: string, signal: AbortSignal): Promise<number> => {
      if (inForce && refused.has(`${from}>${to}`)) throw new Error('connection refused');
      if (!inForce || !held.has(`${from}>${to}`)) return 1;
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
      throw new Error('no answer');
    },
    counters: async () => undefined,
  };
  const cluster = { links, state: (node: string) => states[node] } as unknown as Cluster;
  return { cluster, signal: new AbortController().signal } as unknown as FaultContext;
};
const soon = { ...cut(flows), toxic: silence, patienceMs: () => 5, watchMs: 5 };
const prove = async (context: FaultContext, meanwhile: () => void) => {
  const injected = await injectToxic(context, soon);
  meanwhile();
  return injected.prove(new AbortController().signal);
};
const both = new Set(['n1>n2', 'n2>n1']);
const nothing = () => undefined;

test('links that answered and fell silent prove a cut; one that still answers disproves it', async () => {
  const running = (): Record<string, NodeState> => ({ n1: 'running', n2: 'running' });
  expect(await prove(clusterOf(running(), both), nothing)).toMatchObject({
    effective: true,
    detail: expect.stringContaining('2 of 2 links'),
  });
  expect(await prove(clusterOf(running(), new Set(['n1>n2'])), nothing)).toMatchObject({ effective: false });
});

test('the silence of a node that was stopped meanwhile proves nothing', async () => {
  const states: Record<string, NodeState> = { n1: 'running', n2: 'running' };
  const one = await prove(clusterOf(states, both), () => {
    states.n2 = 'stopped';
  });
  expect(one).toMatchObject({ effective: true, detail: expect.stringContaining('1 of 2 links') });
  states.n2 = 'running';
  const none = await prove(clusterOf(states, new Set()), () => {
    states.n1 = 'paused';
    states.n2 = 'stopped';
  });
  expect(none).toMatchObject({ effective: false, detail: expect.stringContaining('nothing can be shown') });
});

test('a link that refuses is not silent: it proves nothing', async () => {
  const running = (): Record<string, NodeState> => ({ n1: 'running', n2: 'running' });
  const one = await prove(clusterOf(running(), both, new Set(['n1>n2'])), nothing);
  expect(one).toMatchObject({ effective: true, detail: expect.stringContaining('1 of 2 links') });
  expect(await prove(clusterOf(running(), both, both), nothing)).toMatchObject({ effective: false });
});
