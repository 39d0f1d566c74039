/** The life of one node as a local process: started, ready, paused, killed, started again with the same data and ports. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { NodeState } from '../../protocol/cluster.ts';
import type { ClockReading, ClockSkew, NodeId, NodeSpec } from '../../protocol/system.ts';
import { sleep, within } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import type { NodeView } from '../ready.ts';
import { type Child, describeExit, type Exit, spawnChild } from '../spawn.ts';
import { readTail } from '../tail.ts';
import { statOf } from '../watchdog/process-id.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';

/** What a start is told; the provider turns it into the system's NodeSpec. */
export interface StartFacts {
  readonly dataDir: string;
  readonly logDir: string;
  readonly incarnation: number;
  readonly clock: ClockSkew;
}

export interface NodeProcessOptions {
  readonly id: NodeId;
  /** The node's folder in the run folder. */
  readonly folder: string;
  readonly watchdog: Watchdog;
  readonly spec: (facts: StartFacts) => NodeSpec;
  readonly ready: (signal: AbortSignal, look: Pick<NodeView, 'exec' | 'log'>) => Promise<void>;
  readonly setClock: ((skew: ClockSkew, signal: AbortSignal) => Promise<void>) | undefined;
  readonly readClock: ((signal: AbortSignal) => Promise<ClockReading>) | undefined;
  readonly readyTimeoutMs: number;
  readonly onUnexpectedExit: (exit: Exit & { readonly lastWords: string }) => void;
}

const proofMs = 2000;
/** A node that has not answered by then is asked anew. */
const readyAttemptMs = 2000;
const trueTime: ClockSkew = { offsetMs: 0, rate: 1 };

/** Every change of a node's life waits for the one before it: two faults may act on one node at once. */
export class NodeProcess {
  readonly id: NodeId;
  #options: NodeProcessOptions;
  #child: Child | undefined;
  #state: NodeState = 'stopped';
  #serving = false;
  #incarnation = -1;
  #clock = trueTime;
  /** What the running process was told; differs from `#clock` when the skew was set while the node was paused. */
  #clockTold = trueTime;
  #logSizes = { stdout: 0, stderr: 0 };
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: NodeProcessOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Starts it unless it runs, and waits until it is ready; a paused one is left alone. Throws a UserError that quotes its last words when it ends or never is. */
  start(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'paused' || this.#serving) return;
      if (this.#closed) throw new Error(`the cluster is closed; ${this.id} is not started again`);
      if (this.#state === 'stopped') await this.#spawn();
      await this.#untilReady(signal);
    });
  }

  kill(): Promise<string> {
    return this.#inTurn(async () => {
      const child = this.#child;
      if (this.#state === 'stopped' || child === undefined) return `${this.id} had ended already`;
      this.#serving = false;
      const before = performance.now();
      child.signal('SIGKILL');
      if (!(await child.goneWithin(proofMs))) throw new Error(`${this.id} (pid ${child.pid}) still lives ${proofMs} ms after SIGKILL`);
      const tookMs = Math.round(performance.now() - before);
      return `${this.id}: process ${child.pid} ended with ${describeExit(child.exit()!)} ${tookMs} ms after SIGKILL`;
    });
  }

  stop(graceMs: number): Promise<string> {
    return this.#inTurn(async () => {
      const child = this.#child;
      if (this.#state === 'stopped' || child === undefined) return `${this.id} had ended already`;
      this.#serving = false;
      const before = performance.now();
      child.signal('SIGTERM');
      child.signal('SIGCONT'); // a paused process would not see the SIGTERM
      const willing = await child.goneWithin(graceMs);
      if (!willing) child.signal('SIGKILL');
      if (!(await child.goneWithin(proofMs))) throw new Error(`${this.id} (pid ${child.pid}) still lives ${proofMs} ms after SIGKILL`);
      return willing
        ? `${this.id}: process ${child.pid} ended with ${describeExit(child.exit()!)} ${Math.round(performance.now() - before)} ms after SIGTERM`
        : `${this.id}: process ${child.pid} took no notice of SIGTERM for ${graceMs} ms and was ended by SIGKILL`;
    });
  }

  pause(): Promise<string> {
    return this.#inTurn(async () => {
      const child = this.#child;
      if (this.#state !== 'running' || child === undefined) throw new Error(`${this.id} cannot be paused: it is ${this.#state}`);
      child.signal('SIGSTOP');
      this.#state = 'paused';
      if (await this.#reaches(child.pid, 'T')) return `${this.id}: the kernel reports process ${child.pid} in state T (stopped)`;
      child.signal('SIGCONT');
      if (child.exit() === undefined) this.#state = 'running';
      throw new Error(`${this.id} (pid ${child.pid}) was not stopped ${proofMs} ms after SIGSTOP`);
    });
  }

  /** Harmless on one that is not paused. A skew set meanwhile takes effect now. */
  resume(signal: AbortSignal = within(proofMs)): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== 'paused') return;
      this.#child?.signal('SIGCONT');
      this.#state = 'running';
      if (this.#clockTold !== this.#clock) await this.#tellClock(signal);
    });
  }

  setClock(skew: ClockSkew, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#options.setClock === undefined) throw new Error('this system offers no way to skew its clocks');
      this.#clock = skew;
      if (this.#state === 'running') await this.#tellClock(signal);
    });
  }

  async readClock(signal: AbortSignal): Promise<ClockReading> {
    if (this.#options.readClock === undefined) throw new Error('this system offers no way to read its clocks');
    if (this.#state !== 'running') throw new Error(`${this.id} is ${this.#state}`);
    return this.#options.readClock(signal);
  }

  /** Ends it for good: SIGTERM, and SIGKILL when that is not enough. Resolves to what it could not end. */
  close(graceMs: number): Promise<string | undefined> {
    this.#closed = true;
    this.#serving = false;
    this.#child?.signal('SIGTERM');
    this.#child?.signal('SIGCONT'); // a paused process would not see the SIGTERM
    const end = async (): Promise<string | undefined> => {
      const child = this.#child;
      if (child === undefined || (await child.goneWithin(graceMs))) return undefined;
      child.signal('SIGKILL');
      return (await child.goneWithin(proofMs)) ? undefined : `${this.id} (pid ${child.pid}) did not end`;
    };
    return this.#inTurn(end);
  }

  /** Resolves when it serves, rejects when it does not. */
  look(signal: AbortSignal): Promise<void> {
    return this.#options.ready(signal, {
      exec: async (_node, [file = '', ...args]) => void (await execa(file, args, { cancelSignal: signal, stdin: 'ignore' })),
      log: () => readTail(join(this.#options.folder, 'stdout.log'), { lines: 10_000, from: this.#logSizes.stdout }) + this.lastWords(),
    });
  }

  /** What the present incarnation wrote last: its stderr, or its stdout where that is empty. */
  lastWords(): string {
    const { folder } = this.#options;
    const said = readTail(join(folder, 'stderr.log'), { from: this.#logSizes.stderr });
    return said.trim() !== '' ? said : readTail(join(folder, 'stdout.log'), { from: this.#logSizes.stdout });
  }

  async #spawn(): Promise<void> {
    const { id, folder, watchdog } = this.#options;
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { recursive: true });
    const stdout = join(folder, 'stdout.log');
    const stderr = join(folder, 'stderr.log');
    this.#logSizes = { stdout: sizeOf(stdout), stderr: sizeOf(stderr) };
    this.#incarnation++;
    const clock = this.#clock;
    const spec = this.#options.spec({ dataDir, logDir: folder, incarnation: this.#incarnation, clock });
    const child = await spawnChild({ ...spec, label: `node ${id}`, cwd: folder, stdout, stderr }, watchdog);
    this.#child = child;
    this.#clockTold = clock;
    this.#state = 'running';
    void child.exited.then(exit => {
      if (this.#child !== child) return;
      this.#state = 'stopped';
      if (this.#serving) this.#options.onUnexpectedExit({ ...exit, lastWords: this.lastWords() });
      this.#serving = false;
    });
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    const { readyTimeoutMs } = this.#options;
    const child = this.#child!;
    const startedAt = performance.now();
    let reason: unknown;
    while (performance.now() - startedAt < readyTimeoutMs) {
      signal.throwIfAborted();
      if (this.#closed) throw new Error(`the cluster was closed before ${this.id} was ready`);
      const attempt = new AbortController();
      void child.exited.then(() => attempt.abort());
      try {
        await this.look(AbortSignal.any([within(readyAttemptMs, signal), attempt.signal]));
        if (child.exit() === undefined) {
          this.#serving = true;
          return;
        }
      } catch (thrown) {
        reason = thrown;
      }
      const exit = child.exit();
      if (exit !== undefined) throw this.#died(exit, performance.now() - startedAt);
      await sleep(25);
    }
    throw new UserError(
      'environment',
      'node-never-ready',
      `node ${this.id} was not ready within ${readyTimeoutMs / 1000} s (${messageOf(reason)}); its last lines:\n${this.lastWords()}`,
      { hint: this.#whereItsOutputIs(), cause: reason },
    );
  }

  #died(exit: Exit, afterMs: number): UserError {
    const seconds = (afterMs / 1000).toFixed(1);
    const said = this.lastWords();
    const words = said === '' ? 'it wrote nothing' : `its last lines:\n${said}`;
    return new UserError(
      'environment',
      'node-died',
      `node ${this.id} ended with ${describeExit(exit)} ${seconds} s after its start; ${words}`,
      {
        hint: this.#whereItsOutputIs(),
      },
    );
  }

  #whereItsOutputIs(): string {
    return `its whole output is in ${this.#options.folder}`;
  }

  async #tellClock(signal: AbortSignal): Promise<void> {
    const skew = this.#clock;
    await this.#options.setClock?.(skew, signal);
    this.#clockTold = skew;
  }

  async #reaches(pid: number, state: string): Promise<boolean> {
    for (const deadline = Date.now() + proofMs; Date.now() < deadline; await sleep(2)) {
      const now = statOf(pid);
      if (now === undefined) return false;
      if (now.state === state) return true;
    }
    return false;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(change);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
