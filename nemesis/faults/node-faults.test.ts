import { describe, expect, test } from 'vitest';
import { within } from '../../harness/std/deadline.ts';
import { cpu, disconnect, disk, oom } from './host-faults.ts';
import { kill, stop } from './kill.ts';
import { pauseNodes } from './pause.ts';
import { createFake, injectFake } from './testing/fake-cluster.ts';

const soon = () => within(2000);
const on = (...nodes: string[]) => ({ target: { nodes }, params: { graceMs: 700, share: 0.1 } });

describe('each takes, is proven, heals, and healing twice is harmless', () => {
  test.each([
    ['kill', kill, 'stopped', /^n1 was killed; n2 was killed$/, /n1, n2 started again and serve/],
    ['stop', stop, 'stopped', /^n1 ended within 700 ms; n2 ended within 700 ms$/, /n1, n2 started again and serve/],
    ['pause', pauseNodes, 'paused', /n1 was paused; n2 was paused; no answer/, /n1, n2 resumed and answer/],
    ['oom', oom, 'stopped', /says memory n1; the kernel says memory n2/, /n1, n2 started again and serve/],
    ['cpu', cpu, 'running', /says cpu n1; the kernel says cpu n2/, /n1, n2 let go and answer/],
    ['disk', disk, 'running', /says disk n1; the kernel says disk n2/, /n1, n2 let go and answer/],
    ['disconnect', disconnect, 'running', /says disconnect n1; the kernel says disconnect n2/, /n1, n2 let go and answer/],
  ] as const)('%s', async (_kind, fault, state, proof, healing) => {
    const fake = createFake(['n1', 'n2', 'n3']);
    const injected = await injectFake(fake, fault, on('n1', 'n2'));
    expect(injected.targets).toEqual(['n1', 'n2']);
    expect([...fake.states.values()]).toEqual([state, state, 'running']);
    expect(await injected.prove(soon())).toEqual({ effective: true, detail: expect.stringMatching(proof) });
    for (let times = 0; times < 2; times++)
      expect(await injected.heal(soon())).toEqual({ effective: true, detail: expect.stringMatching(healing) });
    expect([...fake.states.values()]).toEqual(['running', 'running', 'running']);
    expect([...fake.broken]).toEqual([]);
  });
});

describe('what the kernel does not confirm was without effect', () => {
  test.each([oom, cpu, disk, disconnect].map(fault => [fault.kind, fault] as const))('%s', async (_kind, fault) => {
    const fake = createFake(['n1']);
    fake.kernel.effective = false;
    const injected = await injectFake(fake, fault, on('n1'));
    expect(await injected.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('the kernel says') });
    expect(await injected.heal(soon())).toMatchObject({ effective: true });
  });

  test('a killed node that runs again by itself was not killed for the fault', async () => {
    const fake = createFake(['n1']);
    const injected = await injectFake(fake, kill, on('n1'));
    fake.states.set('n1', 'running');
    expect(await injected.prove(soon())).toEqual({ effective: false, detail: 'n1 run although they were ended' });
  });
});

describe('an injection that fails half-way is undone before its error is told', () => {
  test.each([kill, stop, pauseNodes, oom, cpu, disk, disconnect].map(fault => [fault.kind, fault] as const))('%s', async (_kind, fault) => {
    const fake = createFake(['n1', 'n2', 'n3']);
    fake.failing.add('n2');
    await expect(injectFake(fake, fault, on('n1', 'n2', 'n3'))).rejects.toThrow(/n2/);
    expect([...fake.states.values()]).toEqual(['running', 'running', 'running']);
    expect([...fake.broken]).toEqual([]);
    // Nothing is claimed any more: the same can be done again.
    expect((await injectFake(fake, fault, on('n1', 'n2', 'n3'))).targets).toEqual(['n1', 'n2', 'n3']);
  });
});

describe('faults overlap', () => {
  test('a node that was stopped is not killed as well, and is started by the one that stopped it', async () => {
    const fake = createFake(['n1', 'n2']);
    const stopped = await injectFake(fake, stop, on('n1'));
    const killed = await injectFake(fake, kill, on('n1'));
    expect(killed.targets).toEqual([]);
    expect(await killed.prove(soon())).toEqual({ effective: false, detail: 'n1 had ended already' });
    await killed.heal(soon());
    expect(fake.states.get('n1')).toBe('stopped');
    await stopped.heal(soon());
    expect(fake.states.get('n1')).toBe('running');
  });

  test('a node that is being started is not ended by another fault', async () => {
    const fake = createFake(['n1']);
    await injectFake(fake, stop, on('n1'));
    fake.states.set('n1', 'running'); // not ready yet
    const killed = await injectFake(fake, kill, on('n1'));
    expect(await killed.prove(soon())).toEqual({ effective: false, detail: 'n1 is stopped by another fault' });
  });

  test('a node whose disk was full and that ended of it is started again; one that a kill holds is not', async () => {
    const fake = createFake(['n1', 'n2']);
    const filled = await injectFake(fake, disk, on('n1', 'n2'));
    fake.states.set('n1', 'stopped');
    const killed = await injectFake(fake, kill, on('n2'));
    expect(await filled.heal(soon())).toEqual({
      effective: true,
      detail: expect.stringMatching(/^n1 had ended and was started again; .*n2 is stopped by another fault$/),
    });
    expect([...fake.states.values()]).toEqual(['running', 'stopped']);
    await killed.heal(soon());
    expect(fake.states.get('n2')).toBe('running');
  });

  test('a node that is started while it is off the network is excused by that, and asked for when that heals', async () => {
    const fake = createFake(['n1']);
    const off = await injectFake(fake, disconnect, on('n1'));
    fake.mute.add('n1');
    const killed = await injectFake(fake, kill, on('n1'));
    expect(await killed.heal(within(50))).toEqual({
      effective: true,
      detail: expect.stringContaining('n1, which does not serve while it is disconnected'),
    });
    expect(await off.heal(within(150))).toMatchObject({ effective: false, detail: expect.stringContaining('n1 did not answer') });
    fake.mute.delete('n1');
    expect(await off.heal(soon())).toMatchObject({ effective: true });
  });
});
