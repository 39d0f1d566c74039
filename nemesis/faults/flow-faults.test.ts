import { describe, expect, test } from 'vitest';
import type { FlowCounters } from '../../harness/protocol/cluster.ts';
import { within } from '../../harness/std/deadline.ts';
import { bandwidth, latency, reset, slicer } from './link-faults.ts';
import { addedDelayMs } from './movement.ts';
import { drop, partition } from './partition.ts';
import { createFake, type Fake, injectFake } from './testing/fake-cluster.ts';
import { delay, dns, duplicate, loss, rate, reorder } from './wire-faults.ts';

const soon = () => within(4000);
const oneLink = { target: { role: 'all' }, params: { scope: 'some-links', links: [['n1', 'n2']] } } as const;
const isolate = { target: { nodes: ['n1'] }, params: { variant: 'isolate-one' } };
const mode = (fake: Fake, word: RegExp) => [...fake.broken].some(what => word.test(what));

describe('a kernel fault is put on the flows, is proven by what the kernel counts, and goes', () => {
  test.each([
    ['drop', drop, isolate, {}, 'drop n1>n2 n2>n1'],
    ['loss', loss, oneLink, { share: 0.1 }, 'loss n1>n2'],
    ['duplicate', duplicate, oneLink, { share: 0.1 }, 'duplicate n1>n2'],
    ['reorder', reorder, oneLink, { share: 0.1, delayMs: 10 }, 'reorder n1>n2'],
    ['delay', delay, oneLink, { delayMs: 100, jitterMs: 0 }, 'delay n1>n2'],
    ['rate', rate, oneLink, { rateKBps: 5 }, 'rate n1>n2'],
    ['dns', dns, { target: { nodes: ['n1'] }, params: {} }, { mode: 'fail' }, 'dns n1>n2'],
  ] as const)('%s', async (kind, fault, plan, params, what) => {
    const fake = createFake(['n1', 'n2']);
    fake.ping = () => (mode(fake, /^drop/) ? undefined : mode(fake, /^delay/) ? 102 : 1);
    const injected = await injectFake(fake, fault, { ...plan, params: { ...plan.params, ...params } });
    expect([...fake.broken]).toEqual([what]);
    expect(await injected.prove(soon())).toMatchObject({ effective: true, detail: expect.stringContaining(`the kernel says ${kind}`) });
    expect(await injected.heal(soon())).toMatchObject({ effective: true, detail: expect.stringContaining(`the ${kind} rules removed`) });
    expect([...fake.broken]).toEqual([]);
  });

  test('what the kernel has not counted is not proven, and links that answer all the same refute a drop', async () => {
    const fake = createFake(['n1', 'n2']);
    fake.kernel.effective = false;
    const lost = await injectFake(fake, loss, { ...oneLink, params: { ...oneLink.params, share: 0.1 } });
    expect(await lost.prove(within(300))).toMatchObject({ effective: false });
    await lost.heal(soon());
    fake.kernel.effective = true;
    const dropped = await injectFake(fake, drop, isolate);
    expect(await dropped.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('still answered') });
    await dropped.heal(soon());
    expect([...fake.broken]).toEqual([]);
  });

  test('a system that cannot be pinged is proven by the kernel alone', async () => {
    const fake = createFake(['n1', 'n2']);
    fake.ping = () => {
      throw new Error('this system offers no ping');
    };
    const injected = await injectFake(fake, drop, isolate);
    expect(await injected.prove(soon())).toEqual({ effective: true, detail: 'the kernel says drop n1>n2 n2>n1' });
    expect(await injected.heal(soon())).toMatchObject({ effective: true });
  });

  test('a kernel that cannot is an error, and nothing is left', async () => {
    const fake = createFake(['n1', 'n2']);
    fake.failing.add('wires');
    await expect(injectFake(fake, drop, isolate)).rejects.toThrow(/cannot be/);
    expect([...fake.broken]).toEqual([]);
  });
});

/** Flows without pings, 1000 bytes a second; `toll` says how long each byte stays in under the fault, `passes` whether it comes out. */
const flowing = (fake: Fake, under: { stayMs?: number; passes?: boolean; bytesPerMs?: number }) => {
  let at = performance.now();
  const total: { receivedBytes: number; sentBytes: number } = { receivedBytes: 0, sentBytes: 0 };
  fake.ping = () => {
    throw new Error('this system offers no ping');
  };
  fake.counters = (): ReadonlyMap<string, FlowCounters> => {
    const now = performance.now();
    const { stayMs = 0, passes = true, bytesPerMs = 10 } = fake.broken.size > 0 ? under : {};
    total.receivedBytes += (now - at) * bytesPerMs;
    if (passes) total.sentBytes = Math.max(total.sentBytes, total.receivedBytes - stayMs * bytesPerMs);
    at = now;
    return new Map([['n1>n2', { ...total }]]);
  };
  fake.counters();
};

describe('without pings, a toxic is proven by how bytes move, where that can be', () => {
  test.each([
    ['partition', partition, isolate, {}, { passes: false }, /bytes entered the cut links and none came out/],
    ['latency', latency, oneLink, { delayMs: 100, jitterMs: 0 }, { stayMs: 100 }, /bytes stayed ([5-9]\d|1[0-4]\d) ms longer/],
    ['bandwidth', bandwidth, oneLink, { rateKBps: 5 }, {}, /bytes came through/],
    ['slicer', slicer, oneLink, { sizeBytes: 4, delayUs: 0 }, {}, /bytes came through/],
    ['reset', reset, oneLink, { afterMs: 0 }, { passes: false }, /before, and none in/],
  ] as const)('%s', async (_kind, fault, plan, params, under, proof) => {
    const fake = createFake(['n1', 'n2']);
    flowing(fake, under);
    const injected = await injectFake(fake, fault, { ...plan, params: { ...plan.params, ...params } });
    expect(await injected.prove(soon())).toMatchObject({ effective: true, detail: expect.stringMatching(proof) });
    expect(await injected.heal(soon())).toMatchObject({ effective: true, detail: expect.stringContaining('came through') });
  });

  test.each([
    ['a partition through which bytes come', partition, isolate, {}, {}],
    ['a latency that delays nothing', latency, oneLink, { delayMs: 100, jitterMs: 0 }, { stayMs: 5 }],
    ['a reset that lets bytes through', reset, oneLink, { afterMs: 0 }, {}],
    ['a reset after a while, which bytes cannot tell', reset, oneLink, { afterMs: 500 }, { passes: false }],
    ['a bandwidth on which nothing flows', bandwidth, oneLink, { rateKBps: 5 }, { bytesPerMs: 0 }],
  ] as const)('%s is not proven', async (_what, fault, plan, params, under) => {
    const fake = createFake(['n1', 'n2']);
    flowing(fake, under);
    const injected = await injectFake(fake, fault, { ...plan, params: { ...plan.params, ...params } });
    expect(await injected.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('nothing can be shown') });
    expect(await injected.heal(soon())).toMatchObject({ effective: true });
  });
});

test('bytes inside = rate of entering x time inside', () => {
  const before = { ms: 300, receivedBytes: 3000, sentBytes: 3000, heldBytes: 40 };
  expect(addedDelayMs(before, { ms: 300, receivedBytes: 3000, sentBytes: 3000, heldBytes: 1040 })).toBe(100);
  expect(addedDelayMs(before, { ms: 300, receivedBytes: 0, sentBytes: 0, heldBytes: 1040 })).toBeUndefined();
});
