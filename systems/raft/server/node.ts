/** The shell around the core: feeds it ticks, messages and requests, and carries out what it answers. */
import { randomBytes, randomInt } from 'node:crypto';
import { type EventLog, openEventLog } from './admin/event-log.ts';
import { listenForAdmin } from './admin/http.ts';
import { type Metrics, newMetrics } from './admin/metrics.ts';
import { type SkewableClock, skewableClock, type Timer } from './clock.ts';
import { lastIndex, lastTerm } from './core/log.ts';
import { nextDeadline, step } from './core/raft.ts';
import { hasBug, knownStamp, newState, type RaftState } from './core/state.ts';
import type { CoreEvent, Input, MemberChange, Message, NodeId, Output, RequestId, Result } from './core/types.ts';
import { type ForwardMessage, type ForwardReply, type FrontDoor, frontDoor, type Submission } from './net/front-door.ts';
import { type Listener, listenForClients, listenForPeers } from './net/listener.ts';
import { type Link, openLink } from './net/peers.ts';
import { type Options, parseAddress } from './options.ts';
import { type Disk, openDisk } from './storage/disk.ts';
import { openStore, type Store } from './storage/store.ts';

/** The bug no-dedup: how soon a forwarded request is sent again. */
const IMPATIENT_MS = 50;

export interface RunningNode {
  readonly ports: { readonly client: number; readonly peer: number; readonly admin: number };
  close(): Promise<void>;
}

/** Starts a node. Throws what a port in use, a damaged log or an unreadable folder throws; `onFatal` hears of what goes wrong later. */
export async function startNode(options: Options, onFatal: (error: unknown) => void): Promise<RunningNode> {
  const clock = skewableClock({ offsetMs: options.clockOffsetMs, rate: options.clockRate });
  const store = await openStore(options.data, options.bugs);
  const shell = new Shell(options, clock, store, onFatal);
  const at = (port: number) => ({ host: options.host, port });
  const listeners: Listener[] = [];
  try {
    listeners.push(await listenForPeers(at(options.peerPort), message => shell.onPeerMessage(message)));
    listeners.push(
      await listenForClients({ id: options.id, ...at(options.clientPort) }, (request, answer) => shell.front.onRequest(request, answer)),
    );
    const { state, metrics } = shell;
    listeners.push(
      await listenForAdmin({ at: at(options.adminPort), clock, state, metrics, changeMembers: change => shell.changeMembers(change) }),
    );
  } catch (error) {
    for (const listener of listeners) listener.close();
    await store.close();
    throw error;
  }
  shell.start(store.tornBytes);
  const [peer, client, admin] = listeners.map(({ port }) => port) as [number, number, number];
  return {
    ports: { client, peer, admin },
    async close() {
      for (const listener of listeners) listener.close();
      await shell.close();
    },
  };
}

class Shell {
  readonly state: RaftState;
  readonly metrics: Metrics = newMetrics();
  readonly front: FrontDoor;
  readonly #options: Options;
  readonly #clock: SkewableClock;
  readonly #events: EventLog;
  readonly #disk: Disk;
  readonly #onFatal: (error: unknown) => void;
  readonly #links = new Map<NodeId, Link>();
  readonly #started = new Map<RequestId, { kind: 'read' | 'write' | 'cas'; at: number }>();
  readonly #changes = new Map<RequestId, (result: Result) => void>();
  #timer: Timer | null = null;
  #armedFor = Number.POSITIVE_INFINITY;
  #flushing = false;
  #closed = false;
  #leader: NodeId | null = null;

  constructor(options: Options, clock: SkewableClock, store: Store, onFatal: (error: unknown) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onFatal = onFatal;
    this.#events = openEventLog({ file: options.eventLog, id: options.id, clock });
    this.#disk = openDisk({ store, clock, lazy: options.bugs.has('no-fsync'), onError: onFatal });
    const members = Object.fromEntries(options.members.map(id => [id, null]));
    this.state = newState({ ...options, members, seed: options.seed ?? randomInt(2 ** 32) }, store.persisted, this.#instant());
    this.front = this.#openFrontDoor();
  }

  start(tornBytes: number): void {
    const { state } = this;
    this.#emit('node_started', 'info', {
      last_index: lastIndex(state.log),
      last_term: lastTerm(state.log),
      base_index: state.log.base.index,
      snapshot_index: state.snapshot?.index ?? 0,
      snapshot_term: state.snapshot?.term ?? 0,
      vote: state.vote,
      bugs: [...this.#options.bugs],
      torn_bytes: tornBytes,
    });
    for (const peer of this.#options.peers.keys()) this.#link(peer);
    this.#arm();
  }

  onPeerMessage(value: unknown): void {
    const message = value as Message | ForwardMessage | ForwardReply;
    if (message.type === 'forward') this.front.onForward(message);
    else if (message.type === 'forward-reply') this.front.onForwardReply(message);
    else if (message.to === this.#options.id) this.#step({ type: 'receive', message });
  }

  changeMembers(change: MemberChange): Promise<Result> {
    const request = `members-${randomBytes(6).toString('hex')}`;
    return new Promise(resolve => {
      this.#changes.set(request, resolve);
      this.#step({ type: 'change-members', request, change });
    });
  }

  async close(): Promise<void> {
    this.front.close();
    this.#emit('node_stopped', 'info', {});
    this.#closed = true;
    this.#timer?.cancel();
    for (const link of this.#links.values()) link.close();
    await this.#disk.close();
  }

  #openFrontDoor(): FrontDoor {
    return frontDoor({
      ...this.#options,
      forwardRetryMs: this.#options.bugs.has('no-dedup') ? IMPATIENT_MS : this.#options.forwardRetryMs,
      boot: randomBytes(4).toString('hex'),
      clock: this.#clock,
      mayServe: submission => this.state.role === 'leader' || ('read' in submission && hasBug(this.state, 'follower-read')),
      leader: () => this.state.leader,
      term: () => this.state.term,
      replicatedTime: () => knownStamp(this.state),
      submit: (request, submission) => this.#submit(request, submission),
      send: (to, value) => this.#link(to)?.send(value) ?? false,
    });
  }

  #submit(request: RequestId, submission: Submission): void {
    const kind = 'read' in submission ? 'read' : submission.command.kind;
    if (kind === 'read' || kind === 'write' || kind === 'cas') this.#started.set(request, { kind, at: this.#clock.now() });
    this.#step(
      'read' in submission ? { type: 'read', request, key: submission.read } : { type: 'propose', request, command: submission.command },
    );
  }

  #instant = () => ({ now: this.#clock.now(), wall: this.#clock.wall() });

  #step(input: Input): void {
    if (this.#closed) return;
    try {
      this.#carryOut(step(this.state, input, this.#instant()));
    } catch (error) {
      this.#closed = true;
      this.#onFatal(error);
    }
  }

  #carryOut(output: Output): void {
    for (const event of output.events) this.#record(event);
    this.#events.flush();
    if (output.writes.length > 0 || output.durable.length > 0) this.#persist(output);
    for (const message of output.messages) this.#link(message.to)?.send(message);
    for (const { request, result } of output.replies) this.#reply(request, result);
    this.#arm();
    if (this.state.dirty && !this.#flushing) this.#flushSoon();
    if (this.state.leader !== this.#leader) {
      this.#leader = this.state.leader;
      this.front.onLeaderChange();
    }
  }

  #persist({ writes, durable }: Output): void {
    const end = { index: lastIndex(this.state.log), term: lastTerm(this.state.log) };
    this.#disk.submit(writes, () => {
      for (const message of durable) this.#link(message.to)?.send(message);
      if (writes.length > 0) this.#step({ type: 'persisted', ...end });
    });
  }

  /** Lets everything that arrived together go out together. */
  #flushSoon(): void {
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#step({ type: 'flush' });
    });
  }

  #reply(request: RequestId, result: Result): void {
    const started = this.#started.get(request);
    if (started) {
      this.#started.delete(request);
      if (result.ok || result.code === 'cas-mismatch') this.metrics.observe(started.kind, (this.#clock.now() - started.at) / 1000);
      this.front.onResult(request, result);
      return;
    }
    this.#changes.get(request)?.(result);
    this.#changes.delete(request);
  }

  #arm(): void {
    const due = nextDeadline(this.state);
    if (this.#timer && this.#armedFor <= due) return;
    this.#timer?.cancel();
    this.#armedFor = due;
    this.#timer = this.#clock.after(due - this.#clock.now(), () => {
      this.#timer = null;
      this.#step({ type: 'tick' });
    });
  }

  #link(peer: NodeId): Link | undefined {
    const open = this.#links.get(peer);
    if (open) return open;
    const named = this.state.members[peer];
    const address = this.#options.peers.get(peer) ?? (named ? parseAddress(named) : undefined);
    if (!address || peer === this.#options.id) return undefined;
    const link = openLink({ from: this.#options.id, address, clock: this.#clock });
    this.#links.set(peer, link);
    return link;
  }

  #record(event: CoreEvent): void {
    this.metrics.onEvent(event);
    this.#events.write(event);
  }

  #emit(event: string, level: CoreEvent['level'], context: CoreEvent['context']): void {
    this.#record({ event, level, term: this.state.term, context });
    this.#events.flush();
  }
}
