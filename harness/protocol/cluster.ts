/** Where nodes live: local processes, containers, a compose project, somebody else's machines. Owns their lives and their links. */
import type { Json } from '../std/json.ts';
import type { Evidence } from './fault.ts';
import type { Options } from './options.ts';
import type { ClockReading, ClockSkew, Control, Endpoint, NodeId, System } from './system.ts';

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

/** What the kernel does to packets of a flow, TCP or not. Shares are 0-1. `dns` acts on what the `from` side asks its name server. */
export type WireFault =
  | { readonly type: 'drop' }
  | { readonly type: 'loss'; readonly share: number }
  | { readonly type: 'rate'; readonly bytesPerSecond: number }
  | { readonly type: 'delay'; readonly ms: number; readonly jitterMs: number }
  | { readonly type: 'duplicate'; readonly share: number }
  | { readonly type: 'reorder'; readonly share: number; readonly ms: number }
  | { readonly type: 'dns'; readonly mode: 'fail' | 'slow'; readonly ms: number };

/** What is done to a node as a whole. `cpu` leaves it this share of one core; `memory` ends it for want of memory; `disk` fills its volume. */
export type HostFault =
  | { readonly type: 'disconnect' }
  | { readonly type: 'cpu'; readonly share: number }
  | { readonly type: 'memory' }
  | { readonly type: 'disk' };

/** Something that a provider broke and can prove and undo. Removing twice is harmless. */
export interface Broken {
  /** What the kernel or the daemon shows: packets dropped, the process gone, the volume full. */
  prove(signal: AbortSignal): Promise<Evidence>;
  remove(signal: AbortSignal): Promise<void>;
}

/**
 * What a provider can do, for refusing a fault before anything starts. `wires`: kernel faults on flows. `netem`: delay, duplication and
 * reordering among them. `hosts`: faults on a node as a whole.
 */
export type Capability = 'client-links' | 'peer-links' | 'kill' | 'pause' | 'stop' | 'clock' | 'wires' | 'netem' | 'hosts';

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
  /** What takes long once and is then kept, such as building images: before `start`, and without its deadline. */
  prepare?(signal: AbortSignal): Promise<void>;
  /** What `run.json` should know of it once it has started: engine, images and their digests. */
  describe?(): Json;
  /** Resolves when the node serves; rejects when it does not (yet), or by the signal. */
  ready(node: NodeId, signal: AbortSignal): Promise<void>;
  /** Starts every node and waits until each is ready. Throws a UserError that names the node and quotes its last words. */
  start(signal: AbortSignal): Promise<void>;
  state(node: NodeId): NodeState;
  /** SIGKILL; resolves when the process is gone, to a sentence that proves it. */
  kill(node: NodeId): Promise<string>;
  /** Starts a killed node again and waits until it is ready. Harmless on one that runs. */
  restart(node: NodeId, signal: AbortSignal): Promise<void>;
  /** SIGTERM, and SIGKILL after the grace period; resolves when it is gone, to a sentence that says which it took. Comes back by `restart`. */
  stop?(node: NodeId, graceMs: number): Promise<string>;
  /** SIGSTOP; resolves when the kernel reports it stopped, to a sentence that proves it. */
  pause(node: NodeId): Promise<string>;
  resume(node: NodeId): Promise<void>;
  /** Skews a node's clock, and keeps it skewed across restarts until it is set again. */
  setClock(node: NodeId, skew: ClockSkew, signal: AbortSignal): Promise<void>;
  readClock(node: NodeId, signal: AbortSignal): Promise<ClockReading>;
  /** Puts a kernel fault on all packets of these flows, all at once. Throws a UserError where this kernel cannot. */
  breakWires?(flows: readonly Flow[], fault: WireFault): Promise<Broken>;
  breakHost?(node: NodeId, fault: HostFault): Promise<Broken>;
  onUnexpectedExit(listener: (exit: UnexpectedExit) => void): void;
  /** Ends every node and proxy. Never throws; says what it could not end. */
  close(): Promise<string[]>;
}

/** What every provider is told. */
export interface ClusterOptions {
  readonly system: System;
  readonly nodes: readonly NodeId[];
  /** Of the system, resolved. */
  readonly options: Options;
  readonly bugs: readonly string[];
  /** Nodes get `nodes/<node>/` in it; helpers write their logs there. */
  readonly runFolder: string;
  /** A Toxiproxy that is there already, where links are proxies of this machine. */
  readonly toxiproxyUrl?: string | undefined;
  readonly readyTimeoutMs?: number;
  /** How long a node may take to end by itself when the cluster closes. */
  readonly stopGraceMs?: number;
  /** Told what a reader of the log should know, one sentence at a time. */
  readonly onTrouble?: (sentence: string) => void;
  /** `--compose`: the file, absolute. */
  readonly composeFile?: string | undefined;
  /** `--attach`: the compose project that runs. */
  readonly project?: string | undefined;
}

/** One place where nodes can live: `--on NAME`. */
export interface Provider {
  readonly name: 'process' | 'docker' | 'compose' | 'attach' | 'external';
  readonly summary: string;
  /** What it can do to the nodes of this system. May ask the daemon or the kernel; throws a UserError where there is none. */
  capabilities(options: Omit<ClusterOptions, 'nodes' | 'runFolder'>): Promise<ReadonlySet<Capability>>;
  /** The nodes of a cluster that is described elsewhere; undefined where `--nodes N` decides. */
  nodes?(options: Omit<ClusterOptions, 'nodes' | 'runFolder'>): Promise<readonly NodeId[]>;
  /** Starts nothing yet. */
  create(options: ClusterOptions): Cluster;
}
