/** The door of the core: one function that takes a state and an input, and answers what the shell has to do. */
import { becomeFollower, onElectionTimeout, onPreVote, onPreVoteReply, onVote, onVoteReply } from './election.ts';
import { heartbeat, leaderAppend, notLeader, refuse } from './leadership.ts';
import { lastIndex, termAt } from './log.ts';
import { read, sameValue } from './machine.ts';
import { changeMembers } from './membership.ts';
import { assignRound, onRead, startReadRound } from './reads.ts';
import { commitByMajority, onAppend, onAppendReply, onSnapshot, replicate } from './replication.ts';
import { emptyOutput, hasBug, heardFrom, type RaftState, reply } from './state.ts';
import type { Command, Input, Instant, Message, Output, RequestId } from './types.ts';

/** More proposals than this without a commit are refused. */
const UNCOMMITTED_LIMIT = 4096;

/** Steps a node: changes `s` in place and answers its output. Throws only when an invariant of Raft itself is broken. */
export function step(s: RaftState, input: Input, instant: Instant): Output {
  s.instant = instant;
  s.out = emptyOutput();
  dispatch(s, input);
  return s.out;
}

/** When the next `tick` is due, on the monotonic clock. */
export const nextDeadline = (s: RaftState): number => (s.role === 'leader' ? s.heartbeatDeadline : s.electionDeadline);

function dispatch(s: RaftState, input: Input): void {
  switch (input.type) {
    case 'tick':
      tick(s);
      return;
    case 'receive':
      receive(s, input.message);
      return;
    case 'propose':
      propose(s, input.request, input.command);
      return;
    case 'read':
      onRead(s, input.request, input.key);
      return;
    case 'change-members':
      changeMembers(s, input.request, input.change);
      return;
    case 'persisted':
      persisted(s, input.index, input.term);
      return;
    case 'flush':
      flush(s);
      return;
  }
}

function tick(s: RaftState): void {
  if (s.role !== 'leader') {
    if (s.instant.now >= s.electionDeadline) onElectionTimeout(s);
    return;
  }
  if (s.instant.now < s.heartbeatDeadline) return;
  heartbeat(s);
  if (s.role === 'leader') assignRound(s);
}

function receive(s: RaftState, m: Message): void {
  heardFrom(s, m.from);
  if (m.term > s.term) becomeFollower(s, m.term, null);
  switch (m.type) {
    case 'pre-vote':
      onPreVote(s, m);
      return;
    case 'pre-vote-reply':
      onPreVoteReply(s, m);
      return;
    case 'vote':
      onVote(s, m);
      return;
    case 'vote-reply':
      onVoteReply(s, m);
      return;
    case 'append':
      onAppend(s, m);
      return;
    case 'snapshot':
      onSnapshot(s, m);
      return;
    case 'append-reply':
      onAppendReply(s, m);
      return;
  }
}

function propose(s: RaftState, request: RequestId, command: Command): void {
  if (s.role !== 'leader') {
    reply(s, request, notLeader(s));
    return;
  }
  if (lastIndex(s.log) - s.commitIndex >= UNCOMMITTED_LIMIT) {
    refuse(s, request, 'overloaded', 'too many proposals wait for their commit');
    return;
  }
  const index = leaderAppend(s, command);
  s.proposals.set(index, request);
  if (hasBug(s, 'dirty-read')) showEarly(s, command, index);
}

/** The bug dirty-read: a cas takes effect for readers at once. */
function showEarly(s: RaftState, command: Command, index: number): void {
  if (command.kind !== 'cas') return;
  const current = s.overlay.get(command.key)?.value ?? read(s.machine, command.key);
  if (sameValue(current, command.expected)) s.overlay.set(command.key, { value: command.value, index });
}

function persisted(s: RaftState, index: number, term: number): void {
  if (termAt(s.log, index) !== term || index <= s.persistedIndex) return;
  s.persistedIndex = index;
  commitByMajority(s);
}

function flush(s: RaftState): void {
  const due = s.dirty;
  s.dirty = false;
  if (s.role !== 'leader' || !due) return;
  replicate(s);
  startReadRound(s);
}
