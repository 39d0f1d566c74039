/** The core against its referee: hundreds of seeded clusters under faults keep the five properties, and broken ones are seen to break them. */
import { expect, test } from 'vitest';
import type { BugName } from '../bugs.ts';
import { lastIndex } from './log.ts';
import { between, leaderChurn, load, randomFaults } from './testing/faults.ts';
import { type Simulation, simulate } from './testing/simulator.ts';

const SECOND = 1000;

function underFaults(seed: number, bugs: readonly BugName[] = []): Simulation {
  const sim = simulate({ seed, bugs, lossRate: seed % 3 === 0 ? 0.05 : 0 });
  load(sim, { everyMs: 20, untilMs: 15 * SECOND });
  randomFaults(sim, 10 * SECOND);
  sim.agenda.runUntil(10 * SECOND);
  return sim;
}

function underChurn(seed: number, bugs: readonly BugName[] = []): Simulation {
  const sim = simulate({ seed, bugs, snapshotEvery: 100_000, delayMs: [0.5, 10] });
  load(sim, { everyMs: 60, untilMs: 20 * SECOND });
  leaderChurn(sim, 20 * SECOND);
  sim.agenda.runUntil(20 * SECOND);
  return sim;
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

test('a cluster elects one leader within a second and keeps it while nothing happens', () => {
  const sim = simulate({ seed: 1 });
  sim.agenda.runUntil(SECOND);
  const leader = sim.leader();
  expect(leader).toBeDefined();
  const { term } = sim.state(leader!)!;
  sim.agenda.runUntil(60 * SECOND);
  expect(sim.leader()).toBe(leader);
  expect(sim.state(leader!)!.term).toBe(term);
});

test('pre-vote: a follower that was cut off comes back without disturbing the leader', () => {
  const sim = simulate({ seed: 3 });
  sim.agenda.runUntil(SECOND);
  const leader = sim.leader()!;
  const { term } = sim.state(leader)!;
  const away = sim.ids.find(id => id !== leader)!;
  const others = sim.ids.filter(id => id !== away);
  sim.cut(between([[away], others]), true);
  sim.agenda.runUntil(6 * SECOND);
  sim.heal();
  sim.agenda.runUntil(8 * SECOND);
  expect(sim.leader()).toBe(leader);
  expect(sim.ids.map(id => sim.state(id)!.term)).toEqual(sim.ids.map(() => term));
});

test('check-quorum: a leader that is cut off steps down within two election timeouts, and answers no read meanwhile', () => {
  const sim = simulate({ seed: 4 });
  sim.agenda.runUntil(SECOND);
  const leader = sim.leader()!;
  const others = sim.ids.filter(id => id !== leader);
  sim.cut(between([[leader], others]), true);
  let answered = 0;
  const onRead = sim.referee.onRead;
  sim.referee.onRead = (...args) => {
    answered += 1;
    onRead(...args);
  };
  sim.input(leader, { type: 'read', request: 'r0', key: 'x' });
  sim.agenda.runUntil(1.6 * SECOND);
  expect(sim.state(leader)!.role).not.toBe('leader');
  expect(answered).toBe(0);
  expect(others).toContain(sim.leader());
});

test('one server at a time: a second change is refused until the first is committed, and both take effect', () => {
  const sim = simulate({ seed: 5 });
  sim.agenda.runUntil(SECOND);
  const leader = sim.leader()!;
  const [first, second] = sim.ids.filter(id => id !== leader) as [string, string];
  sim.input(leader, { type: 'change-members', request: 'a', change: { remove: first } });
  sim.input(leader, { type: 'change-members', request: 'b', change: { remove: second } });
  sim.agenda.runUntil(1.5 * SECOND);
  expect(Object.keys(sim.state(leader)!.members).sort()).toEqual(sim.ids.filter(id => id !== first));
  sim.input(leader, { type: 'change-members', request: 'c', change: { add: first, address: null } });
  sim.agenda.runUntil(2 * SECOND);
  expect(Object.keys(sim.state(second)!.members).sort()).toEqual([...sim.ids]);
});

test('a leader that is removed commits its removal and steps down', () => {
  const sim = simulate({ seed: 6 });
  sim.agenda.runUntil(SECOND);
  const leader = sim.leader()!;
  sim.input(leader, { type: 'change-members', request: 'a', change: { remove: leader } });
  sim.agenda.runUntil(3 * SECOND);
  expect(sim.state(leader)!.role).toBe('follower');
  expect(sim.leader()).not.toBe(leader);
  expect(Object.keys(sim.state(sim.leader()!)!.members)).toHaveLength(4);
});

test('the five properties and current reads hold under random faults, for 200 seeds', { timeout: 120_000 }, () => {
  const acknowledged = seeds(200).map(seed => {
    const sim = underFaults(seed);
    expect(sim.referee.violations, `seed ${seed}`).toEqual([]);
    return sim.referee.acked();
  });
  expect(Math.min(...acknowledged)).toBeGreaterThan(0);
  expect(acknowledged.reduce((a, b) => a + b) / acknowledged.length).toBeGreaterThan(100);
});

test('within a second of healing every cluster acknowledges again, and all nodes come to hold the same', { timeout: 120_000 }, () => {
  for (const seed of seeds(100)) {
    const sim = underFaults(seed);
    const before = sim.referee.acked();
    sim.agenda.runUntil(11.5 * SECOND);
    expect(sim.referee.acked(), `seed ${seed}`).toBeGreaterThan(before);
    sim.agenda.runUntil(17 * SECOND);
    const ends = sim.ids
      .map(id => sim.state(id)!)
      .map(s => [lastIndex(s.log), s.lastApplied, JSON.stringify([...s.machine.data].sort())].join());
    expect(new Set(ends).size, `seed ${seed}: ${ends.join(' | ')}`).toBe(1);
    expect(sim.referee.violations, `seed ${seed}`).toEqual([]);
  }
});

test('the healthy core also survives leaders that are isolated as soon as they are elected', () => {
  for (const seed of seeds(30)) expect(underChurn(seed).referee.violations, `seed ${seed}`).toEqual([]);
});

test.each([
  ['vote-ignores-log', 'leader-completeness'],
  ['vote-not-persisted', 'leader-completeness'],
  ['no-fsync', 'leader-completeness'],
  ['stale-read', 'stale-read'],
] as const)('the referee sees %s as a breach of %s', (bug, property) => {
  const found = seeds(30).filter(seed => underFaults(seed, [bug]).referee.violations.some(violation => violation.startsWith(property)));
  expect(found.length).toBeGreaterThan(0);
});

test('the referee sees commit-old-term (figure 8) as a breach of leader completeness under leader churn', () => {
  const found = seeds(20).filter(seed =>
    underChurn(seed, ['commit-old-term']).referee.violations.some(v => v.startsWith('leader-completeness')),
  );
  expect(found.length).toBeGreaterThan(0);
});
