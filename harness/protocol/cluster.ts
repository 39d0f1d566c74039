/** Where nodes live: local processes, containers, a compose project, somebody else's machines. Owns their lives and their links. */
import type { ClockReading, ClockSkew, Control, Endpoint, NodeId } from './system.ts';

/** `clients` stands for every client process. */
export type Site = NodeId | 'clients';

/** Packets that go one way. A connection between two sites is two flows, whoever opened it. */
export interface Flow {
  readonly from: Site;
  readonly to: Site;
}

export type ToxicType = 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data';

export interface Toxic {
  readonly type: ToxicType;
  readonly attributes: Readonly<Record<string, number>>;
  /** Share of connections it applies to, 0-1. */
  readonly toxicity?: number;
}

/** Toxics that are in force. Removing twice is harmless. */
export interface AppliedToxics {
  /** How many were put in force: one per stream that carries packets of the flows; 0 where no link carries them. */
  readonly placed: number;
  /** Resolves to the number of toxics that the server confirms to be in force right now. */
  confirm(signal: AbortSignal): Promise<number>;
  remove(): Promise<void>;
}

/** Bytes that entered a flow and bytes that came out of it, since the cluster started. */
export interface FlowCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface Links {
  /** Every flow that some link carries. */
  readonly flows: readonly Flow[];
  /** Where `from` dials to reach `port` of `to`. */
  address(from: Site, to: NodeId, port: string): Endpoint;
  /** Puts the toxic on every stream that carries packets of these flows, all at once. Resolves when it is in force everywhere. */
  apply(flows: readonly Flow[], toxic: Toxic): Promise<AppliedToxics>;
  /** One reading for all flows, keyed `from>to`; undefined where the server keeps no counters. */
  counters(signal: AbortSignal): Promise<ReadonlyMap<string, FlowCounters> | undefined>;
  /** A round trip over the link that `from` opens to `to`; resolves to its milliseconds, rejects without an answer by the signal. */
  ping(from: Site, to: NodeId, signal: AbortSignal): Promise<number>;
}

export type NodeState = 'running' | 'paused' | 'stopped';

/** A node that ended although nobody asked it to. */
export interface UnexpectedExit {
  readonly node: NodeId;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last lines it wrote, for the message. */
  readonly lastWords: string;
  /** Without it the cluster cannot go on. */
  readonly fatal?: boolean;
}

export interface Cluster {
  readonly nodes: readonly NodeId[];
  readonly links: Links;
  readonly control: Control;
  /** Starts every node and waits until each is ready. Throws a UserError that names the node and quotes its last words. */
  start(signal: AbortSignal): Promise<void>;
  state(node: NodeId): NodeState;
  /** SIGKILL; resolves when the process is gone, to a sentence that proves it. */
  kill(node: NodeId): Promise<string>;
  /** Starts a killed node again and waits until it is ready. Harmless on one that runs. */
  restart(node: NodeId, signal: AbortSignal): Promise<void>;
  /** SIGSTOP; resolves when the kernel reports it stopped, to a sentence that proves it. */
  pause(node: NodeId): Promise<string>;
  resume(node: NodeId): Promise<void>;
  /** Skews a node's clock, and keeps it skewed across restarts until it is set again. */
  setClock(node: NodeId, skew: ClockSkew, signal: AbortSignal): Promise<void>;
  readClock(node: NodeId, signal: AbortSignal): Promise<ClockReading>;
  onUnexpectedExit(listener: (exit: UnexpectedExit) => void): void;
  /** Ends every node and proxy. Never throws; says what it could not end. */
  close(): Promise<string[]>;
}
