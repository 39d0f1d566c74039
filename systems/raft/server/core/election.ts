/** Elections: randomised timeouts, pre-vote, votes, and what begins and ends a term of leadership. */

import { onLeadershipGained, onLeadershipLost } from './leadership.ts';
import { isUpToDate, lastIndex } from './log.ts';
import {
  emit,
  hasBug,
  heardFrom,
  isVoter,
  logEnd,
  lostContact,
  message,
  peers,
  persistHardState,
  quorum,
  type RaftState,
  resetElectionTimer,
} from './state.ts';
import type { Message, NodeId } from './types.ts';

type Of<T extends Message['type']> = Extract<Message, { type: T }>;

/** The election timer ran out: first ask whether an election could be won, without raising the term (pre-vote). */
export function onElectionTimeout(s: RaftState): void {
  resetElectionTimer(s);
  if (s.leader !== null && s.leader !== s.options.id) lostContact(s, s.leader, s.instant.now - s.leaderHeardAt);
  if (!isVoter(s)) return;
  if (s.role === 'candidate') emit(s, 'election_lost', { reason: 'timeout' });
  if (hasBug(s, 'vote-not-persisted')) {
    startElection(s);
    return;
  }
  s.role = 'pre-candidate';
  s.leader = null;
  s.votes = new Set([s.options.id]);
  for (const peer of peers(s)) s.out.messages.push(message(s, peer, { type: 'pre-vote', ...logEnd(s) }));
  if (s.votes.size >= quorum(s)) startElection(s);
}

function startElection(s: RaftState): void {
  s.role = 'candidate';
  s.term += 1;
  s.vote = s.options.id;
  s.leader = null;
  persistHardState(s);
  s.votes = new Set([s.options.id]);
  resetElectionTimer(s);
  const end = logEnd(s);
  emit(s, 'election_started', { last_index: end.lastIndex, last_term: end.lastTerm });
  for (const peer of peers(s)) s.out.durable.push(message(s, peer, { type: 'vote', ...end }));
  if (s.votes.size >= quorum(s)) becomeLeader(s);
}

export function onPreVote(s: RaftState, request: Of<'pre-vote'>): void {
  const granted = request.term >= s.term && (hasBug(s, 'vote-ignores-log') || (!leaderIsAlive(s) && isUpToDate(s.log, request)));
  s.out.messages.push(message(s, request.from, { type: 'pre-vote-reply', granted, asked: request.term }));
}

/** Heard from within the shortest election timeout: its term is not to be disturbed. */
function leaderIsAlive(s: RaftState): boolean {
  return s.role === 'leader' || (s.leader !== null && s.instant.now - s.leaderHeardAt < s.options.electionMinMs);
}

export function onPreVoteReply(s: RaftState, answer: Of<'pre-vote-reply'>): void {
  if (s.role !== 'pre-candidate' || !answer.granted || answer.asked !== s.term) return;
  s.votes.add(answer.from);
  if (voted(s) >= quorum(s)) startElection(s);
}

export function onVote(s: RaftState, request: Of<'vote'>): void {
  const free = s.vote === null || s.vote === request.from;
  const granted = request.term === s.term && free && (hasBug(s, 'vote-ignores-log') || isUpToDate(s.log, request));
  if (granted && s.vote === null) {
    s.vote = request.from;
    persistHardState(s);
    emit(s, 'vote_granted', { candidate: request.from, last_index: request.lastIndex, last_term: request.lastTerm });
  }
  if (granted) resetElectionTimer(s);
  s.out.durable.push(message(s, request.from, { type: 'vote-reply', granted }));
}

export function onVoteReply(s: RaftState, answer: Of<'vote-reply'>): void {
  if (s.role !== 'candidate' || answer.term !== s.term || !answer.granted) return;
  s.votes.add(answer.from);
  if (voted(s) >= quorum(s)) becomeLeader(s);
}

const voted = (s: RaftState): number => [...s.votes].filter(id => isVoter(s, id)).length;

function becomeLeader(s: RaftState): void {
  s.role = 'leader';
  s.leader = s.options.id;
  const end = logEnd(s);
  emit(s, 'leader_elected', {
    leader: s.leader,
    votes: [...s.votes],
    last_index: end.lastIndex,
    last_term: end.lastTerm,
    commit_index: s.commitIndex,
  });
  onLeadershipGained(s, lastIndex(s.log));
}

/** Adopts a newer term, or settles under the leader of this one. */
export function becomeFollower(s: RaftState, term: number, leader: NodeId | null): void {
  const was = s.role;
  if (term > s.term) {
    s.term = term;
    s.vote = null;
    persistHardState(s);
  }
  s.role = 'follower';
  if (was === 'leader') onLeadershipLost(s, 'newer-term');
  if (was === 'candidate') emit(s, 'election_lost', { reason: leader ? 'other-leader' : 'newer-term' });
  if (leader !== s.leader) {
    s.leader = leader;
    if (leader !== null) emit(s, 'leader_discovered', { leader });
  }
  if (was === 'leader') resetElectionTimer(s);
}

/** A message of this term's leader: follow it and wait on. */
export function followLeader(s: RaftState, leader: NodeId): void {
  becomeFollower(s, s.term, leader);
  s.leaderHeardAt = s.instant.now;
  resetElectionTimer(s);
  heardFrom(s, leader);
}
