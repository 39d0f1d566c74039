/** What is put to the test: how its nodes start, how to talk to it, what it promises. It starts nothing itself. */

import type { History } from '../history/event.ts';
import type { Verdict } from './checker.ts';
import type { Client, ConnectContext } from './client.ts';
import type { ContainerContext, ContainerSpec } from './container.ts';
import type { ErrorTable } from './errors.ts';
import type { Options, OptionTable } from './options.ts';

export type NodeId = string;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A port of every node. `reachedBy` says which links lead to it: a link is a proxy that faults can act on; the controller has none. */
export interface PortSpec {
  /** Its number wherever a node has an address of its own: containers, compose, external. Process clusters hand out free ones. */
  readonly number?: number;
  readonly reachedBy: readonly ('clients' | 'peers' | 'controller')[];
}

/**
 * How far a node's clock is off: wall time = true time x rate + offset. Timers run at `rate` too where the system skews its own clock; where the
 * provider replaces the clock functions of the node's programs, timers and monotonic clocks stay true.
 */
export interface ClockSkew {
  readonly offsetMs: number;
  readonly rate: number;
}

export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface NodeContext {
  readonly id: NodeId;
  readonly nodes: readonly NodeId[];
  readonly options: Options;
  readonly bugs: readonly string[];
  /** Where this node listens, by the port names of the system. */
  readonly listen: Readonly<Record<string, Endpoint>>;
  /** Where this node dials to reach `port` of another node: its own link there. */
  peer(to: NodeId, port: string): Endpoint;
  /** The node's own folder for data that survives a kill. */
  readonly dataDir: string;
  /** The node's folder in the run folder: logs and event logs. */
  readonly logDir: string;
  /** Which start of this node it is, from 0. */
  readonly incarnation: number;
  readonly clock: ClockSkew;
}

/** One OS process. Its stdout and stderr go to `logDir`. */
export interface NodeSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Who plays which part right now, as far as the nodes say. */
export interface Roles {
  readonly leader: NodeId | undefined;
  readonly term: number | undefined;
  readonly followers: readonly NodeId[];
}

export interface BugSpec {
  readonly summary: string;
  /** Faults that provoke it, as `--nemesis` takes them. */
  readonly provokedBy: string;
}

/** A node's ports as the controller reaches them, past every link. */
export type Control = (node: NodeId, port: string) => Endpoint;

/** Where a client reaches a node: its own link there. `port` is the system's client port if left out. */
export type Reach = (node: NodeId, port?: string) => Endpoint;

/**
 * When a node serves: a function that rejects while it does not (yet), or what to look at. `log` is the source of a regular expression that
 * some line must match since the node's last start; `command` runs inside the node (its container; the controller for external nodes).
 */
export type Ready =
  | ((control: Control, node: NodeId, signal: AbortSignal) => Promise<void>)
  | { readonly tcp: string }
  | { readonly http: string; readonly path?: string }
  | { readonly command: readonly string[] }
  | { readonly log: string };

export interface System {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly defaultNodes: number;
  readonly options: OptionTable;
  /** Known bugs that `--bug` switches on; empty for systems of other people. */
  readonly bugs: Readonly<Record<string, BugSpec>>;
  readonly ports: Readonly<Record<string, PortSpec>>;
  /** The port that clients connect to. */
  readonly clientPort: string;
  readonly errors: ErrorTable;
  /** Workloads it offers the operations of, its main one first. */
  readonly workloads: readonly string[];
  /** Consistency models it promises for them, the strongest first. */
  readonly claims: readonly string[];
  /** How a node starts as a local process; absent where it cannot. */
  node?(context: NodeContext): NodeSpec;
  /** How a node starts as a container; absent where it cannot. */
  container?(context: ContainerContext): ContainerSpec;
  /** The names of its nodes: services of the compose file. Absent: every service that listens on the client port; `n1`, `n2`, … where we start them. */
  readonly services?: readonly NodeId[];
  /** Where its nodes listen when somebody else runs them: for `--on external`, by node and port name. */
  readonly endpoints?: Readonly<Record<NodeId, Readonly<Record<string, Endpoint>>>>;
  /** Looked at again and again until a deadline. */
  readonly ready: Ready;
  /**
   * `at` leads to the node that the process belongs to; `reach` to the others, for systems that name another node to talk to.
   * Throws a UserError that blames the environment where no client can ever be made on this machine: that ends the run.
   */
  connect(node: NodeId, at: Endpoint, options: Options, reach: Reach, context?: ConnectContext): Promise<Client>;
  roles?(control: Control, nodes: readonly NodeId[], signal: AbortSignal): Promise<Roles>;
  /** Asks the far end of a link for a sign of life; resolves when it answered. Proves that a link carries, or that it does not. */
  ping?(at: Endpoint, port: string, signal: AbortSignal): Promise<void>;
  /**
   * The node's own word on the time, where it gives one (`TIME`, `now()`), in milliseconds since 1970; `at` is its client port. Proves a skew
   * that the provider brought about. Whole seconds will do: smaller skews and rates are then read back by the provider.
   */
  now?(node: NodeId, at: Endpoint, signal: AbortSignal): Promise<number>;
  /** Clocks that the system itself can skew. Without it, providers that can do so replace the clock functions of the node's processes. */
  readonly clock?: {
    set(control: Control, node: NodeId, skew: ClockSkew, signal: AbortSignal): Promise<void>;
    read(control: Control, node: NodeId, signal: AbortSignal): Promise<ClockReading>;
  };
  /** Judges what only this system's own logs can tell. Pure: gets the text of each node's log files by name. */
  judgeLogs?(logs: ReadonlyMap<NodeId, ReadonlyMap<string, string>>, history: History): Verdict;
}
