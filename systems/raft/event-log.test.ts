/** The event logs against their checker: what simulated nodes write down under faults is judged right, healthy or not. */
import { expect, test } from 'vitest';
import { parseEvents } from '../../checkers/raft-safety/events.ts';
import { raftSafety } from '../../checkers/raft-safety/raft-safety.ts';
import { eventLine } from './server/admin/event-log.ts';
import type { BugName } from './server/bugs.ts';
import { leaderChurn, load, randomFaults } from './server/core/testing/faults.ts';
import { type Simulation, simulate } from './server/core/testing/simulator.ts';

const SECOND = 1000;

function judged(seed: number, bugs: readonly BugName[], faults: (sim: Simulation, untilMs: number) => void, snapshotEvery = 50) {
  const texts = new Map<string, string[]>();
  const sim = simulate({
    seed,
    bugs,
    snapshotEvery,
    onEvent(node, event) {
      const lines = texts.get(node) ?? [];
      texts.set(node, lines);
      lines.push(eventLine(node, event, { wallMs: 0, monotonicNs: 0 }));
    },
  });
  load(sim, { everyMs: 25, untilMs: 8 * SECOND });
  faults(sim, 8 * SECOND);
  sim.agenda.runUntil(10 * SECOND);
  const verdict = raftSafety([...texts].map(([node, lines]) => parseEvents(node, lines.join(''))));
  const broken = new Set(verdict.anomalies.map(({ type }) => type));
  return { verdict, broken, referee: new Set(sim.referee.violations.map(violation => violation.split(':')[0]!)) };
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

test('no false alarm over 40 seeds of crashes, partitions, pauses and snapshots', { timeout: 120_000 }, () => {
  for (const seed of seeds(40)) {
    const { verdict } = judged(seed, [], randomFaults, 5 + (seed % 40));
    expect(verdict, `seed ${seed}`).toMatchObject({ valid: true, anomalies: [] });
  }
});

test.each(['vote-ignores-log', 'vote-not-persisted', 'no-fsync'] as const)(
  '%s: it is found, and nothing is found in a run in which the referee of the simulation saw nothing',
  bug => {
    let found = 0;
    for (const seed of seeds(15)) {
      const { broken, referee } = judged(seed, [bug], randomFaults);
      if (broken.size > 0) found += 1;
      // (With terms that begin again, a leader of a higher term may come before the commit of a lower one; the referee does not look back.)
      if (bug !== 'vote-not-persisted') expect(broken.size > 0 && referee.size === 0, `seed ${seed}: ${[...broken]}`).toBe(false);
    }
    expect(found).toBeGreaterThan(1);
  },
);

test('commit-old-term: leader completeness is seen to break in nearly every run under leader churn', () => {
  const found = seeds(6).filter(seed => judged(seed, ['commit-old-term'], leaderChurn, 100_000).broken.has('leader-completeness'));
  expect(found.length).toBeGreaterThan(3);
});
