/** The life of one node as a container: started, ready, paused, stopped, killed, started again with the same data, name and address. */
import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import type { NodeState } from '../../protocol/cluster.ts';
import type { ClockReading, ClockSkew, NodeId } from '../../protocol/system.ts';
import { sleep, within } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import type { NodeView } from '../ready.ts';
import { describeExit } from '../spawn.ts';
import { type ContainerExit, exitOf } from './container-exit.ts';
import { type ContainerLogs, createContainerLogs } from './container-logs.ts';
import { dockerError, ifThere, statusOf } from './engine.ts';
import { execIn } from './exec.ts';
import { type NodeClock, trueTime } from './node-clock.ts';

export interface ContainerNodeOptions {
  readonly id: NodeId;
  readonly container: Docker.Container;
  /** The node's folder in the run folder. */
  readonly folder: string;
  /** Puts the node on its links after a start; every fault that is in force is on them before it resolves. */
  readonly join: (containerId: string, signal: AbortSignal) => Promise<void>;
  /** Its container has ended. */
  readonly leave: () => Promise<void>;
  readonly ready: (signal: AbortSignal, look: Pick<NodeView, 'exec' | 'log'>) => Promise<void>;
  readonly clock: NodeClock;
  readonly readyTimeoutMs: number;
  readonly onUnexpectedExit: (exit: ContainerExit & { readonly lastWords: string }) => void;
  readonly onTrouble: (sentence: string) => void;
}

/** The engine answers within this, also on a busy machine. */
const proofMs = 10_000;
/** A node that has not answered by then is asked anew. */
const readyAttemptMs = 2000;
/** Its last lines are on their way when it has ended. */
const drainMs = 1000;
/** The engine restarts a container with a restart policy by itself, after 0.1 s the first time and a minute at most. */
const comebackMs = 60_000;

/** One start of the container. */
interface Start {
  readonly startedAt: string;
  readonly pid: number;
  readonly exited: Promise<ContainerExit>;
  exit: ContainerExit | undefined;
}

/** Every change of a node's life waits for the one before it: two faults may act on one node at once. */
export class ContainerNode {
  readonly id: NodeId;
  readonly container: Docker.Container;
  #options: ContainerNodeOptions;
  #logs: ContainerLogs;
  #state: NodeState = 'stopped';
  #start: Start | undefined;
  #serving = false;
  #closed = false;
  /** Nobody looks after it any more. */
  #over = new AbortController();
  #leaving: Promise<void> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ContainerNodeOptions) {
    this.id = options.id;
    this.container = options.container;
    this.#options = options;
    this.#logs = createContainerLogs(options.container, options.folder, sentence => options.onTrouble(`${options.id}: ${sentence}`));
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Starts it unless it runs, and waits until it is ready; a paused one is left alone. Throws a UserError that quotes its last words when it ends or never is. */
  start(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'paused' || this.#serving) return;
      if (this.#closed) throw new Error(`the cluster is closed; ${this.id} is not started again`);
      if (this.#state === 'stopped') await this.#bringUp(signal);
      await this.#untilReady(signal);
    });
  }

  kill(): Promise<string> {
    return this.#inTurn(async () => {
      const start = this.#start;
      if (this.#state === 'stopped' || start === undefined) return `${this.id} had ended already`;
      this.#serving = false;
      const before = performance.now();
      await this.#signal('SIGKILL');
      const exit = await this.#goneWithin(start, proofMs);
      if (exit === undefined) throw new Error(`${this.#name()} still lives ${proofMs} ms after SIGKILL`);
      return `${this.#name()} ended with ${describeExit(exit)} ${Math.round(performance.now() - before)} ms after SIGKILL`;
    });
  }

  /** The image's own stop signal first, SIGTERM by default. */
  stop(graceMs: number): Promise<string> {
    return this.#inTurn(async () => {
      const start = this.#start;
      if (this.#state === 'stopped' || start === undefined) return `${this.id} had ended already`;
      this.#serving = false;
      const { Config } = (await this.container.inspect()) as { Config: { StopSignal?: string } };
      const stopSignal = Config.StopSignal || 'SIGTERM';
      const before = performance.now();
      await this.#signal(stopSignal);
      const gentle = await this.#goneWithin(start, graceMs);
      if (gentle === undefined) await this.#signal('SIGKILL');
      const exit = gentle ?? (await this.#goneWithin(start, proofMs));
      if (exit === undefined) throw new Error(`${this.#name()} still lives ${proofMs} ms after SIGKILL`);
      const tookMs = Math.round(performance.now() - before);
      return gentle === undefined
        ? `${this.#name()} took no notice of ${stopSignal} for ${graceMs} ms and was ended by SIGKILL`
        : `${this.#name()} ended with ${describeExit(exit)} ${tookMs} ms after ${stopSignal}`;
    });
  }

  /** Lets the kernel end it for want of memory: `squeeze` takes the memory away. Resolves to how it ended, undefined where it did not. */
  starve(squeeze: (signal: AbortSignal) => Promise<void>, patienceMs: number): Promise<ContainerExit | undefined> {
    return this.#inTurn(async () => {
      const start = this.#start;
      if (this.#state !== 'running' || start === undefined) throw new Error(`${this.id} cannot run out of memory: it is ${this.#state}`);
      const serving = this.#serving;
      this.#serving = false;
      const enough = new AbortController();
      const squeezing = squeeze(AbortSignal.any([within(patienceMs), enough.signal]));
      try {
        return await Promise.race([this.#goneWithin(start, patienceMs), squeezing.then(() => forever)]);
      } finally {
        enough.abort();
        await squeezing.catch(() => {}); // it may well fail on a container that has ended
        if (start.exit === undefined) this.#serving = serving;
      }
    });
  }

  pause(): Promise<string> {
    return this.#inTurn(async () => {
      if (this.#state !== 'running') throw new Error(`${this.id} cannot be paused: it is ${this.#state}`);
      await this.container.pause();
      const { State } = await this.container.inspect();
      if (!State.Paused) throw new Error(`the engine does not report ${this.#name()} paused`);
      this.#state = 'paused';
      const kernel = freezerState(State.Pid, this.container.id);
      if (kernel === undefined) return `${this.#name()}: the engine reports it frozen`;
      if (!kernel.frozen) throw new Error(`${this.#name()}: the kernel says ${kernel.said} of its freezer`);
      return `${this.#name()}: the kernel reports its freezer ${kernel.said}`;
    });
  }

  /** Harmless on one that is not paused. A skew set meanwhile takes effect now. */
  resume(signal: AbortSignal = within(proofMs)): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== 'paused') return;
      await this.container.unpause();
      this.#state = 'running';
      await this.#options.clock.resume(signal);
    });
  }

  setClock(skew: ClockSkew, signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#options.clock.set(skew, this.#state, signal));
  }

  async readClock(signal: AbortSignal): Promise<ClockReading> {
    if (this.#state !== 'running') throw new Error(`${this.id} is ${this.#state}`);
    return this.#options.clock.read(signal);
  }

  /** After its network was taken away and given back. */
  rejoin(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== 'stopped') await this.#options.join(this.container.id, signal);
    });
  }

  /** Ends it for good: its stop signal, and SIGKILL when that is not enough. Resolves to what it could not end. */
  async close(graceMs: number): Promise<string | undefined> {
    this.#closed = true;
    this.#serving = false;
    try {
      await this.resume();
      await this.stop(graceMs);
      await this.#logs.drained(drainMs);
      return undefined;
    } catch (thrown) {
      return `${this.id} did not end: ${messageOf(thrown)}`;
    } finally {
      this.#over.abort();
      this.#logs.stop();
      await this.#options.clock.close();
    }
  }

  /** Leaves it running as it was found. Resolves to what could not be put back. */
  async release(): Promise<string | undefined> {
    const release = async (): Promise<void> => {
      await this.resume();
      await this.#inTurn(async () => {
        this.#closed = true;
        this.#serving = false;
        await this.#options.clock.set(trueTime, this.#state, within(proofMs));
        await this.#options.clock.close();
        this.#over.abort();
        this.#logs.stop();
        if (this.state === 'stopped') await this.container.start();
      });
    };
    return release().then(
      () => undefined,
      thrown => `${this.id} was not put back: ${messageOf(thrown)}`,
    );
  }

  /** Resolves when it serves, rejects when it does not. */
  look(signal: AbortSignal): Promise<void> {
    return this.#options.ready(signal, {
      exec: async (_node, command, within) => {
        const { exitCode, output } = await execIn(this.container, command, { signal: within });
        if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with exit code ${exitCode}: ${output.trim().slice(-200)}`);
      },
      log: () => this.#logs.text(),
    });
  }

  lastWords(): string {
    return this.#logs.lastWords();
  }

  async #bringUp(signal: AbortSignal): Promise<void> {
    await this.#leaving;
    signal.throwIfAborted();
    const adopted = this.#start === undefined && (await this.container.inspect()).State.Running;
    if (!adopted)
      await ifThere(this.container.start()).catch(thrown => Promise.reject(dockerError(thrown, `node ${this.id} cannot be started`)));
    await this.#watch(adopted, signal);
  }

  /** Follows a container that was started, and puts it on its links. The clock is wrong from the first moment on if it was to be. */
  async #watch(adopted: boolean, signal: AbortSignal): Promise<void> {
    const { State, Config } = await this.container.inspect();
    const exited = this.#waitForExit();
    const start: Start = { startedAt: State.StartedAt, pid: State.Pid, exited, exit: undefined };
    this.#start = start;
    this.#state = State.Paused ? 'paused' : 'running';
    void exited.then(exit => this.#noteExit(start, exit));
    const [followed, clocked, joined] = await Promise.allSettled([
      this.#logs.follow({ startedAt: State.StartedAt, tty: Config.Tty, adopted }),
      this.#options.clock.started(signal),
      this.#options.join(this.container.id, signal),
    ]);
    if (followed.status === 'rejected') this.#options.onTrouble(`the output of ${this.id} cannot be read: ${messageOf(followed.reason)}`);
    // What failed because the node has ended already is told by its end.
    if (start.exit !== undefined || !(await this.#runs())) return;
    if (clocked.status === 'rejected') throw clocked.reason;
    if (joined.status === 'rejected') throw joined.reason;
  }

  async #runs(): Promise<boolean> {
    return (await this.container.inspect()).State.Running;
  }

  /** Asked after the start: the engine answers at once for a container that has ended by then. */
  async #waitForExit(): Promise<ContainerExit> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      // The connection may break; the container need not.
      const waited: { StatusCode: number } | undefined = await this.container
        .wait({ condition: 'not-running', abortSignal: signal })
        .catch(() => sleep(200, signal));
      const state = await this.container.inspect().then(
        ({ State }) => State,
        thrown => (statusOf(thrown) === 404 ? gone : undefined),
      );
      // A container with a restart policy may run again by now, and its state tells of the new start.
      if (state !== undefined && (!state.Running || state.Restarting || state.StartedAt !== this.#start?.startedAt))
        return exitOf({ ...state, ExitCode: waited?.StatusCode ?? state.ExitCode });
    }
    return forever;
  }

  async #noteExit(start: Start, exit: ContainerExit): Promise<void> {
    start.exit = exit;
    if (this.#start !== start) return;
    this.#state = 'stopped';
    const unexpected = this.#serving;
    this.#serving = false;
    this.#leaving = this.#options.leave().catch(thrown => this.#options.onTrouble(`${this.id}: ${messageOf(thrown)}`));
    if (!unexpected) return;
    await this.#logs.drained(drainMs);
    const words = this.lastWords();
    const lastWords = exit.outOfMemory ? `${words}\n  the kernel ended it: out of memory` : words;
    this.#options.onUnexpectedExit({ ...exit, lastWords });
    await this.#followSupervisor(start);
  }

  /** A restart policy brings it back without us: then it needs its links again. */
  async #followSupervisor(start: Start): Promise<void> {
    const policy = await this.container.inspect().then(
      ({ HostConfig }) => HostConfig.RestartPolicy?.Name ?? '',
      () => '',
    );
    if (policy === '' || policy === 'no') return;
    for (const until = performance.now() + comebackMs; performance.now() < until && !this.#closed; await sleep(100)) {
      if (this.#start !== start || this.#state !== 'stopped') return;
      const state = await this.container.inspect().then(
        ({ State }) => State,
        () => undefined,
      );
      if (state === undefined) return;
      if (!state.Running || state.Restarting || state.StartedAt === start.startedAt) continue;
      await this.#inTurn(async () => {
        if (this.#start !== start || this.#state !== 'stopped' || this.#closed) return;
        await this.#leaving;
        await this.#watch(false, within(proofMs));
        this.#serving = this.state === 'running';
      }).catch(thrown => this.#options.onTrouble(`${this.id} was restarted by the engine, but not joined: ${messageOf(thrown)}`));
      return;
    }
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    const { readyTimeoutMs, clock } = this.#options;
    const start = this.#start!;
    const startedAt = performance.now();
    let reason: unknown;
    while (performance.now() - startedAt < readyTimeoutMs) {
      signal.throwIfAborted();
      if (this.#closed) throw new Error(`the cluster was closed before ${this.id} was ready`);
      const attempt = new AbortController();
      void start.exited.then(() => attempt.abort());
      try {
        const soon = AbortSignal.any([within(readyAttemptMs, signal), attempt.signal]);
        await this.look(soon);
        await clock.serving(soon);
        if (start.exit === undefined) {
          this.#serving = true;
          return;
        }
      } catch (thrown) {
        reason = thrown;
      }
      if (start.exit !== undefined) throw await this.#died(start.exit, performance.now() - startedAt);
      await sleep(25, signal);
    }
    const message = `node ${this.id} was not ready within ${readyTimeoutMs / 1000} s (${messageOf(reason)}); ${this.#quoted()}`;
    throw new UserError('environment', 'node-never-ready', message, { hint: this.#whereItsOutputIs(), cause: reason });
  }

  async #died(exit: ContainerExit, afterMs: number): Promise<UserError> {
    await this.#logs.drained(drainMs);
    const how = `${describeExit(exit)}${exit.outOfMemory ? ' (out of memory)' : ''}`;
    const message = `node ${this.id} ended with ${how} ${(afterMs / 1000).toFixed(1)} s after its start; ${this.#quoted()}`;
    return new UserError('environment', 'node-died', message, { hint: this.#whereItsOutputIs() });
  }

  #quoted(): string {
    const said = this.lastWords();
    return said === '' ? 'it wrote nothing' : `its last lines:\n${said}`;
  }

  #whereItsOutputIs(): string {
    return `its whole output is in ${this.#options.folder}`;
  }

  #name(): string {
    return `${this.id}: container ${this.container.id.slice(0, 12)}`;
  }

  /** One that has ended meanwhile needs no signal. */
  async #signal(name: string): Promise<void> {
    await this.container.kill({ signal: name }).catch(thrown => {
      if (statusOf(thrown) !== 409 && statusOf(thrown) !== 404) throw thrown;
    });
  }

  async #goneWithin(start: Start, ms: number): Promise<ContainerExit | undefined> {
    const waiting = new AbortController();
    const exit = await Promise.race([start.exited, sleep(ms, waiting.signal).then(() => undefined)]);
    waiting.abort();
    return exit;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(change);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

const forever = new Promise<never>(() => {});

const gone = { Running: false, Restarting: false, StartedAt: '', ExitCode: 137, OOMKilled: false };

/** What the kernel says of the container's freezer; undefined where the engine runs on another kernel than this process. */
const freezerState = (pid: number, containerId: string): { frozen: boolean; said: string } | undefined => {
  try {
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .filter(line => line.includes(containerId));
    const first = groups.find(line => line.split(':')[1] === 'freezer');
    if (first !== undefined) {
      const said = readFileSync(`/sys/fs/cgroup/freezer${first.split(':')[2]}/freezer.state`, 'utf8').trim();
      return { frozen: said === 'FROZEN', said };
    }
    const unified = groups.find(line => line.startsWith('0::'));
    if (unified === undefined) return undefined;
    const events = readFileSync(`/sys/fs/cgroup${unified.slice(3)}/cgroup.events`, 'utf8');
    return { frozen: events.includes('frozen 1'), said: events.includes('frozen 1') ? 'frozen' : 'thawed' };
  } catch {
    return undefined;
  }
};
