/** What befalls a simulated cluster: a client that reads and writes all the time, random faults, and the churn that figure 8 needs. */
import type { Simulation } from './simulator.ts';

const pick = <T>(sim: Simulation, items: readonly T[]): T => items[Math.floor(sim.random() * items.length)]!;

/** Every flow between different groups, both ways. */
export function between(groups: readonly (readonly string[])[]): string[] {
  return groups.flatMap((group, at) =>
    groups.filter((_, other) => other !== at).flatMap(other => group.flatMap(a => other.map(b => `${a}>${b}`))),
  );
}

/** Writes, now and then the same one twice, and reads, to every node that thinks it leads. */
export function load(sim: Simulation, { everyMs, untilMs }: { everyMs: number; untilMs: number }): void {
  let sequence = 0;
  const act = () => {
    for (const id of sim.ids) {
      if (sim.state(id)?.role !== 'leader') continue;
      if (sim.random() < 0.9) sequence += 1;
      const command = { kind: 'write', key: pick(sim, ['x', 'y']), value: sequence, session: 's', seq: sequence || 1, issued: 0 } as const;
      sim.input(id, { type: 'propose', request: `w${sim.random()}`, command });
      sim.input(id, { type: 'read', request: `r${sim.referee.acked()}`, key: 'x' });
    }
    if (sim.agenda.now < untilMs) sim.agenda.at(sim.agenda.now + everyMs * (0.5 + sim.random()), act);
  };
  sim.agenda.at(0, act);
}

/** One random fault after the other until a time; then everything is healed and started. */
export function randomFaults(sim: Simulation, untilMs: number): void {
  const act = () => {
    if (sim.agenda.now >= untilMs) {
      sim.heal();
      for (const id of sim.ids) sim.restart(id);
      return;
    }
    inject(sim);
    sim.agenda.at(sim.agenda.now + 50 + sim.random() * 900, act);
  };
  sim.agenda.at(300, act);
}

function inject(sim: Simulation): void {
  const hold = sim.random() < 0.7;
  const leader = sim.leader() ?? pick(sim, sim.ids);
  const others = sim.ids.filter(id => id !== leader);
  switch (Math.floor(sim.random() * 9)) {
    case 0:
      sim.heal();
      return;
    case 1:
      sim.cut(between([[leader], others]), hold);
      return;
    case 2: {
      const shuffled = [...sim.ids].sort(() => sim.random() - 0.5);
      sim.cut(between([shuffled.slice(0, 2), shuffled.slice(2)]), hold);
      return;
    }
    case 3:
      sim.cut(
        others.map(id => (sim.random() < 0.5 ? `${id}>${leader}` : `${leader}>${id}`)),
        hold,
      );
      return;
    case 4:
      sim.crash(leader);
      return;
    case 5: {
      for (const id of sim.ids) if (sim.random() < 0.6) sim.crash(id);
      return;
    }
    case 6:
    case 7: {
      for (const id of sim.ids) sim.restart(id);
      return;
    }
    default:
      sim.pause(pick(sim, sim.ids), sim.random() * 1000);
      return;
  }
}

/** As soon as a leader is elected, it is left with one follower, and what was apart before comes together again. */
export function leaderChurn(sim: Simulation, untilMs: number): void {
  let isolated = '';
  const watch = () => {
    const leader = sim.leader();
    const mark = leader === undefined ? '' : `${leader}/${sim.state(leader)?.term}`;
    if (leader !== undefined && mark !== isolated) {
      isolated = mark;
      const follower = pick(
        sim,
        sim.ids.filter(id => id !== leader),
      );
      const cut = between([[leader, follower], sim.ids.filter(id => id !== leader && id !== follower)]);
      sim.heal();
      sim.cut(cut, true);
    }
    if (sim.agenda.now < untilMs) sim.agenda.at(sim.agenda.now + 100, watch);
  };
  sim.agenda.at(0, watch);
}
