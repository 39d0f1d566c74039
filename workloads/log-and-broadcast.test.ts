/** Log, broadcast and leader election against simulated systems: healthy ones pass, each seeded break is caught and named. */
import { expect, test } from 'vitest';
import { broadcast as broadcastChecker } from '../checkers/properties/broadcast.ts';
import { leaderElection as electionChecker } from '../checkers/properties/leader-election.ts';
import { kafka } from '../checkers/properties/log.ts';
import type { Verdict } from '../harness/protocol/checker.ts';
import type { Json } from '../harness/std/json.ts';
import { overSeeds, type Simulated } from '../tests/support/workload-run.ts';
import { broadcast } from './broadcast.ts';
import { leaderElection } from './leader-election.ts';
import { log } from './log.ts';

const seeds = 20;
const passes = (verdicts: readonly Verdict[]): void => {
  for (const verdict of verdicts) expect(verdict).toMatchObject({ valid: true, anomalies: [] });
};
const caught = (verdicts: readonly Verdict[], type: string): void => {
  for (const { anomalies } of verdicts) expect(anomalies.map(anomaly => anomaly.type)).toContain(type);
};

type Flaw = 'lost-write' | 'duplicate' | 'poll-skip' | 'nonmonotonic-poll' | 'unexpected';

/** Positions are by process, as a consumer's; a poll gets up to three records of each log. */
const logs = (flaw?: Flaw) => (): Simulated => {
  const contents = new Map<string, Json[]>();
  const positions = new Map<string, number>();
  let n = 0;
  const poll = (process: unknown): Json =>
    Object.fromEntries(
      [...contents].map(([key, values]) => {
        const at = positions.get(`${process} ${key}`) ?? 0;
        const from = flaw === 'poll-skip' && n % 9 === 3 ? at + 1 : flaw === 'nonmonotonic-poll' && n % 9 === 3 ? Math.max(0, at - 1) : at;
        const records = values.slice(from, from + 3).map((value, i) => [from + i, value] as const);
        positions.set(`${process} ${key}`, from + records.length);
        return [key, records.filter(([, value]) => value !== 'gone')];
      }),
    );
  return ({ f, key, value, process }) => {
    n++;
    if (f === 'poll') return poll(process);
    if (f === 'assign') {
      for (const name of contents.keys()) positions.delete(`${process} ${name}`);
      return null;
    }
    const values = contents.get(`${key}`) ?? [];
    contents.set(`${key}`, values);
    const isFlawed = values.length % 10 === 3;
    if (isFlawed && flaw === 'unexpected') values.push(`ghost ${n}`);
    const offset = values.push(flaw === 'lost-write' && isFlawed ? 'gone' : value) - 1;
    if (isFlawed && flaw === 'duplicate') values.push(value);
    return [offset, value];
  };
};

test('log: healthy ones pass', () => passes(overSeeds(seeds, kafka, log, logs())));

test.each<Flaw>(['lost-write', 'duplicate', 'poll-skip', 'nonmonotonic-poll', 'unexpected'])('log: %s is caught', flaw =>
  caught(overSeeds(seeds, kafka, log, logs(flaw), { lossRate: 0 }), flaw),
);

/** Three nodes; a message reaches the others at the third read after it, except those that `drop` says. */
const gossip =
  (drop: (message: number) => boolean = () => false) =>
  (): Simulated => {
    const nodes: { readonly has: Json[]; readonly coming: { readonly message: Json; left: number }[] }[] = [0, 1, 2].map(() => ({
      has: [],
      coming: [],
    }));
    return ({ f, value, process }) => {
      const here = Number(process) % 3;
      if (f === 'broadcast') {
        nodes[here]!.has.push(value);
        const others = nodes.filter((_, at) => at !== here && !(at === 2 && drop(Number(value))));
        for (const { coming } of others) coming.push({ message: value, left: 3 });
        return value;
      }
      const { has, coming } = nodes[here]!;
      for (const one of coming) one.left--;
      for (const one of coming.filter(({ left }) => left === 0)) has.push(one.message);
      return [...has];
    };
  };

test('broadcast: late spreading passes, a node that misses messages is caught', () => {
  passes(overSeeds(seeds, broadcastChecker, broadcast, gossip()));
  caught(
    overSeeds(
      seeds,
      broadcastChecker,
      broadcast,
      gossip(message => message % 20 === 7),
      { lossRate: 0 },
    ),
    'missing',
  );
});

test('leader-election: one leader a term passes, two are caught', () => {
  const elections = (rivals: boolean) => (): Simulated => {
    let n = 0;
    return ({ process }) => {
      const term = Math.floor(n++ / 20);
      return { term, leader: rivals && term % 3 === 1 && Number(process) % 2 === 1 ? 'n9' : `n${term % 3}` };
    };
  };
  passes(overSeeds(seeds, electionChecker, leaderElection, elections(false)));
  caught(overSeeds(seeds, electionChecker, leaderElection, elections(true)), 'two-leaders');
});
