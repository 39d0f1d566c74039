/** Linearizable reads by ReadIndex: the commit index at arrival, a round of heartbeats that a majority answers, then the local state. */
import { notLeader } from './leadership.ts';
import { termAt } from './log.ts';
import { read } from './machine.ts';
import { broadcast } from './replication.ts';
import { hasBug, isVoter, quorum, type RaftState, reply } from './state.ts';
import type { Json, RequestId } from './types.ts';

/** The bug lease-clock: how long the leader thinks itself safe after a majority answered. */
const LEASE_MS = 140;

export function onRead(s: RaftState, request: RequestId, key: string): void {
  if (hasBug(s, 'follower-read')) {
    serve(s, request, key);
    return;
  }
  if (s.role !== 'leader') {
    reply(s, request, notLeader(s));
    return;
  }
  if (hasBug(s, 'stale-read')) {
    serve(s, request, key);
    return;
  }
  if (hasBug(s, 'lease-clock') && ownTermCommitted(s) && s.instant.wall < s.leaseUntilWall) {
    serve(s, request, key);
    return;
  }
  s.reads.push({ request, key, index: null, round: 0 });
  s.dirty = true;
}

function serve(s: RaftState, request: RequestId, key: string): void {
  const value: Json = s.overlay.get(key)?.value ?? read(s.machine, key);
  reply(s, request, { ok: true, value });
}

/** A leader knows the commit index only after committing an entry of its own term (Raft 6.4). */
function ownTermCommitted(s: RaftState): boolean {
  return termAt(s.log, s.commitIndex) === s.term || hasBug(s, 'commit-old-term');
}

/** Starts a round for the reads that wait for one, unless a round is under way: its end or the next heartbeat starts it then. */
export function startReadRound(s: RaftState): void {
  if (!s.reads.some(({ index }) => index === null) || !ownTermCommitted(s)) return;
  if (s.reads.some(({ index }) => index !== null)) return;
  broadcast(s);
  assignRound(s);
  confirmReads(s);
}

/** Gives the waiting reads the current commit index and the round that was just begun. */
export function assignRound(s: RaftState): void {
  if (!ownTermCommitted(s)) return;
  for (const pending of s.reads) {
    if (pending.index !== null) continue;
    pending.index = s.commitIndex;
    pending.round = s.round;
  }
}

/** Answers the reads whose round a majority has answered and whose index is applied. */
export function confirmReads(s: RaftState): void {
  if (s.role !== 'leader') return;
  if (!isVoter(s)) return;
  const confirmed = confirmedRound(s);
  if (s.reads.length === 0) return;
  const isReady = (index: number | null, round: number) => index !== null && round <= confirmed && index <= s.lastApplied;
  const ready = s.reads.filter(({ index, round }) => isReady(index, round));
  if (ready.length === 0) return;
  s.reads = s.reads.filter(({ index, round }) => !isReady(index, round));
  for (const { request, key } of ready) serve(s, request, key);
  if (s.reads.length > 0) s.dirty = true;
}

/** The newest round that a majority has answered. */
export function confirmedRound(s: RaftState): number {
  const rounds = Object.keys(s.members).map(id => (id === s.options.id ? s.round : (s.progress.get(id)?.round ?? 0)));
  return rounds.sort((a, b) => b - a)[quorum(s) - 1] ?? 0;
}

/** The bug lease-clock: the answer that made the majority renews the lease, by whichever of the two wall clocks is ahead. */
export function extendLease(s: RaftState, followerWall: number): void {
  s.leaseUntilWall = Math.max(s.leaseUntilWall, Math.max(s.instant.wall, followerWall) + LEASE_MS);
}
