/**
 * A cluster in virtual time: seeded delays, losses, partitions that hold or lose messages, crashes that lose what was not synced, pauses. One seed
 * is one run, to the last message.
 */
import type { BugName } from '../../bugs.ts';
import { lastIndex, lastTerm } from '../log.ts';
import { nextDeadline, step } from '../raft.ts';
import { type Random, seeded } from '../random.ts';
import { type CoreOptions, newState, type Persisted, type RaftState } from '../state.ts';
import type { CoreEvent, Input, Message, Output, Write } from '../types.ts';
import { newReferee, type Referee } from './referee.ts';
import { type Agenda, newAgenda } from './schedule.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes?: number;
  readonly bugs?: readonly BugName[];
  readonly lossRate?: number;
  readonly snapshotEvery?: number;
  readonly delayMs?: readonly [number, number];
  /** Told of every event, and of `node_started` whenever a node begins a life. */
  readonly onEvent?: (node: string, event: CoreEvent) => void;
}

interface SimulatedNode {
  readonly id: string;
  state: RaftState | null;
  durable: Persisted;
  /** Counts lives, so that what was meant for an earlier one is dropped. */
  life: number;
  pausedUntil: number;
  diskFreeAt: number;
  flushing: boolean;
  tickAt: number;
}

export interface Simulation {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly referee: Referee;
  readonly ids: readonly string[];
  state(id: string): RaftState | null;
  leader(): string | undefined;
  input(id: string, input: Input): void;
  /** Cuts flows `a>b`; what is sent meanwhile arrives after the healing (as TCP does it) or never. */
  cut(flows: Iterable<string>, hold: boolean): void;
  heal(): void;
  crash(id: string): void;
  restart(id: string): void;
  pause(id: string, forMs: number): void;
}

const emptyDisk: Persisted = { term: 0, vote: null, snapshot: null, base: { index: 0, term: 0 }, entries: [] };

export function simulate(options: SimulationOptions): Simulation {
  const { seed, nodes: count = 5, bugs = [], lossRate = 0, snapshotEvery = 50, delayMs = [0.2, 4] } = options;
  const random = seeded(seed);
  const agenda = newAgenda();
  const referee = newReferee();
  const ids = Array.from({ length: count }, (_, at) => `n${at + 1}`);
  const members = Object.fromEntries(ids.map(id => [id, null]));
  const coreOptions = (id: string, life: number): CoreOptions => ({
    id,
    members,
    seed: seed * 1000 + ids.indexOf(id) * 100 + life,
    electionMinMs: 150,
    electionMaxMs: 300,
    heartbeatMs: 50,
    snapshotEvery,
    keepEntries: Math.floor(snapshotEvery / 3),
    bugs: new Set(bugs),
  });
  const nodes = new Map<string, SimulatedNode>();
  let cutFlows = new Set<string>();
  let holding = true;
  let held: Message[] = [];

  const instant = () => ({ now: agenda.now, wall: agenda.now });

  const stepNode = (node: SimulatedNode, input: Input): void => {
    if (!node.state) return;
    if (node.pausedUntil > agenda.now) {
      const { life } = node;
      agenda.at(node.pausedUntil, () => node.life === life && stepNode(node, input));
      return;
    }
    const out = step(node.state, input, instant());
    for (const event of out.events) {
      referee.onEvent(node.id, event, node.state);
      options.onEvent?.(node.id, event);
    }
    carryOut(node, node.state, out);
  };

  const carryOut = (node: SimulatedNode, state: RaftState, out: Output): void => {
    const { life } = node;
    const alive = () => node.life === life && node.state !== null;
    for (const message of out.messages) send(message);
    if (out.writes.length > 0 || out.durable.length > 0) {
      const end = { index: lastIndex(state.log), term: lastTerm(state.log) };
      const done = () => {
        for (const message of out.durable) send(message);
        if (out.writes.length > 0) stepNode(node, { type: 'persisted', ...end });
      };
      if (bugs.includes('no-fsync')) {
        node.durable = out.writes.filter(({ kind }) => kind === 'hard').reduce(persist, node.durable);
        agenda.at(agenda.now, () => alive() && done());
      }
      node.diskFreeAt = Math.max(node.diskFreeAt, agenda.now) + (out.writes.length > 0 ? 0.1 + random() * 2 : 0);
      const lag = bugs.includes('no-fsync') ? 1500 : 0;
      agenda.at(node.diskFreeAt + lag, () => {
        if (!alive()) return;
        node.durable = out.writes.filter(({ kind }) => lag === 0 || kind !== 'hard').reduce(persist, node.durable);
        if (lag === 0) done();
      });
    }
    for (const { request, result } of out.replies) onReply(node, state, request, result.ok);
    if (state.dirty && !node.flushing) {
      node.flushing = true;
      agenda.at(agenda.now, () => {
        node.flushing = false;
        if (alive()) stepNode(node, { type: 'flush' });
      });
    }
    arm(node, state);
  };

  /** Requests of the simulation: `w…` proposals, `r<highest acknowledged index at its start>` reads. */
  const onReply = (node: SimulatedNode, state: RaftState, request: string, ok: boolean): void => {
    if (!ok) return;
    if (request.startsWith('w')) referee.onAck(state.lastApplied);
    else if (request.startsWith('r')) referee.onRead(node.id, state, Number(request.slice(1)));
  };

  const arm = (node: SimulatedNode, state: RaftState): void => {
    const due = nextDeadline(state);
    if (node.tickAt > agenda.now && node.tickAt <= due) return;
    node.tickAt = due;
    const { life } = node;
    agenda.at(due, () => node.life === life && node.tickAt === due && stepNode(node, { type: 'tick' }));
  };

  const send = (message: Message): void => {
    const flow = `${message.from}>${message.to}`;
    if (cutFlows.has(flow)) {
      if (holding && held.length < 10_000) held.push(message);
      return;
    }
    if (random() < lossRate) return;
    deliver(message, delayMs[0] + random() * (delayMs[1] - delayMs[0]));
  };

  const deliver = (message: Message, delay: number): void => {
    const to = nodes.get(message.to);
    if (to) agenda.at(agenda.now + delay, () => stepNode(to, { type: 'receive', message }));
  };

  const boot = (node: SimulatedNode): void => {
    node.life += 1;
    node.flushing = false;
    node.pausedUntil = 0;
    node.diskFreeAt = agenda.now;
    node.tickAt = 0;
    const forgetful = bugs.includes('vote-not-persisted');
    const persisted = forgetful ? { ...node.durable, term: 0, vote: null } : node.durable;
    node.state = newState(coreOptions(node.id, node.life), persisted, instant());
    const context = { last_index: lastIndex(node.state.log), last_term: lastTerm(node.state.log) };
    options.onEvent?.(node.id, { event: 'node_started', level: 'info', term: node.state.term, context });
    arm(node, node.state);
  };

  for (const id of ids) {
    const node: SimulatedNode = { id, state: null, durable: emptyDisk, life: 0, pausedUntil: 0, diskFreeAt: 0, flushing: false, tickAt: 0 };
    nodes.set(id, node);
    boot(node);
  }

  return {
    agenda,
    random,
    referee,
    ids,
    state: id => nodes.get(id)!.state,
    leader: () => {
      const leaders = [...nodes.values()].filter(({ state }) => state?.role === 'leader');
      return leaders.sort((a, b) => b.state!.term - a.state!.term)[0]?.id;
    },
    input: (id, input) => stepNode(nodes.get(id)!, input),
    cut(flows, hold) {
      cutFlows = new Set(flows);
      holding = hold;
    },
    heal() {
      cutFlows = new Set();
      const late = held;
      held = [];
      for (const message of late) deliver(message, random() * 5);
    },
    crash(id) {
      const node = nodes.get(id)!;
      node.life += 1;
      node.state = null;
    },
    restart(id) {
      const node = nodes.get(id)!;
      if (!node.state) boot(node);
    },
    pause(id, forMs) {
      nodes.get(id)!.pausedUntil = agenda.now + forMs;
    },
  };
}

/** What the disk holds after one more write. */
export function persist(disk: Persisted, write: Write): Persisted {
  switch (write.kind) {
    case 'hard':
      return { ...disk, term: write.term, vote: write.vote };
    case 'entries':
      return { ...disk, entries: [...disk.entries, ...write.entries] };
    case 'cut':
      return { ...disk, entries: disk.entries.filter(({ index }) => index < write.from) };
    case 'snapshot':
      return { ...disk, snapshot: write.snapshot, base: write.base, entries: write.tail };
  }
}
