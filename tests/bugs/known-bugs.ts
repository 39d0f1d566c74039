/** Each known bug of the reference systems with a command that finds it: what the track record prints and the tests run. */

export interface KnownBug {
  readonly system: string;
  readonly bug: string;
  readonly seed: number;
  readonly timeLimit: string;
  readonly flags: readonly string[];
  /** Anomalies of which at least one must be named. */
  readonly anomalies: readonly string[];
}

const onRaft = (bug: string, seed: number, timeLimit: string, flags: string, anomalies: readonly string[]): KnownBug => ({
  system: 'raft',
  bug,
  seed,
  timeLimit,
  flags: flags.split(' '),
  anomalies,
});

export const knownBugs: readonly KnownBug[] = [
  onRaft('stale-read', 7, '30s', '--nemesis partition', ['stale-read']),
  onRaft('follower-read', 7, '10s', '--nemesis partition', ['stale-read']),
  onRaft(
    'vote-not-persisted',
    7,
    '30s',
    '--nemesis kill,partition --interval 3s --set kill.target=all --set kill.durationMs=700 --set partition.durationMs=2500',
    ['stale-read', 'lost-write', 'election-safety', 'state-machine-safety', 'leader-completeness', 'log-matching'],
  ),
  onRaft('no-fsync', 7, '15s', '--nemesis kill --set kill.target=all', ['lost-write', 'stale-read']),
  onRaft('commit-old-term', 7, '40s', '--nemesis partition --set partition.variant=leader-churn --rate 50', [
    'stale-read',
    'lost-write',
    'future-read',
    'state-machine-safety',
    'leader-completeness',
  ]),
  onRaft('vote-ignores-log', 7, '15s', '--nemesis partition,latency', ['lost-write', 'stale-read']),
  onRaft('no-dedup', 7, '20s', '--nemesis latency', ['stale-read', 'dirty-read', 'non-linearizable']),
  onRaft(
    'lease-clock',
    1,
    '30s',
    '--nemesis partition,clock --interval 2s --set partition.variant=isolate-leader --set clock.variant=jump --set clock.target=all --set partition.durationMs=3000 --set clock.durationMs=3000',
    ['stale-read'],
  ),
  // A cas that vanished is dirty where it failed; where nobody knows what became of it, what was there before it comes back.
  onRaft('dirty-read', 7, '20s', '--nemesis kill --set kill.target=leader --interval 2s', ['dirty-read', 'stale-read', 'future-read']),
];

export const argumentsOf = ({ system, bug, seed, timeLimit, flags }: KnownBug): string[] => [
  'run',
  '--system',
  system,
  '--bug',
  bug,
  ...flags,
  '--seed',
  String(seed),
  '--time-limit',
  timeLimit,
];
