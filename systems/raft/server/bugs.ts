/** The switchable bugs: what is broken, the anomaly to expect, and the faults that bring it to light, as `ordeal run --nemesis` takes them. */

export interface Bug {
  readonly broken: string;
  readonly anomaly: string;
  readonly nemesis: string;
}

export const bugs = {
  'stale-read': {
    broken: 'The leader answers reads from its own state without asking a quorum, and goes on leading until it hears of a newer term.',
    anomaly: 'A read through a deposed leader returns a value that was overwritten before the read began.',
    nemesis: 'partition',
  },
  'follower-read': {
    broken: 'Every node answers reads from its own state, however far behind it is.',
    anomaly: 'A read returns a value that was overwritten before the read began.',
    nemesis: 'none',
  },
  'vote-not-persisted': {
    broken:
      'Term and vote are kept in memory only, so that a restarted node begins again at term 0. Elections do without the pre-vote, which would hide it.',
    anomaly: 'Two leaders of one term, or an election won by an older log: acknowledged writes vanish, or the nodes diverge.',
    nemesis: 'kill,partition --interval 3s --set kill.target=all --set kill.durationMs=700 --set partition.durationMs=2500',
  },
  'no-fsync': {
    broken: 'Entries are acknowledged while they are in memory only and written every 1.5 s, so that SIGKILL loses them.',
    anomaly: 'Acknowledged writes vanish after a majority was killed.',
    nemesis: 'kill --set kill.target=all',
  },
  'commit-old-term': {
    broken:
      'A leader commits entries of older terms by counting replicas (Raft, figure 8). It begins its term with no entry of its own, and holds its own entries back for the first 300 ms.',
    anomaly: 'An entry that was committed, and read, is overwritten by a later leader.',
    nemesis: 'partition --set partition.variant=leader-churn',
  },
  'vote-ignores-log': {
    broken: 'Whoever asks first in a term gets the vote, whatever its log lacks and whether or not the leader is alive.',
    anomaly: 'A node that lacks acknowledged writes is elected and overwrites them.',
    nemesis: 'partition',
  },
  'no-dedup': {
    broken:
      'The state machine does not recognise a request that the node in front of it sends again under the same session and number, which it does after 50 ms without an answer.',
    anomaly: 'A write takes effect twice: an overwritten value comes back, or a cas fails that took effect.',
    nemesis: 'latency',
  },
  'lease-clock': {
    broken:
      'The leader answers reads without a quorum while its lease lasts: 140 ms from the moment a majority answered, by its own wall clock or that of the follower who answered, whichever is ahead, and never shortened. It leads until it hears of a newer term.',
    anomaly:
      'A leader that ever saw a clock ahead of its present one keeps its lease when it is isolated, and its reads return overwritten values.',
    nemesis: 'partition,clock --interval 3s --set partition.variant=isolate-leader --set clock.variant=jump --set clock.target=all',
  },
  'dirty-read': {
    broken: 'The leader shows a cas to its readers as soon as it is proposed, up to 100 ms before it is sent to the followers.',
    anomaly: 'A read returns a value that vanishes when the leader fails.',
    nemesis: 'kill',
  },
} as const satisfies Record<string, Bug>;

export type BugName = keyof typeof bugs;

export const isBugName = (name: string): name is BugName => Object.hasOwn(bugs, name);
