/** Single-server membership change: one server at a time, in force from the moment its entry is in the log (Ongaro 2014, 4.1). */
import { leaderAppend, notLeader, refuse, trackPeer } from './leadership.ts';
import { lastIndex, termAt } from './log.ts';
import { type RaftState, reply } from './state.ts';
import type { MemberChange, Members, RequestId } from './types.ts';

export function changeMembers(s: RaftState, request: RequestId, change: MemberChange): void {
  if (s.role !== 'leader') {
    reply(s, request, notLeader(s));
    return;
  }
  if (s.membersIndex > s.commitIndex) {
    refuse(s, request, 'change-pending', 'the last membership change is not committed yet');
    return;
  }
  if (termAt(s.log, s.commitIndex) !== s.term) {
    refuse(s, request, 'not-ready', 'the leader has not committed an entry of its own term yet');
    return;
  }
  const members = changed(s.members, change);
  if (members === null) {
    refuse(s, request, 'no-change', 'the membership is so already, or the last member was to leave');
    return;
  }
  const index = leaderAppend(s, { kind: 'config', members });
  s.proposals.set(index, request);
  if ('add' in change) trackPeer(s, change.add, lastIndex(s.log) + 1);
  else s.progress.delete(change.remove);
}

function changed(members: Members, change: MemberChange): Members | null {
  if ('add' in change) return Object.hasOwn(members, change.add) ? null : { ...members, [change.add]: change.address };
  if (!Object.hasOwn(members, change.remove) || Object.keys(members).length === 1) return null;
  return Object.fromEntries(Object.entries(members).filter(([id]) => id !== change.remove));
}
