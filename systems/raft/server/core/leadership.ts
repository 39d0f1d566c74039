/** What a term of leadership begins with, watches over and ends in. */
import { lastIndex, lastTerm } from './log.ts';
import { broadcast } from './replication.ts';
import {
  appendEntries,
  emit,
  hasBug,
  isVoter,
  knownStamp,
  lostContact,
  peers,
  quorum,
  type RaftState,
  reply,
  resetElectionTimer,
  stamp,
} from './state.ts';
import type { Command, NodeId, RequestId, Result } from './types.ts';

export const leadershipLost: Result = {
  ok: false,
  code: 'leadership-lost',
  definite: false,
  message: 'the leader stepped down before the outcome was known; the request may still take effect',
};

export function onLeadershipGained(s: RaftState, last: number): void {
  s.progress = new Map();
  for (const peer of peers(s)) trackPeer(s, peer, last + 1);
  s.stampBase = knownStamp(s);
  s.stampBaseNow = s.instant.now;
  s.electedAt = s.instant.now;
  s.leaseUntilWall = Number.NEGATIVE_INFINITY;
  if (!hasBug(s, 'commit-old-term')) leaderAppend(s, { kind: 'noop' });
  heartbeat(s);
}

export function trackPeer(s: RaftState, peer: NodeId, next: number): void {
  const heardAt = s.instant.now;
  s.progress.set(peer, {
    next,
    match: 0,
    heardAt,
    probing: false,
    round: 0,
    refusedSeq: 0,
    snapshotAt: Number.NEGATIVE_INFINITY,
  });
}

export function leaderAppend(s: RaftState, command: Command): number {
  const index = lastIndex(s.log) + 1;
  appendEntries(s, [{ index, term: s.term, at: stamp(s), command }]);
  s.dirty = true;
  return index;
}

/** Sends to everyone, watches who is silent, and steps down without a quorum (check-quorum, Raft 6.2). */
export function heartbeat(s: RaftState): void {
  const { now } = s.instant;
  const { heartbeatMs, electionMaxMs } = s.options;
  s.heartbeatDeadline = now + heartbeatMs;
  let alive = isVoter(s) ? 1 : 0;
  for (const [peer, progress] of s.progress) {
    const silentMs = now - progress.heardAt;
    if (silentMs > 3 * heartbeatMs) progress.probing = true;
    if (silentMs > electionMaxMs) lostContact(s, peer, silentMs);
    else if (isVoter(s, peer)) alive += 1;
  }
  const staysAnyway = hasBug(s, 'stale-read') || hasBug(s, 'lease-clock');
  if (alive < quorum(s) && !staysAnyway) {
    stepDown(s, 'quorum-lost');
    return;
  }
  broadcast(s);
}

export function stepDown(s: RaftState, reason: string): void {
  s.role = 'follower';
  s.leader = null;
  onLeadershipLost(s, reason);
  resetElectionTimer(s);
}

export function onLeadershipLost(s: RaftState, reason: string): void {
  emit(s, 'leader_stepped_down', { reason, last_index: lastIndex(s.log), last_term: lastTerm(s.log) });
  s.heartbeatDeadline = Number.POSITIVE_INFINITY;
  for (const request of s.proposals.values()) reply(s, request, leadershipLost);
  for (const { request } of s.reads) reply(s, request, notLeader(s));
  s.proposals.clear();
  s.reads = [];
  s.progress = new Map();
  s.overlay.clear();
}

export function notLeader(s: RaftState): Result {
  const hint = s.leader !== null && s.leader !== s.options.id ? { leader: s.leader } : {};
  return { ok: false, code: 'not-leader', definite: true, message: 'this node is not the leader', ...hint };
}

export function refuse(s: RaftState, request: RequestId, code: string, text: string): void {
  reply(s, request, { ok: false, code, definite: true, message: text });
}
