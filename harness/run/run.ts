/**
 * One run from set-up to verdict. Phases, each with a deadline: start; load under faults; heal; recovery; final reads; stop; check.
 * Whatever ends it, faults are healed, nodes are ended, and what was recorded is readable.
 */

import type { Event, EventDraft, History, Key } from '../history/event.ts';
import type { SeenViolation, Verdict, Watch } from '../protocol/checker.ts';
import type { Client } from '../protocol/client.ts';
import type { Cluster, UnexpectedExit } from '../protocol/cluster.ts';
import type { FaultRecord, Schedule } from '../protocol/fault.ts';
import type { Generator } from '../protocol/generator.ts';
import type { Guard } from '../protocol/guard.ts';
import type { NodeId, Reach } from '../protocol/system.ts';
import { sleep, within } from '../std/deadline.ts';
import { createRng, type Rng } from '../std/rng.ts';
import { environmentError, UserError } from '../std/user-error.ts';
import { type HistoryWriter, openHistoryWriter } from '../store/history-writer.ts';
import { readHistory } from '../store/read-history.ts';
import type { RunFolder } from '../store/run-folder.ts';
import { type InterpretSummary, interpret } from './interpreter.ts';
import { besides, judgeHistory, judgeLogs, type NodeLogs, readNodeLogs } from './judge.ts';
import { type LeaderChange, watchLeaders } from './leaders.ts';
import { startSchedule } from './nemesis.ts';
import type { RunPlan } from './plan.ts';
import { resumable } from './resumable.ts';

/** Effects that the composition root hands in. */
export interface RunEnvironment {
  readonly folder: RunFolder;
  readonly cluster: Cluster;
  readonly schedule: Schedule;
  /** Where clients and faults put what must not outlive the controller. */
  readonly guard?: () => Promise<Guard>;
  /** Told once every node is ready. */
  readonly onStarted?: () => void;
  say(sentence: string): void;
  warn(sentence: string): void;
  readonly tally: Tally;
}

/** Live counters, for whoever shows progress. */
export interface Tally {
  phase: Phase;
  phaseEndsAtMs: number | undefined;
  ok: number;
  fail: number;
  info: number;
  faults: readonly string[];
  elapsedMs(): number;
}

export type Phase = 'starting' | 'load' | 'healing' | 'recovery' | 'final reads' | 'stopping' | 'checking';

export interface NodeExit {
  readonly timeMs: number;
  readonly node: string;
  readonly reason: string;
}

/** What a run saw; the report is made of it. */
export interface RunOutcome {
  readonly checks: readonly Verdict[];
  readonly history: History;
  readonly logs: NodeLogs;
  readonly faults: readonly FaultRecord[];
  readonly leaders: readonly LeaderChange[];
  readonly exits: readonly NodeExit[];
  readonly warnings: readonly string[];
  readonly loadStartMs: number;
  readonly loadEndMs: number;
  /** Null: some node never answered again. */
  readonly recoveryMs: number | null;
  readonly durationMs: number;
}

/** Nodes start together and the cluster says which of them is late; this is for what nobody thought of. */
const startMarginMs = 30_000;
/** Slower than this, the load would be asleep when the nodes come back. */
const leastRecoveryRate = 10;
const finalReadsTimeoutMs = 20_000;

export const createTally = (): Tally => {
  const began = process.hrtime.bigint();
  return {
    phase: 'starting',
    phaseEndsAtMs: undefined,
    ok: 0,
    fail: 0,
    info: 0,
    faults: [],
    elapsedMs: () => Number(process.hrtime.bigint() - began) / 1e6,
  };
};

/** Rejects when the environment fails or `signal` aborts, after everything was cleaned up. */
export const executeRun = async (plan: RunPlan, env: RunEnvironment, signal: AbortSignal): Promise<RunOutcome> => {
  const trial = new Trial(plan, env, signal);
  try {
    await trial.perform();
  } finally {
    await trial.close();
  }
  trial.assertRecorded();
  return trial.judge();
};

class Trial {
  readonly #plan: RunPlan;
  readonly #env: RunEnvironment;
  readonly #rng: Rng;
  readonly #broken = new AbortController();
  readonly #signal: AbortSignal;
  readonly #exits: NodeExit[] = [];
  readonly #warnings: string[] = [];
  #writer: HistoryWriter | undefined;
  #faults: readonly FaultRecord[] = [];
  #leaders: readonly LeaderChange[] = [];
  #loadStartMs = 0;
  #loadEndMs = 0;
  #recoveryMs: number | null = null;
  #processes: readonly number[] | undefined;
  #watch: Watch | undefined;
  #seen: SeenViolation | undefined;
  /** Keys that requests were made for, in order of first use. */
  readonly #keys = new Set<Key>();
  #onEvent: (event: Event) => void = () => undefined;

  constructor(plan: RunPlan, env: RunEnvironment, signal: AbortSignal) {
    this.#plan = plan;
    this.#env = env;
    this.#rng = createRng(plan.seed);
    this.#signal = AbortSignal.any([signal, this.#broken.signal]);
  }

  /** Everything that needs the cluster. */
  async perform(): Promise<void> {
    const { cluster, folder } = this.#env;
    cluster.onUnexpectedExit(exit => this.#noteExit(exit));
    this.#writer = await openHistoryWriter(folder.file('history.jsonl'), error => this.#broken.abort(error));
    this.#watch = this.#watchOnline();
    await cluster.prepare?.(this.#signal);
    await cluster.start(within(this.#plan.startTimeoutMs + startMarginMs, this.#signal));
    this.#env.onStarted?.();
    this.#env.say(`${cluster.nodes.length} nodes are ready after ${Math.round(this.#now())} ms`);
    const leaders = watchLeaders(this.#plan.system, cluster.control, cluster.nodes, () => this.#now());
    try {
      await this.#phases(() => leaders.roles());
    } finally {
      this.#leaders = leaders.changes;
      await leaders.stop();
    }
  }

  async #phases(roles: () => ReturnType<ReturnType<typeof watchLeaders>['roles']>): Promise<void> {
    const { workload } = this.#plan;
    const requests = resumable(workload.generator(this.#workloadContext('workload')));
    this.#enter('load', this.#plan.timeLimitMs);
    this.#loadStartMs = this.#now();
    const nemesis = startSchedule({
      schedule: this.#env.schedule,
      faults: this.#plan.faults,
      context: { cluster: this.#env.cluster, system: this.#plan.system, roles, signal: this.#signal, guard: this.#env.guard },
      record: event => void this.#record({ ...event, time: this.#nowNs() }),
      now: () => this.#now(),
      signal: this.#signal,
      onChange: active => {
        this.#env.tally.faults = active.map(({ kind, targets }) =>
          `${kind} ${targets.slice(0, 4).join(' ')}${targets.length > 4 ? ' …' : ''}`.trim(),
        );
      },
    });
    try {
      const over = (): boolean => this.#seen !== undefined || this.#now() - this.#loadStartMs >= this.#plan.timeLimitMs;
      const { arrivals } = await this.#drive(requests.until(over), this.#plan.rate, this.#signal);
      this.#loadEndMs = this.#now();
      if (arrivals && arrivals.dropped > 0)
        this.#warn(
          `${arrivals.dropped} requests were never made: every process was busy for longer than a second; raise --concurrency or lower --rate`,
        );
    } finally {
      this.#enter('healing');
      this.#faults = (await nemesis.healAll()).map(roundTimes);
    }
    if (this.#seen === undefined) await this.#recover(requests.until.bind(requests));
    if (this.#seen === undefined) await this.#readFinally();
    if (this.#seen !== undefined)
      this.#warn(
        `stopped at the first violation, ${((this.#loadEndMs - this.#loadStartMs) / 1000).toFixed(1)} s into the load (--check-online)`,
      );
  }

  #watchOnline(): Watch | undefined {
    const { checkOnline, checker, workload, memoryLimitBytes } = this.#plan;
    if (!checkOnline) return undefined;
    return checker.online!.watch({
      workload: workload.judgedAs ?? workload.name,
      memoryLimitBytes,
      onTrouble: sentence => this.#warn(sentence),
      onViolation: seen => {
        this.#seen = seen;
        this.#env.say(
          `a violation${seen.key === undefined ? '' : ` on key ${seen.key}`} by ${(seen.timeNs / 1e9).toFixed(2)} s, seen at ${(this.#now() / 1000).toFixed(2)} s: the run stops`,
        );
      },
    });
  }

  /** The load goes on until every node that a client talks to has answered an operation that began after the heal. */
  async #recover(until: (over: () => boolean) => Generator): Promise<void> {
    this.#enter('recovery', this.#plan.recoveryTimeoutMs);
    const healedAtMs = this.#now();
    const silent = new Set(this.#env.cluster.nodes.slice(0, this.#plan.concurrency));
    const invokedAfterHeal = new Set<number>();
    this.#onEvent = event => {
      if (typeof event.process !== 'number') return;
      if (event.type === 'invoke') invokedAfterHeal.add(event.process);
      else if (
        event.type === 'ok' &&
        invokedAfterHeal.has(event.process) &&
        event.node !== undefined &&
        silent.delete(event.node) &&
        silent.size === 0
      ) {
        this.#recoveryMs = Math.round(this.#now() - healedAtMs);
      }
    };
    const over = (): boolean => this.#seen !== undefined || silent.size === 0 || this.#now() - healedAtMs >= this.#plan.recoveryTimeoutMs;
    const { rate } = this.#plan;
    await this.#drive(until(over), rate === 'max' ? rate : Math.max(rate, leastRecoveryRate), this.#signal);
    this.#onEvent = () => undefined;
    if (silent.size > 0 && this.#seen === undefined)
      this.#warn(`${[...silent].join(', ')} answered nothing for ${this.#plan.recoveryTimeoutMs} ms after all faults were healed`);
  }

  async #readFinally(): Promise<void> {
    const final = this.#plan.workload.final?.({ ...this.#workloadContext('final'), keys: [...this.#keys] });
    if (!final) return;
    this.#enter('final reads', finalReadsTimeoutMs);
    const deadline = within(finalReadsTimeoutMs, this.#signal);
    await this.#drive(final, 'max', deadline);
    if (deadline.aborted && !this.#signal.aborted) this.#warn(`the final reads did not end within ${finalReadsTimeoutMs} ms`);
  }

  async #drive(generator: Generator, rate: number | 'max', signal: AbortSignal): Promise<InterpretSummary> {
    const { workload, concurrency, operationTimeoutMs } = this.#plan;
    const { cluster } = this.#env;
    const summary = await interpret({
      generator,
      nodes: cluster.nodes,
      concurrency,
      rate,
      operationTimeoutMs,
      readOnly: workload.readOnly,
      processes: this.#processes,
      open: (process, node) => this.#connect(process, node),
      record: draft => this.#record(draft),
      congested: () => this.#writer!.congested(),
      now: () => this.#nowNs(),
      rng: this.#rng.fork(`interpreter-${this.#env.tally.phase}`),
      signal,
    });
    this.#processes = summary.processes;
    this.#signal.throwIfAborted();
    return summary;
  }

  /** A refused connection is an outcome; a client that cannot be made on this machine ends the run. */
  async #connect(process: number, node: NodeId): Promise<Client> {
    const { system, systemOptions, workload, operationTimeoutMs } = this.#plan;
    const { cluster, folder, guard } = this.#env;
    const reach: Reach = (to, port = system.clientPort) => cluster.links.address('clients', to, port);
    const { errors } = system;
    const context = {
      process,
      nodes: cluster.nodes,
      workload: workload.judgedAs ?? workload.name,
      errors,
      readOnly: workload.readOnly,
      operationTimeoutMs,
      runFolder: folder.path,
      guard,
    };
    try {
      return await system.connect(node, reach(node), systemOptions, reach, context);
    } catch (thrown) {
      const unable = environmentError(thrown);
      if (unable !== undefined) this.#broken.abort(unable);
      throw thrown;
    }
  }

  #record(draft: EventDraft): Event {
    const event = this.#writer!.append(draft);
    if (event.type !== 'invoke' && event.process !== 'nemesis') this.#env.tally[event.type]++;
    if (event.type === 'invoke') for (const key of keysIn(event)) this.#keys.add(key);
    this.#onEvent(event);
    this.#watch?.feed(event);
    return event;
  }

  #noteExit({ node, exitCode, signal, lastWords, fatal }: UnexpectedExit): void {
    const reason = `${signal ? `ended by ${signal}` : `exited with ${exitCode}`}${lastWords.trim() ? `: ${lastWords.trim().split('\n').at(-1)!.trim()}` : ''}`;
    this.#exits.push({ timeMs: Math.round(this.#now()), node, reason });
    this.#env.warn(`${node} ended by itself: ${reason}`);
    if (fatal)
      this.#broken.abort(new UserError('environment', 'cluster-lost', `the cluster cannot go on without ${node}, which ${reason}`));
  }

  /** Ends what is still there. What goes wrong here is said, and never hides what came first. */
  async close(): Promise<void> {
    this.#enter('stopping');
    await this.#watch?.close();
    for (const trouble of await this.#env.cluster.close()) this.#warn(trouble);
    await this.#writer?.close();
  }

  /** A history that lost its end must not be judged: what is missing may be the violation. Throws the recorder's error. */
  assertRecorded(): void {
    this.#broken.signal.throwIfAborted();
  }

  /** The history that is judged is the one on disk. */
  async judge(): Promise<RunOutcome> {
    this.#enter('checking', this.#plan.checkTimeLimitMs);
    await sleep(0);
    const { folder, cluster } = this.#env;
    const { history, warnings } = await readHistory(folder.file('history.jsonl'));
    const nodeLogs = readNodeLogs(cluster.nodes, node => folder.node(node));
    const { checker, workload, system, provider, judgesOfLogs: alsoLogs, surprises, checkTimeLimitMs, memoryLimitBytes } = this.#plan;
    const limits = { workload: workload.judgedAs ?? workload.name, timeLimitMs: checkTimeLimitMs, memoryLimitBytes };
    const verdict = await judgeHistory(checker, history, limits);
    const judged = this.#seen === undefined ? verdict : besides(verdict, this.#seen);
    const ofLogs = [system.judgeLogs, ...alsoLogs].filter(judge => judge !== undefined);
    const unseen = ofLogs.length > 0 && provider.name === 'external';
    if (unseen) this.#warn(`what only the logs of ${system.name} tell was not judged: somebody else has the logs of external nodes`);
    const checks = [judged];
    if (!unseen) for (const judge of ofLogs) checks.push(await judgeLogs(judge, nodeLogs.logs, history));
    const surprising = await judgeHistory(surprises, history, limits);
    return {
      checks,
      history,
      logs: nodeLogs.logs,
      faults: this.#faults,
      leaders: this.#leaders,
      exits: this.#exits,
      warnings: [...this.#warnings, ...warnings, ...nodeLogs.warnings, ...(surprising.warnings ?? [])],
      loadStartMs: Math.round(this.#loadStartMs),
      loadEndMs: Math.round(this.#loadEndMs),
      recoveryMs: this.#recoveryMs,
      durationMs: Math.round(this.#now()),
    };
  }

  #workloadContext(fork: string) {
    const { workloadOptions, concurrency, nodes } = this.#plan;
    return { rng: this.#rng.fork(fork), options: workloadOptions, concurrency, nodes: nodes.length };
  }

  #enter(phase: Phase, lastsMs?: number): void {
    this.#env.tally.phase = phase;
    this.#env.tally.phaseEndsAtMs = lastsMs === undefined ? undefined : this.#now() + lastsMs;
  }

  #warn(sentence: string): void {
    this.#warnings.push(sentence);
    this.#env.warn(sentence);
  }

  #now(): number {
    return this.#env.tally.elapsedMs();
  }

  #nowNs(): number {
    return Math.round(this.#now() * 1e6);
  }
}

/** The key that an operation is about, or those of a transaction's steps. */
const keysIn = ({ key, f, value }: Event): readonly Key[] => {
  if (key !== undefined) return [key];
  return f === 'txn' && Array.isArray(value) ? (value as readonly (readonly [string, Key])[]).map(([, name]) => name) : [];
};

const roundTimes = (record: FaultRecord): FaultRecord => ({
  ...record,
  startMs: Math.round(record.startMs),
  endMs: Math.round(record.endMs),
});
