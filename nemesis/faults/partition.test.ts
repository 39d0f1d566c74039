import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Flow } from '../../harness/protocol/cluster.ts';
import { createRng } from '../../harness/std/rng.ts';
import { allPairs, around, bridge, majoritiesRing, oneWay } from './partition-flows.ts';
import { type PartitionVariant, partitionFlows, partitionVariants, planPartition } from './partition-plan.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const keys = (flows: readonly Flow[]) => flows.map(({ from, to }) => `${from}>${to}`).sort();
const variants = Object.keys(partitionVariants) as PartitionVariant[];

/** Whom a node still hears under a cut, itself included. */
const hears = (flows: readonly Flow[], nodes: readonly string[], node: string) =>
  nodes.filter(other => !flows.some(({ from, to }) => from === other && to === node));

/** Plans a variant from a seed, with n1 as the leader of the moment. */
const drawn = (variant: PartitionVariant, seed: number, count: number) => {
  const nodes = names(count);
  const plan = planPartition(createRng(seed), { nodes, hasRoles: true }, { variant });
  const hit = 'nodes' in plan.target ? plan.target.nodes : ['n1'];
  return { nodes, hit, plan, flows: partitionFlows(plan, hit, nodes) };
};

describe('each variant cuts what its name says', () => {
  test('isolate-one and isolate-leader: one node hears nobody, the others all hear each other', () => {
    for (const variant of ['isolate-one', 'isolate-leader'] as const) {
      const { nodes, hit, flows } = drawn(variant, 1, 5);
      expect(hit).toHaveLength(1);
      expect(flows).toHaveLength(8);
      for (const node of nodes) expect(hears(flows, nodes, node)).toEqual(nodes.filter(other => (node === hit[0]) === (other === hit[0])));
    }
  });

  test('halves: two groups that differ by one at most', () => {
    expect(drawn('halves', 1, 5).flows).toHaveLength(2 * 2 * 3);
    expect(drawn('halves', 1, 4).flows).toHaveLength(2 * 2 * 2);
  });

  test('majority-minority: the larger side is a majority', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 3, max: 9 }), (seed, count) => {
        const { nodes, hit } = drawn('majority-minority', seed, count);
        expect(hit.length).toBeGreaterThan(0);
        expect(nodes.length - hit.length).toBeGreaterThan(nodes.length / 2);
      }),
    );
  });

  test('majorities-ring: every node hears a majority, no two the same one', () => {
    for (const count of [3, 4, 5, 6, 7]) {
      const nodes = names(count);
      const flows = majoritiesRing(nodes);
      const heard = nodes.map(node => hears(flows, nodes, node));
      for (const [i, group] of heard.entries()) {
        expect(group).toHaveLength(Math.floor(count / 2) + 1);
        expect(group).toContain(nodes[i]);
      }
      expect(new Set(heard.map(group => group.join())).size).toBe(count);
    }
  });

  test('bridge: the middle hears everybody, the sides hear only themselves and the middle', () => {
    const nodes = names(5);
    const flows = bridge('n3', ['n1', 'n2'], nodes);
    expect(hears(flows, nodes, 'n3')).toEqual(nodes);
    expect(hears(flows, nodes, 'n1')).toEqual(['n1', 'n2', 'n3']);
    expect(hears(flows, nodes, 'n5')).toEqual(['n3', 'n4', 'n5']);
  });

  test('one-way: the other direction is left alone', () => {
    expect(keys(oneWay('n1', 'in', names(3)))).toEqual(['n2>n1', 'n3>n1']);
    expect(keys(oneWay('n1', 'out', names(3)))).toEqual(['n1>n2', 'n1>n3']);
  });

  test('random-links: at least one', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 6 }), (seed, count) => {
        expect(drawn('random-links', seed, count).flows.length).toBeGreaterThan(0);
      }),
    );
  });

  test('a group is cut off from the others, not from itself', () => {
    expect(keys(around(['n1', 'n2'], names(3)))).toEqual(['n1>n3', 'n2>n3', 'n3>n1', 'n3>n2']);
    expect(allPairs(names(3))).toHaveLength(6);
  });
});

test('no variant ever cuts a node from itself, names a node that is not there, or cuts a flow twice', () => {
  fc.assert(
    fc.property(fc.constantFrom(...variants), fc.integer(), fc.integer({ min: 3, max: 9 }), (variant, seed, count) => {
      const { nodes, flows } = drawn(variant, seed, count);
      for (const { from, to } of flows) {
        expect(from).not.toBe(to);
        expect(nodes).toContain(from);
        expect(nodes).toContain(to);
      }
      expect(new Set(keys(flows)).size).toBe(flows.length);
      if (variant !== 'leader-churn') expect(flows.length).toBeGreaterThan(0);
    }),
  );
});

test('the same seed plans the same partition; the seeds together plan every variant', () => {
  const shape = { nodes: names(5), hasRoles: true };
  const plan = (seed: number) => planPartition(createRng(seed), shape, { variant: 'any' });
  expect(plan(3)).toEqual(plan(3));
  const seen = new Set(Array.from({ length: 300 }, (_, seed) => plan(seed).params.variant));
  expect([...seen].sort()).toEqual([...variants].sort());
});

test('without roles nothing is planned that needs a leader', () => {
  for (let seed = 0; seed < 200; seed++)
    expect(planPartition(createRng(seed), { nodes: names(5), hasRoles: false }, { variant: 'any' }).target).not.toEqual({ role: 'leader' });
});

test.each([
  ['bridge', 2, true, /needs 3 nodes, and there are 2/],
  ['isolate-leader', 5, false, /needs a system that tells who leads/],
])('%s of %i nodes, roles %s, is refused with the reason', (variant, count, hasRoles, reason) => {
  expect(() => planPartition(createRng(1), { nodes: names(count), hasRoles }, { variant })).toThrow(reason);
});
