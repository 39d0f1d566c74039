import { expect, test } from 'vitest';
import type { System } from '../../protocol/system.ts';
import { possible } from './capabilities.ts';

const system = { ports: { client: { reachedBy: ['clients'] } } } as unknown as System;
const works = { works: true, detail: '' };
const fails = { works: false, detail: 'no' };

test('a kernel without netem, where processes may not be traced', () => {
  const able = possible(system, new Map([['iptables', works] as const, ['netem', fails] as const, ['ptrace', fails] as const]));
  expect([...able].sort()).toEqual(['client-links', 'hosts', 'kill', 'pause', 'stop', 'wires']);
});

test('a system that skews its own clocks needs no tracing', () => {
  const own = { ...system, clock: {} } as unknown as System;
  expect(possible(own, new Map([['netem', works] as const]))).toContain('clock');
});
