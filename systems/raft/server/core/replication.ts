/** Log replication: pipelined appends, conflict hints, snapshots for those too far behind, and commitment by majority. */
import { becomeFollower, followLeader } from './election.ts';
import { stepDown } from './leadership.ts';
import { compact, cut, emptyLog, entryAt, lastIndex, slice, termAt } from './log.ts';
import { apply, restore, sessionImages } from './machine.ts';
import { confirmedRound, confirmReads, extendLease } from './reads.ts';
import {
  appendEntries,
  emit,
  hasBug,
  heardFrom,
  isVoter,
  message,
  type Progress,
  quorum,
  type RaftState,
  recomputeMembers,
  reply,
  stamp,
} from './state.ts';
import type { Entry, Message, NodeId, Snapshot } from './types.ts';

type Of<T extends Message['type']> = Extract<Message, { type: T }>;

const BATCH_ENTRIES = 64;
/** So many entries may be under way to a follower without an answer. */
const WINDOW_ENTRIES = 512;
const SNAPSHOT_RESEND_MS = 1000;
/** Bugs that widen their own window. */
const HOLD_OWN_TERM_MS = 300;
const HOLD_DIRTY_MS = 100;

/** One append to each follower, entries or not: a heartbeat. */
export function broadcast(s: RaftState): void {
  s.round += 1;
  for (const [peer, progress] of s.progress) sendAppend(s, peer, progress);
}

/** What is new goes to those who can take it. */
export function replicate(s: RaftState): void {
  for (const [peer, progress] of s.progress) if (sendable(s, progress).length > 0) sendAppend(s, peer, progress);
}

function sendable(s: RaftState, progress: Progress): Entry[] {
  if (progress.probing || progress.next > lastIndex(s.log)) return [];
  const room = WINDOW_ENTRIES - (progress.next - 1 - progress.match);
  const entries = slice(s.log, progress.next, Math.max(0, Math.min(BATCH_ENTRIES, progress.match === 0 ? BATCH_ENTRIES : room)));
  return s.options.bugs.size === 0 ? entries : heldBack(s, entries);
}

/** The bugs commit-old-term and dirty-read send later and less, to widen the window in which they show. */
function heldBack(s: RaftState, entries: Entry[]): Entry[] {
  if (hasBug(s, 'commit-old-term')) {
    const holding = s.instant.now - s.electedAt < HOLD_OWN_TERM_MS;
    return entries.filter(entry => entry.term < s.term || !holding);
  }
  if (hasBug(s, 'dirty-read')) return entries.filter(entry => stamp(s) - entry.at >= HOLD_DIRTY_MS);
  return entries;
}

function sendAppend(s: RaftState, peer: NodeId, progress: Progress): void {
  const seq = ++s.seq;
  if (progress.next <= s.log.base.index && sendSnapshot(s, peer, progress, seq)) return;
  if (progress.probing && progress.match > 0) progress.next = Math.max(progress.match, s.log.base.index) + 1;
  const prevIndex = Math.max(progress.next - 1, s.log.base.index);
  const entries = prevIndex === progress.next - 1 ? sendable(s, progress) : [];
  const prevTerm = termAt(s.log, prevIndex) ?? 0;
  s.out.messages.push(message(s, peer, { type: 'append', prevIndex, prevTerm, entries, commit: s.commitIndex, round: s.round, seq }));
  progress.next += entries.length;
}

function sendSnapshot(s: RaftState, peer: NodeId, progress: Progress, seq: number): boolean {
  if (!s.snapshot || progress.probing || s.instant.now - progress.snapshotAt < SNAPSHOT_RESEND_MS) return false;
  progress.snapshotAt = s.instant.now;
  s.out.messages.push(message(s, peer, { type: 'snapshot', snapshot: s.snapshot, round: s.round, seq }));
  emit(s, 'snapshot_sent', { follower_id: peer, index: s.snapshot.index, entry_term: s.snapshot.term });
  return true;
}

export function onAppend(s: RaftState, m: Of<'append'>): void {
  if (m.term < s.term) {
    answer(s, m, { ok: false, match: lastIndex(s.log) });
    return;
  }
  followLeader(s, m.from);
  const mine = termAt(s.log, m.prevIndex);
  if (m.prevIndex > s.log.base.index && mine !== m.prevTerm) {
    answer(s, m, { ok: false, match: retryFrom(s, m.prevIndex, mine) });
    return;
  }
  const end = m.prevIndex + m.entries.length;
  const fresh = m.entries.slice(firstNew(s, m.entries));
  if (fresh.length > 0) {
    resolveConflict(s, fresh[0]!);
    appendEntries(s, fresh);
  }
  advanceCommit(s, Math.min(m.commit, end));
  answer(s, m, { ok: true, match: end });
}

/** How many of the entries we hold already (or have compacted away). */
function firstNew(s: RaftState, entries: readonly Entry[]): number {
  const at = entries.findIndex(({ index, term }) => index > s.log.base.index && termAt(s.log, index) !== term);
  return at < 0 ? entries.length : at;
}

/** The end of the term before the conflicting one, so that a leader skips a whole term per refusal. */
function retryFrom(s: RaftState, prevIndex: number, conflicting: number | undefined): number {
  if (conflicting === undefined) return lastIndex(s.log);
  let index = prevIndex - 1;
  while (index > s.commitIndex && termAt(s.log, index) === conflicting) index -= 1;
  return index;
}

function resolveConflict(s: RaftState, first: Entry): void {
  if (first.index > lastIndex(s.log)) return;
  if (first.index <= s.commitIndex) overwriteCommitted(s, first);
  const replaced = termAt(s.log, first.index);
  const removed = cut(s.log, first.index);
  s.persistedIndex = Math.min(s.persistedIndex, first.index - 1);
  s.out.writes.push({ kind: 'cut', from: first.index });
  emit(s, 'conflict_resolved', { from: first.index, removed, replaced_term: replaced, entry_term: first.term });
  if (s.membersIndex >= first.index) recomputeMembers(s);
}

/** Cannot happen in a healthy server; with a bug the node goes on as real ones do, and applies what it is told. */
function overwriteCommitted(s: RaftState, first: Entry): void {
  if (s.options.bugs.size === 0) throw new Error(`asked to overwrite the committed entry ${first.index} (commit index ${s.commitIndex})`);
  emit(s, 'committed_entry_overwritten', { index: first.index, entry_term: first.term, commit_index: s.commitIndex }, 'error');
  s.commitIndex = Math.min(s.commitIndex, first.index - 1);
  s.lastApplied = Math.min(s.lastApplied, s.commitIndex);
}

function answer(s: RaftState, m: { from: NodeId; round: number; seq: number }, { ok, match }: { ok: boolean; match: number }): void {
  const wall = hasBug(s, 'lease-clock') ? { wall: s.instant.wall } : {};
  s.out.durable.push(message(s, m.from, { type: 'append-reply', ok, match, round: m.round, seq: m.seq, ...wall }));
}

export function onSnapshot(s: RaftState, m: Of<'snapshot'>): void {
  if (m.term < s.term) {
    answer(s, m, { ok: false, match: lastIndex(s.log) });
    return;
  }
  followLeader(s, m.from);
  const { snapshot } = m;
  if (snapshot.index > s.commitIndex) install(s, snapshot);
  answer(s, m, { ok: true, match: snapshot.index });
}

function install(s: RaftState, snapshot: Snapshot): void {
  const base = { index: snapshot.index, term: snapshot.term };
  if (termAt(s.log, snapshot.index) === snapshot.term) compact(s.log, snapshot.index);
  else s.log = { ...emptyLog(), base };
  s.snapshot = snapshot;
  s.machine = restore(snapshot);
  s.commitIndex = snapshot.index;
  s.lastApplied = snapshot.index;
  s.persistedIndex = Math.max(base.index, Math.min(s.persistedIndex, lastIndex(s.log)));
  recomputeMembers(s);
  s.out.writes.push({ kind: 'snapshot', snapshot, base, tail: [...s.log.entries] });
  emit(s, 'snapshot_installed', { index: base.index, entry_term: base.term, last_index: lastIndex(s.log) });
}

export function onAppendReply(s: RaftState, m: Of<'append-reply'>): void {
  if (m.term > s.term) {
    becomeFollower(s, m.term, null);
    return;
  }
  const progress = s.progress.get(m.from);
  if (s.role !== 'leader' || m.term < s.term || !progress) return;
  heardFrom(s, m.from);
  progress.probing = false;
  const confirmed = confirmedRound(s);
  progress.round = Math.max(progress.round, m.round);
  if (m.wall !== undefined && confirmedRound(s) > confirmed) extendLease(s, m.wall);
  if (m.ok) {
    progress.match = Math.max(progress.match, m.match);
    progress.next = Math.max(progress.next, progress.match + 1);
    commitByMajority(s);
  } else if (m.seq > progress.refusedSeq) {
    progress.refusedSeq = s.seq;
    progress.next = Math.max(1, Math.min(progress.next, m.match + 1));
    s.dirty = true;
  }
  if (progress.next <= lastIndex(s.log)) s.dirty = true;
  confirmReads(s);
}

/** Commits what a majority holds on disk, if it is of our own term (Raft 5.4.2; the bug commit-old-term counts any term). */
export function commitByMajority(s: RaftState): void {
  if (s.role !== 'leader') return;
  const matches = Object.keys(s.members).map(id => (id === s.options.id ? s.persistedIndex : (s.progress.get(id)?.match ?? 0)));
  const index = matches.sort((a, b) => b - a)[quorum(s) - 1] ?? 0;
  if (index <= s.commitIndex) return;
  if (termAt(s.log, index) !== s.term && !hasBug(s, 'commit-old-term')) return;
  const followers = Object.fromEntries([...s.progress].map(([id, { match }]) => [id, match]));
  emit(s, 'log_replicated', { from: s.commitIndex + 1, to: index, followers }, 'debug');
  advanceCommit(s, index);
}

export function advanceCommit(s: RaftState, upTo: number): void {
  const target = Math.min(upTo, lastIndex(s.log));
  if (target <= s.commitIndex) return;
  s.commitIndex = target;
  while (s.lastApplied < s.commitIndex) applyNext(s);
  if (s.reads.length > 0) s.dirty = true;
  confirmReads(s);
  maybeSnapshot(s);
  if (s.role === 'leader' && !isVoter(s) && s.membersIndex <= s.commitIndex) stepDown(s, 'removed');
}

function applyNext(s: RaftState): void {
  const entry = entryAt(s.log, s.lastApplied + 1);
  if (!entry) throw new Error(`committed entry ${s.lastApplied + 1} is not in the log`);
  const result = apply(s.machine, entry, { dedup: !hasBug(s, 'no-dedup') });
  s.lastApplied = entry.index;
  emit(s, 'commit_applied', { entry, ...(result.ok ? {} : { outcome: result.code }) }, 'debug');
  if (s.overlay.size > 0) settleOverlay(s, entry);
  const request = s.proposals.get(entry.index);
  if (request === undefined) return;
  s.proposals.delete(entry.index);
  reply(s, request, result);
}

function settleOverlay(s: RaftState, { index, command }: Entry): void {
  if (command.kind !== 'write' && command.kind !== 'cas') return;
  if ((s.overlay.get(command.key)?.index ?? Number.POSITIVE_INFINITY) <= index) s.overlay.delete(command.key);
}

function maybeSnapshot(s: RaftState): void {
  const { snapshotEvery, keepEntries } = s.options;
  if (s.lastApplied - (s.snapshot?.index ?? 0) < snapshotEvery) return;
  const index = s.lastApplied;
  const term = termAt(s.log, index)!;
  const config = s.log.entries.findLast(entry => entry.index <= index && entry.command.kind === 'config')?.command;
  const members = config?.kind === 'config' ? config.members : (s.snapshot?.members ?? s.options.members);
  s.snapshot = { index, term, at: s.machine.at, members, data: [...s.machine.data], sessions: sessionImages(s.machine) };
  compact(s.log, Math.max(s.log.base.index, index - keepEntries));
  s.out.writes.push({ kind: 'snapshot', snapshot: s.snapshot, base: s.log.base, tail: [...s.log.entries] });
  emit(s, 'snapshot_taken', { index, entry_term: term, base_index: s.log.base.index });
}
