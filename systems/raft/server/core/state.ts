/**
 * The state of one Raft node and the small operations that every part of the core shares.
 *
 * The core is deterministic: a step depends on the state and its input alone (the random source is seeded and part of the state), and reads no
 * clock, socket or file. For speed a step changes the state in place and appends to its output instead of copying a log.
 */
import type { BugName } from '../bugs.ts';
import { emptyLog, entryAt, type Log, lastIndex, lastTerm } from './log.ts';
import { type Machine, newMachine, restore } from './machine.ts';
import { type Random, seeded } from './random.ts';
import type { CoreEvent, Entry, Instant, Json, LogPoint, Members, Message, NodeId, Output, RequestId, Result, Snapshot } from './types.ts';

export interface CoreOptions {
  readonly id: NodeId;
  /** The membership before any configuration entry; empty for a node that joins later. */
  readonly members: Members;
  readonly seed: number;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  readonly heartbeatMs: number;
  /** A snapshot is taken when so many entries were applied since the last one. */
  readonly snapshotEvery: number;
  /** So many entries stay in the log behind a snapshot, for followers that are a little late. */
  readonly keepEntries: number;
  readonly bugs: ReadonlySet<BugName>;
}

/** What the disk gave back at start-up. */
export interface Persisted {
  readonly term: number;
  readonly vote: NodeId | null;
  readonly snapshot: Snapshot | null;
  readonly base: LogPoint;
  readonly entries: readonly Entry[];
}

/** What a leader knows of one follower. */
export interface Progress {
  next: number;
  match: number;
  /** When the last message from it arrived. */
  heardAt: number;
  /** Silent for long: gets empty messages only, until it answers. */
  probing: boolean;
  /** Highest read round that it has answered. */
  round: number;
  /** Refusals of messages sent before this one are stale. */
  refusedSeq: number;
  snapshotAt: number;
}

export interface PendingRead {
  readonly request: RequestId;
  readonly key: string;
  /** The commit index that its answer must reflect; null until an entry of this term is committed. */
  index: number | null;
  round: number;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export interface RaftState {
  readonly options: CoreOptions;
  readonly random: Random;
  instant: Instant;
  out: Output;
  role: Role;
  term: number;
  vote: NodeId | null;
  leader: NodeId | null;
  log: Log;
  snapshot: Snapshot | null;
  machine: Machine;
  members: Members;
  /** Index of the entry that `members` comes from. */
  membersIndex: number;
  commitIndex: number;
  lastApplied: number;
  persistedIndex: number;
  electionDeadline: number;
  heartbeatDeadline: number;
  leaderHeardAt: number;
  votes: Set<NodeId>;
  readonly unreachable: Set<NodeId>;
  progress: Map<NodeId, Progress>;
  /** Requests whose entry this leader appended, by index. */
  readonly proposals: Map<number, RequestId>;
  reads: PendingRead[];
  round: number;
  seq: number;
  electedAt: number;
  dirty: boolean;
  /** Replicated time: `stampBase` at the moment `stampBaseNow` of our monotonic clock. */
  stampBase: number;
  stampBaseNow: number;
  /** Bug lease-clock. */
  leaseUntilWall: number;
  /** Bug dirty-read: cas effects shown before their commit. */
  readonly overlay: Map<string, { value: Json; index: number }>;
}

export const emptyOutput = (): Output => ({ writes: [], messages: [], durable: [], replies: [], events: [] });

export function newState(options: CoreOptions, persisted: Persisted | null, instant: Instant): RaftState {
  const snapshot = persisted?.snapshot ?? null;
  const log: Log = persisted ? { base: persisted.base, entries: [...persisted.entries] } : emptyLog();
  const state: RaftState = {
    options,
    random: seeded(options.seed),
    instant,
    out: emptyOutput(),
    role: 'follower',
    term: persisted?.term ?? 0,
    vote: persisted?.vote ?? null,
    leader: null,
    log,
    snapshot,
    machine: snapshot ? restore(snapshot) : newMachine(),
    members: {},
    membersIndex: 0,
    commitIndex: snapshot?.index ?? 0,
    lastApplied: snapshot?.index ?? 0,
    persistedIndex: lastIndex(log),
    electionDeadline: 0,
    heartbeatDeadline: Number.POSITIVE_INFINITY,
    leaderHeardAt: Number.NEGATIVE_INFINITY,
    votes: new Set(),
    unreachable: new Set(),
    progress: new Map(),
    proposals: new Map(),
    reads: [],
    round: 0,
    seq: 0,
    electedAt: 0,
    dirty: false,
    stampBase: 0,
    stampBaseNow: 0,
    leaseUntilWall: Number.NEGATIVE_INFINITY,
    overlay: new Map(),
  };
  recomputeMembers(state);
  resetElectionTimer(state);
  return state;
}

/** The newest configuration in the log, committed or not (Raft 4.1), else the snapshot's, else the initial one. */
export function recomputeMembers(s: RaftState): void {
  const config = s.log.entries.findLast(entry => entry.command.kind === 'config');
  if (config?.command.kind === 'config') setMembers(s, config.command.members, config.index);
  else if (s.snapshot) setMembers(s, s.snapshot.members, s.snapshot.index);
  else setMembers(s, s.options.members, 0);
}

export function setMembers(s: RaftState, members: Members, index: number): void {
  s.members = members;
  s.membersIndex = index;
}

export const hasBug = (s: RaftState, bug: BugName): boolean => s.options.bugs.has(bug);

export const isVoter = (s: RaftState, id: NodeId = s.options.id): boolean => Object.hasOwn(s.members, id);

export const quorum = (s: RaftState): number => Math.floor(Object.keys(s.members).length / 2) + 1;

export const peers = (s: RaftState): NodeId[] => Object.keys(s.members).filter(id => id !== s.options.id);

export function resetElectionTimer(s: RaftState): void {
  const { electionMinMs, electionMaxMs } = s.options;
  s.electionDeadline = s.instant.now + electionMinMs + s.random() * (electionMaxMs - electionMinMs);
}

export function emit(s: RaftState, event: string, context: CoreEvent['context'], level: CoreEvent['level'] = 'info'): void {
  s.out.events.push({ event, level, term: s.term, context });
}

export function reply(s: RaftState, request: RequestId, result: Result): void {
  s.out.replies.push({ request, result });
}

type Unaddressed<M> = M extends Message ? Omit<M, 'from' | 'to' | 'term'> : never;
export function message(s: RaftState, to: NodeId, body: Unaddressed<Message>): Message {
  return { ...body, from: s.options.id, to, term: s.term } as Message;
}

export function persistHardState(s: RaftState): void {
  s.out.writes.push({ kind: 'hard', term: s.term, vote: s.vote });
}

/** Appends to our own log, in memory and on disk to be; configuration entries take effect here. */
export function appendEntries(s: RaftState, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  for (const entry of entries) {
    s.log.entries.push(entry);
    if (entry.command.kind === 'config') setMembers(s, entry.command.members, entry.index);
  }
  s.out.writes.push({ kind: 'entries', entries });
  emit(s, 'log_appended', { entries }, 'debug');
}

/** Replicated time as a leader would stamp it now. */
export const stamp = (s: RaftState): number => Math.floor(s.stampBase + Math.max(0, s.instant.now - s.stampBaseNow));

/** Replicated time as this node knows it: that of the last entry in its log. */
export const knownStamp = (s: RaftState): number => Math.max(s.machine.at, entryAt(s.log, lastIndex(s.log))?.at ?? 0);

export const logEnd = (s: RaftState): { lastIndex: number; lastTerm: number } => ({
  lastIndex: lastIndex(s.log),
  lastTerm: lastTerm(s.log),
});

/** Any sign of life from a peer ends what was taken for a partition. */
export function heardFrom(s: RaftState, peer: NodeId): void {
  const progress = s.progress.get(peer);
  if (progress) progress.heardAt = s.instant.now;
  if (s.unreachable.delete(peer)) emit(s, 'partition_healed', { peer });
}

export function lostContact(s: RaftState, peer: NodeId, silentMs: number): void {
  if (s.unreachable.has(peer)) return;
  s.unreachable.add(peer);
  emit(s, 'partition_detected', { peer, silent_ms: Math.round(silentMs) }, 'warn');
}
