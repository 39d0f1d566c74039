/**
 * The words of the Raft core: entries, messages, inputs and outputs. Plain data; times are milliseconds of the injected clock.
 *
 * Source: Ongaro, "Consensus: Bridging Theory and Practice", 2014 (pre-vote 9.6, ReadIndex 6.4, membership 4.1, sessions 6.3).
 */

export type NodeId = string;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Who votes, and where a node can be dialled that was not named on the command line (null: by the `--peer` flag). */
export type Members = Readonly<Record<NodeId, string | null>>;

/** What makes a retried request recognisable. `issued` is the replicated time at the node that took the request from its client. */
export interface Origin {
  readonly session: string;
  readonly seq: number;
  readonly issued: number;
}

export type Command =
  | { readonly kind: 'noop' }
  | ({ readonly kind: 'write'; readonly key: string; readonly value: Json } & Origin)
  | ({ readonly kind: 'cas'; readonly key: string; readonly expected: Json; readonly value: Json } & Origin)
  | { readonly kind: 'config'; readonly members: Members };

/** One log entry. `at` is replicated time in ms: it advances with the leaders' monotonic clocks and never with a wall clock. */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly at: number;
  readonly command: Command;
}

/** What a request came to. `definite` on a failure: it did not and never will take effect through this attempt. */
export type Result =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: string; readonly definite: boolean; readonly message: string; readonly leader?: NodeId };

/** The state machine up to and including `index`. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly at: number;
  readonly members: Members;
  readonly data: readonly (readonly [string, Json])[];
  readonly sessions: readonly SessionImage[];
}
export interface SessionImage {
  readonly session: string;
  readonly floor: number;
  readonly usedAt: number;
  readonly results: readonly (readonly [number, Result])[];
}

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
}
export type Message = Envelope &
  (
    | { readonly type: 'pre-vote'; readonly lastIndex: number; readonly lastTerm: number }
    | { readonly type: 'vote'; readonly lastIndex: number; readonly lastTerm: number }
    | { readonly type: 'pre-vote-reply'; readonly granted: boolean; readonly asked: number }
    | { readonly type: 'vote-reply'; readonly granted: boolean }
    | {
        readonly type: 'append';
        readonly prevIndex: number;
        readonly prevTerm: number;
        readonly entries: readonly Entry[];
        readonly commit: number;
        readonly round: number;
        readonly seq: number;
      }
    | { readonly type: 'snapshot'; readonly snapshot: Snapshot; readonly round: number; readonly seq: number }
    /** `match`: highest index known equal to the leader's when ok, else the follower's best guess of where to try next. */
    | {
        readonly type: 'append-reply';
        readonly ok: boolean;
        readonly match: number;
        readonly round: number;
        readonly seq: number;
        /** Bug lease-clock only. */
        readonly wall?: number;
      }
  );

export type RequestId = string;

/** A point in time: `now` monotonic and `wall` civil, both as the (possibly skewed) injected clock shows them, in ms. */
export interface Instant {
  readonly now: number;
  readonly wall: number;
}

export type Input =
  | { readonly type: 'tick' }
  | { readonly type: 'receive'; readonly message: Message }
  | { readonly type: 'propose'; readonly request: RequestId; readonly command: Command }
  | { readonly type: 'read'; readonly request: RequestId; readonly key: string }
  | { readonly type: 'change-members'; readonly request: RequestId; readonly change: MemberChange }
  /** All writes handed out up to the moment when the log ended at (index, term) are on disk. */
  | { readonly type: 'persisted'; readonly index: number; readonly term: number }
  /** Everything that arrived together has been stepped: send what it amounts to. */
  | { readonly type: 'flush' };

export type MemberChange = { readonly add: NodeId; readonly address: string | null } | { readonly remove: NodeId };

/** A durable write, in order. */
export type Write =
  | { readonly kind: 'hard'; readonly term: number; readonly vote: NodeId | null }
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  | { readonly kind: 'cut'; readonly from: number }
  /** The snapshot replaces everything up to `base`; the log goes on behind it with `tail`. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly base: LogPoint; readonly tail: readonly Entry[] };

export interface LogPoint {
  readonly index: number;
  readonly term: number;
}

/** A line of the structured event log, before the shell adds time stamps. */
export interface CoreEvent {
  readonly event: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly term: number;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What a step asks of the shell. */
export interface Output {
  readonly writes: Write[];
  /** May leave at once. */
  readonly messages: Message[];
  /** May leave once every write handed out so far is on disk. */
  readonly durable: Message[];
  readonly replies: { readonly request: RequestId; readonly result: Result }[];
  readonly events: CoreEvent[];
}
