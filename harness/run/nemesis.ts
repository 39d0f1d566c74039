/**
 * Carries out a schedule: injects each fault in its time, proves it, heals it, and proves that too. Whatever happens on the way, nothing
 * that was injected is left when it is done.
 */
import { setMaxListeners } from 'node:events';
import type { Evidence, Fault, FaultContext, FaultRecord, Injected, Schedule, ScheduledFault } from '../protocol/fault.ts';
import { assert } from '../std/assert.ts';
import { sleep, within } from '../std/deadline.ts';
import type { Json } from '../std/json.ts';
import { messageOf } from '../std/user-error.ts';

/** An event of the history, but for its index and time. */
export interface NemesisEvent {
  readonly process: 'nemesis';
  readonly type: 'info';
  /** The kind of fault. */
  readonly f: string;
  /** `{id, phase: inject | proof | heal, targets, effective?, detail?}`. */
  readonly value: { readonly [name: string]: Json };
}

export interface ActiveFault {
  readonly id: number;
  readonly kind: string;
  readonly targets: readonly string[];
  /** Milliseconds since the run began. */
  readonly sinceMs: number;
}

export interface ScheduleRunOptions {
  readonly schedule: Schedule;
  readonly faults: readonly Fault[];
  readonly context: FaultContext;
  readonly record: (event: NemesisEvent) => void;
  /** Milliseconds since the run began. The schedule's zero is the moment of the call. */
  readonly now: () => number;
  /** When it aborts, no further fault starts and all that are active heal at once. */
  readonly signal: AbortSignal;
  /** Told of every change, for progress. */
  readonly onChange?: (active: readonly ActiveFault[]) => void;
  /** How long one injection, one proof or one healing may take. */
  readonly stepMs?: number;
}

export interface ScheduleRun {
  /** Resolves, when all has been healed, to one record per fault that was started, in the order of the schedule. Never rejects. */
  readonly done: Promise<FaultRecord[]>;
  active(): readonly ActiveFault[];
  /** Starts nothing more and heals everything now; resolves as `done` does. */
  healAll(): Promise<FaultRecord[]>;
}

export const startSchedule = (options: ScheduleRunOptions): ScheduleRun => {
  for (const { kind } of options.schedule.faults)
    assert(
      options.faults.some(fault => fault.kind === kind),
      `the fault ${kind} of the schedule is among those given`,
    );
  const active = new Map<number, ActiveFault>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  setMaxListeners(0, signal); // every fault of the schedule waits on it
  const run: FaultRunOptions = {
    ...options,
    signal,
    startedMs: options.now(),
    stepMs: options.stepMs ?? 10_000,
    setActive: (id, fault) => {
      if (fault === undefined) active.delete(id);
      else active.set(id, fault);
      options.onChange?.([...active.values()]);
    },
  };
  const all = Promise.all(options.schedule.faults.map(plan => runFault(plan, run)));
  const done = all.then(records => records.filter(record => record !== undefined));
  return {
    done,
    active: () => [...active.values()],
    healAll: () => {
      stop.abort();
      return done;
    },
  };
};

/** A proof may outlast its fault by this much at most, so that it does not hold up the healing for long. */
const leastProofMs = 3000;

interface FaultRunOptions extends ScheduleRunOptions {
  readonly stepMs: number;
  readonly startedMs: number;
  readonly setActive: (id: number, fault: ActiveFault | undefined) => void;
}

/** Undefined when the run was stopped before its time came. */
const runFault = async (plan: ScheduledFault, run: FaultRunOptions): Promise<FaultRecord | undefined> => {
  const { now, signal, setActive } = run;
  const { id, kind } = plan;
  await sleep(run.startedMs + plan.startMs - now(), signal);
  if (signal.aborted) return undefined;

  const startMs = now();
  const say = (phase: string, targets: readonly string[], more: { readonly [name: string]: Json }): void => {
    try {
      run.record({ process: 'nemesis', type: 'info', f: kind, value: { id, phase, targets: [...targets], ...more } });
    } catch {
      // A history that cannot be written is the recorder's to report; the fault must be healed all the same.
    }
  };
  setActive(id, { id, kind, targets: [], sinceMs: startMs });
  const injected = await inject(plan, run);
  setActive(id, { id, kind, targets: injected.targets, sinceMs: startMs });
  say('inject', injected.targets, { params: plan.params });
  const remainingMs = run.startedMs + plan.startMs + plan.durationMs - now();
  const proof = await evidence('proof', injected.prove, Math.min(run.stepMs, Math.max(leastProofMs, remainingMs)), signal);
  say('proof', injected.targets, { effective: proof.effective, detail: proof.detail });
  await sleep(run.startedMs + plan.startMs + plan.durationMs - now(), signal);
  const healing = await heal(injected, run.stepMs);
  const endMs = now();
  setActive(id, undefined);
  say('heal', injected.targets, { effective: healing.effective, detail: healing.detail });
  return {
    id,
    kind,
    targets: [...injected.targets],
    startMs,
    endMs,
    effective: proof.effective,
    proof: proof.detail,
    healed: healing.effective,
    healProof: healing.detail,
    params: plan.params,
  };
};

/** A fault that could not be injected is one without effect. One that comes too late is healed as soon as it comes. */
const inject = async (plan: ScheduledFault, run: FaultRunOptions): Promise<Injected> => {
  const fault = run.faults.find(candidate => candidate.kind === plan.kind)!;
  const context = { ...run.context, signal: AbortSignal.any([run.context.signal, run.signal]) };
  const injecting = fault.inject(plan, context);
  try {
    return await withDeadline('the injection', injecting, run.stepMs);
  } catch (thrown) {
    const late = injecting.then(
      injected => heal(injected, run.stepMs),
      () => undefined,
    );
    return failedInjection(messageOf(thrown), () => withDeadline('the late healing', late, run.stepMs));
  }
};

const failedInjection = (reason: string, settle: () => Promise<Evidence | undefined>): Injected => ({
  targets: [],
  prove: async () => ineffective(`it could not be injected: ${reason}`),
  heal: async () => (await settle()) ?? { effective: true, detail: 'nothing was injected' },
});

/** Tried twice: a healing that fails once for want of time must not leave a fault behind. */
const heal = async (injected: Injected, stepMs: number): Promise<Evidence> => {
  const first = await evidence('healing', injected.heal, stepMs);
  return first.effective ? first : evidence('healing', injected.heal, stepMs);
};

/** Never rejects: what could not be shown is not so. */
const evidence = async (
  step: string,
  ask: (signal: AbortSignal) => Promise<Evidence>,
  stepMs: number,
  signal?: AbortSignal,
): Promise<Evidence> => {
  try {
    const answer = await withDeadline(`the ${step}`, ask(within(stepMs, signal)), stepMs + 1000);
    // A probe that was cut short looks like silence.
    return signal?.aborted ? ineffective(`the run was stopped before the ${step} was done`) : answer;
  } catch (thrown) {
    return ineffective(`the ${step} failed: ${messageOf(thrown)}`);
  }
};

const ineffective = (detail: string): Evidence => ({ effective: false, detail });

const withDeadline = async <T>(what: string, work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
