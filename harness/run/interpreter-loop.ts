/**
 * The loop of the interpreter. Built to be fast on one core, because whatever it costs is noise in the latencies it measures: no timer,
 * promise or abort controller per operation of its own; one tick looks after all deadlines; the event loop gets its turn regularly.
 */
import { canTake } from '../generator/take.ts';
import type { Event, EventDraft, Failure } from '../history/event.ts';
import type { Completion, Invocation } from '../protocol/client.ts';
import type { Context, Generator, Request } from '../protocol/generator.ts';
import { assert } from '../std/assert.ts';
import type { Json } from '../std/json.ts';
import { messageOf } from '../std/user-error.ts';
import type { InterpretOptions, InterpretSummary } from './interpreter.ts';
import { type Alarm, createAlarm } from './interpreter-alarm.ts';
import { type Arrivals, createArrivals } from './interpreter-arrivals.ts';
import { createSessions, createThread, type Session, type Sessions, type Thread } from './interpreter-sessions.ts';

/** Requests between two turns of the event loop: about a millisecond's worth. */
const budget = 128;
/** How long a client may take to say what it knows after its operation was aborted. */
const abandonNs = 25e6;
const millisecond = 1e6;
const nobody: readonly number[] = [];

export class Interpretation {
  readonly #options: InterpretOptions;
  readonly #threads: Thread[];
  readonly #processes: number[];
  readonly #free: number[] = [];
  readonly #readOnly: ReadonlySet<string>;
  readonly #alarm: Alarm;
  readonly #sessions: Sessions;
  readonly #nemesisStop = new AbortController();
  readonly #count = { ok: 0, fail: 0, info: 0 };
  #generator: Generator;
  #arrivals: Arrivals | undefined;
  #nemesisRequest: Request | undefined;
  #openOperations = 0;
  #budget = budget;
  #yielding = false;
  #issuing = false;
  #phase: 'running' | 'draining' | 'finished' = 'running';
  #ended: 'done' | 'stopped' = 'done';
  #tick: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #resolve!: (summary: InterpretSummary) => void;
  #reject!: (error: unknown) => void;

  constructor(options: InterpretOptions) {
    assert(options.nodes.length > 0 && options.concurrency > 0, 'an interpreter needs nodes and threads');
    assert(
      options.processes?.every((process, t) => process % options.concurrency === t) ?? true,
      'process p belongs to thread p % concurrency',
    );
    this.#options = options;
    this.#generator = options.generator;
    this.#readOnly = new Set(options.readOnly);
    this.#threads = Array.from({ length: options.concurrency }, (_, t) =>
      createThread(options.nodes[t % options.nodes.length]!, options.processes?.[t] ?? t),
    );
    this.#processes = this.#threads.map(thread => thread.process);
    this.#alarm = createAlarm(options.now, () => this.#pump());
    this.#sessions = createSessions({
      ...options,
      timeoutMs: options.operationTimeoutMs,
      isRunning: () => this.#phase === 'running',
      settled: (thread, session, completion) => this.#settled(thread, session, completion),
      threw: (thread, session, error) => this.#threw(thread, session, error),
      isFree: thread => {
        if (!this.#free.includes(thread.process)) this.#free.push(thread.process);
        this.#pump();
      },
    });
  }

  run(): Promise<InterpretSummary> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal, operationTimeoutMs } = this.#options;
      // By way of setImmediate: after a stall, answers that have already arrived are read before anything is called overdue.
      this.#tick = setInterval(() => setImmediate(this.#expire), Math.min(20, Math.max(1, operationTimeoutMs / 20)));
      signal.addEventListener('abort', this.#stop, { once: true });
      if (signal.aborted) return this.#stop();
      for (const thread of this.#threads) this.#sessions.connect(thread);
      this.#pump();
    });
  }

  /** Issues what can be issued. Every event that might allow more calls it. */
  #pump(): void {
    if (this.#issuing || this.#phase !== 'running') return;
    this.#issuing = true;
    try {
      while (this.#phase === 'running' && this.#issueOne());
    } catch (error) {
      this.#finish(error);
    } finally {
      this.#issuing = false;
    }
  }

  /** Sockets and timers get their turn before anything else is issued. */
  #yield(): false {
    if (!this.#yielding) {
      this.#yielding = true;
      setImmediate(() => {
        this.#yielding = false;
        this.#budget = budget;
        this.#pump();
      });
    }
    return false;
  }

  /** Answers whether it issued something, so that there may be more. */
  #issueOne(): boolean {
    const { now, congested, nemesis } = this.#options;
    const nemesisFree = nemesis !== undefined && this.#nemesisRequest === undefined;
    // While all threads are connecting the generator is asked too: it may have ended.
    if (this.#free.length === 0 && !nemesisFree && this.#openOperations > 0) return false;
    if (this.#budget-- <= 0) return this.#yield();
    const time = now();
    if (congested?.() === true) return this.#wait(time + millisecond);
    const context = this.#context(time);
    const step = this.#generator.step(context);
    if (step === 'done') return this.#drain();
    if ('pending' in step) {
      this.#generator = step.pending;
      return this.#wait(time + millisecond);
    }
    const { request } = step;
    if (request.time !== undefined && request.time > time) return this.#wait(request.time);
    if (!canTake(request, context)) return this.#wait(time + millisecond);
    this.#generator = step.next;
    if (request.process === 'nemesis') this.#beginNemesis(request, time);
    else this.#begin(request, time);
    return true;
  }

  #wait(until: number): false {
    this.#alarm.at(until);
    return false;
  }

  /** In an open loop nobody is free until a request is due. */
  #context(time: number): Context {
    const { rate, rng, concurrency } = this.#options;
    if (rate !== 'max' && this.#arrivals === undefined && this.#free.length > 0) {
      const capacity = this.#options.queueCapacity ?? Math.max(concurrency, Math.ceil(rate));
      this.#arrivals = createArrivals({ perSecond: rate, capacity, start: time, rng: rng.fork('arrivals') });
    }
    const due = rate === 'max' || (this.#arrivals?.waiting(time) ?? 0) > 0;
    const nemesisBusy = this.#nemesisRequest !== undefined;
    const free = due ? this.#free : nobody;
    return { time, free, processes: this.#processes, threads: concurrency, nemesisFree: !nemesisBusy, nemesisBusy, rng };
  }

  #begin(request: Request, time: number): void {
    const process = request.process === undefined ? this.#free[0]! : (request.process as number);
    this.#free.splice(this.#free.indexOf(process), 1);
    const thread = this.#threads[process % this.#threads.length]!;
    const due = this.#arrivals?.take(time);
    const draft: EventDraft = { time, process, type: 'invoke', f: request.f, key: request.key, value: request.value, node: thread.node };
    const invoke = this.#record(due !== undefined && this.#arrivals!.isLate(due, time) ? { ...draft, due } : draft);
    thread.open = invoke;
    this.#openOperations++;
    if (thread.session === undefined) {
      this.#complete(thread, 'fail', request.value, { name: 'connect-failed', message: thread.refused });
      return;
    }
    thread.deadline = time + this.#options.operationTimeoutMs * millisecond;
    this.#invoke(thread.session, { f: request.f, key: request.key, value: request.value, process });
  }

  #invoke({ client, controller, settled, threw }: Session, invocation: Invocation): void {
    try {
      client.invoke(invocation, controller.signal).then(settled, threw);
    } catch (error) {
      // Never inside the loop that issued it: a client that always throws at once must not starve the others.
      queueMicrotask(() => threw(error));
    }
  }

  #record(draft: EventDraft): Event {
    const event = this.#options.record(draft);
    if (this.#generator.update !== undefined) {
      this.#generator = this.#generator.update(this.#context(draft.time), event);
    }
    return event;
  }

  /** Records the completion of the open operation. Whoever calls decides what becomes of process and client. */
  #complete(thread: Thread, type: 'ok' | 'fail' | 'info', value: Json, error?: Failure): void {
    const { f, key, process } = thread.open!;
    thread.open = undefined;
    thread.abortedBy = undefined;
    this.#openOperations--;
    this.#count[type]++;
    const time = this.#options.now();
    const draft: EventDraft = { time, process, type, f, key, value, node: thread.node };
    this.#record(error === undefined ? draft : { ...draft, error });
  }

  /** A client answered; what comes after its operation was given up is too late to matter. */
  #settled(thread: Thread, session: Session, completion: Completion): void {
    if (thread.session !== session || thread.open === undefined) return;
    if (completion?.type === 'ok' || completion?.type === 'fail') this.#advance(() => this.#answered(thread, session, completion));
    else this.#lose(thread, completion?.error ?? { name: 'unknown', message: 'the client gave no reason' });
  }

  #answered(thread: Thread, session: Session, completion: Completion): void {
    const usable = thread.abortedBy === undefined && session.client.closed !== true;
    if (completion.type === 'ok') this.#complete(thread, 'ok', completion.value);
    else this.#complete(thread, 'fail', thread.open!.value, completion.error);
    if (usable || completion.type === 'ok') thread.failures = 0;
    if (usable) this.#free.push(thread.process);
    else this.#sessions.replace(thread);
  }

  #threw(thread: Thread, session: Session, error: unknown): void {
    if (thread.session !== session || thread.open === undefined) return;
    this.#lose(thread, { name: thread.abortedBy ?? 'client-threw', message: messageOf(error) });
  }

  /** Nobody knows what became of the open operation: its process ends, unless it could not have changed anything; its client ends always. */
  #lose(thread: Thread, error: Failure): void {
    this.#advance(() => {
      const { f, value } = thread.open!;
      const type = this.#readOnly.has(f) ? 'fail' : 'info';
      this.#complete(thread, type, value, error);
      if (type === 'info') this.#retire(thread);
      this.#sessions.replace(thread);
    });
  }

  #retire(thread: Thread): void {
    const at = this.#threads.indexOf(thread);
    thread.process += this.#threads.length;
    this.#processes[at] = thread.process;
  }

  /** Does what an event brings, then whatever has become possible. What is thrown here is a bug and ends the run. */
  #advance(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#finish(error);
      return;
    }
    if (this.#phase === 'draining') this.#finishWhenIdle();
    else this.#pump();
  }

  /** The tick: tells overdue operations to stop, and gives up those that were told and did not. */
  readonly #expire = (): void => {
    const time = this.#options.now();
    for (const thread of this.#threads) {
      if (thread.open === undefined) continue;
      if (thread.abortedBy === undefined && time >= thread.deadline) this.#abort(thread, 'timeout', time);
      else if (thread.abortedBy !== undefined && time >= thread.abandonAt) this.#abandon(thread);
    }
  };

  #abort(thread: Thread, reason: string, time: number): void {
    thread.abortedBy = reason;
    thread.abandonAt = time + abandonNs;
    thread.session?.controller.abort();
  }

  #abandon(thread: Thread): void {
    const name = thread.abortedBy ?? 'interrupted';
    const message = name === 'timeout' ? `no answer within ${this.#options.operationTimeoutMs} ms` : 'the run was stopped';
    this.#lose(thread, { name, message });
  }

  /** A remark (`log`) is recorded and that is all; anything else is done by whoever injects faults. */
  #beginNemesis(request: Request, time: number): void {
    const remark = request.f === 'log';
    if (!remark) this.#nemesisRequest = request;
    this.#record({ time, process: 'nemesis', type: 'info', f: request.f, value: request.value });
    if (remark) return;
    const { nemesis } = this.#options;
    assert(nemesis !== undefined, `nobody to do the nemesis's ${request.f}`);
    Promise.resolve()
      .then(() => nemesis(request, this.#nemesisStop.signal))
      .then(
        completion => this.#endNemesis(completion),
        (error: unknown) => this.#endNemesis({ type: 'info', error: { name: 'nemesis-threw', message: messageOf(error) } }),
      );
  }

  #endNemesis(completion: Completion): void {
    const request = this.#nemesisRequest;
    if (request === undefined || this.#phase === 'finished') return;
    this.#nemesisRequest = undefined;
    const draft: EventDraft = { time: this.#options.now(), process: 'nemesis', type: 'info', f: request.f, value: request.value };
    this.#advance(() =>
      this.#record(completion.type === 'ok' ? { ...draft, value: completion.value } : { ...draft, error: completion.error }),
    );
  }

  #drain(): false {
    this.#phase = 'draining';
    this.#finishWhenIdle();
    return false;
  }

  readonly #stop = (): void => {
    if (this.#phase === 'finished') return;
    if (this.#phase === 'running') this.#ended = 'stopped';
    this.#phase = 'draining';
    this.#nemesisStop.abort();
    this.#grace = setTimeout(() => this.#giveUp(), this.#options.graceMs ?? 250);
    this.#finishWhenIdle();
  };

  /** The grace is over. */
  #giveUp(): void {
    const time = this.#options.now();
    for (const thread of this.#threads) {
      if (thread.open === undefined) continue;
      this.#abort(thread, thread.abortedBy ?? 'interrupted', time);
      this.#abandon(thread);
    }
    if (this.#nemesisRequest !== undefined) {
      this.#endNemesis({ type: 'info', error: { name: 'interrupted', message: 'the run was stopped' } });
    }
  }

  #finishWhenIdle(): void {
    if (this.#openOperations === 0 && this.#nemesisRequest === undefined) this.#finish();
  }

  #finish(error?: unknown): void {
    if (this.#phase === 'finished') return;
    this.#phase = 'finished';
    clearInterval(this.#tick);
    clearTimeout(this.#grace);
    this.#alarm.clear();
    this.#options.signal.removeEventListener('abort', this.#stop);
    void this.#sessions.closeAll(this.#threads).then(() => (error === undefined ? this.#resolve(this.#summary()) : this.#reject(error)));
  }

  #summary(): InterpretSummary {
    return { ...this.#count, processes: this.#processes, ended: this.#ended, arrivals: this.#arrivals?.summary() };
  }
}
