import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster, Links } from '../../harness/protocol/cluster.ts';
import type { ClusterShape } from '../../harness/protocol/fault.ts';
import { resolveOptions } from '../../harness/protocol/options.ts';
import { createRng, pickWeighted } from '../../harness/std/rng.ts';
import { faults } from '../registry.ts';
import { claim, disturb, excuse, isClaimed } from './claims.ts';
import { scopeFlows } from './scope.ts';
import { drawNodes } from './targets.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];

describe('every plan is drawn from the seed alone', () => {
  const shape = fc.record({
    nodes: fc.integer({ min: 1, max: 7 }).map(count => nodes.concat('n6', 'n7').slice(0, count)),
    hasRoles: fc.boolean(),
  });
  test.each(faults.map(fault => [fault.kind, fault] as const))('%s', (_kind, fault) => {
    fc.assert(
      fc.property(fc.integer(), shape, (seed, at: ClusterShape) => {
        const options = resolveOptions(fault.options, {});
        const plan = fault.plan(createRng(seed), at, options);
        expect(fault.plan(createRng(seed), at, options)).toEqual(plan);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        if ('nodes' in plan.target) {
          expect(plan.target.nodes.length).toBeGreaterThan(0);
          for (const node of plan.target.nodes) expect(at.nodes).toContain(node);
        } else if (!at.hasRoles) expect(plan.target.role).toBe('all');
      }),
    );
  });
});

describe('options restrict what is drawn', () => {
  const plan = (kind: string, given: Record<string, string | number>, seed: number) => {
    const fault = faults.find(candidate => candidate.kind === kind);
    return fault!.plan(createRng(seed), { nodes, hasRoles: true }, resolveOptions(fault!.options, given));
  };
  test.each([
    ['partition', { variant: 'bridge' }, { params: { variant: 'bridge' } }],
    ['kill', { target: 'all' }, { target: { nodes } }],
    ['pause', { target: 'leader' }, { target: { role: 'leader' } }],
    [
      'latency',
      { delayMs: 77, jitterMs: 0, scope: 'all' },
      { target: { role: 'all' }, params: { scope: 'all', delayMs: 77, jitterMs: 0 } },
    ],
    ['bandwidth', { rateKBps: '9' }, { params: { rateKBps: 9 } }],
    ['slicer', { sizeBytes: 3, delayUs: 0 }, { params: { sizeBytes: 3, delayUs: 0 } }],
    ['clock', { variant: 'jump', offsetMs: -500 }, { params: { variant: 'jump', offsetMs: -500 } }],
    ['clock', { variant: 'drift', rate: 3 }, { params: { variant: 'drift', rate: 3 } }],
  ])('%s with %j', (kind, given, expected) => {
    for (let seed = 0; seed < 20; seed++) expect(plan(kind, given as Record<string, string>, seed)).toMatchObject(expected);
  });

  test('a value that is not offered is a usage error that names it', () => {
    expect(() => plan('partition', { variant: 'sideways' }, 1)).toThrow(/variant=sideways: expected one of any, isolate-one/);
  });
});

describe('targets', () => {
  test('a minority is less than half, a majority more', () => {
    for (let seed = 0; seed < 100; seed++) {
      expect(drawNodes(createRng(seed), nodes, 'minority').length).toBeLessThan(2.5);
      expect(drawNodes(createRng(seed), nodes, 'majority').length).toBe(3);
    }
    expect(drawNodes(createRng(1), ['n1'], 'minority')).toEqual(['n1']);
  });

  test('a heavier item is picked more often', () => {
    const rng = createRng(1);
    const picks = Array.from({ length: 4000 }, () => pickWeighted(rng, [['a', 3] as const, ['b', 1] as const]));
    const share = picks.filter(pick => pick === 'a').length / picks.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });
});

test('the scope of one node is every flow that it takes part in, clients included', () => {
  const flows = [
    { from: 'n1', to: 'n2' },
    { from: 'n2', to: 'n1' },
    { from: 'n2', to: 'n3' },
    { from: 'clients', to: 'n1' },
  ];
  const links = { flows } as unknown as Links;
  expect(scopeFlows({ params: { scope: 'one-node' } }, ['n1'], links)).toEqual([flows[0], flows[1], flows[3]]);
  expect(scopeFlows({ params: { scope: 'all' } }, [], links)).toEqual(flows);
  expect(scopeFlows({ params: { scope: 'some-links', links: [['n2', 'n3']] } }, [], links)).toEqual([flows[2]]);
});

describe('claims', () => {
  const cluster = { state: () => 'running' } as unknown as Cluster;
  test('a claim that was taken over is not held any more, and its release changes nothing', () => {
    const first = claim(cluster, 'n1', 'paused');
    const second = claim(cluster, 'n1', 'paused');
    expect([first.held(), second.held()]).toEqual([false, true]);
    first.release();
    expect(isClaimed(cluster, 'n1', 'paused')).toBe(true);
    second.release();
    expect(isClaimed(cluster, 'n1', 'paused')).toBe(false);
  });

  test('a silent link is excused while another fault disturbs it in either direction', () => {
    const settle = disturb(cluster, [{ from: 'n1', to: 'n2' }]);
    expect(excuse(cluster, 'n2', 'n1')).toBe('another fault is on n2>n1');
    expect(excuse(cluster, 'n1', 'n3')).toBeUndefined();
    settle();
    expect(excuse(cluster, 'n2', 'n1')).toBeUndefined();
  });
});
