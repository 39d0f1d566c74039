/**
 * The clock of one node in a container: skewed by the system itself where it can, by replacing the clock functions of its processes
 * otherwise. Either way a skew holds until it is set again, across restarts of the node.
 */
import type { NodeState } from '../../protocol/cluster.ts';
import type { ClockReading, ClockSkew, System } from '../../protocol/system.ts';
import { messageOf } from '../../std/user-error.ts';
import { type ClockKeeper, ensureClockImage } from './clock/clock-keeper.ts';
import type { Engine } from './engine.ts';

export interface NodeClock {
  /** In force at once on a node that runs, else as soon as it does. */
  set(skew: ClockSkew, state: NodeState, signal: AbortSignal): Promise<void>;
  read(signal: AbortSignal): Promise<ClockReading>;
  /** The node's container was started: its processes are new. */
  started(signal: AbortSignal): Promise<void>;
  /** The node answers, and is about to count as ready. */
  serving(signal: AbortSignal): Promise<void>;
  /** The node was paused and runs again. */
  resume(signal: AbortSignal): Promise<void>;
  /** Undoes what is in force, as far as it outlives the run. */
  close(): Promise<void>;
}

/** So that the first skew does not wait for an image. A run that skews no clock must not fail for want of it. */
export const ensureClock = async (engine: Engine, { clock }: Pick<System, 'clock'>, say: (sentence: string) => void): Promise<void> => {
  if (clock === undefined) await ensureClockImage(engine, say).catch(thrown => say(`clocks cannot be skewed: ${messageOf(thrown)}`));
};

export const trueTime: ClockSkew = { offsetMs: 0, rate: 1 };
const same = (one: ClockSkew, other: ClockSkew): boolean => one.offsetMs === other.offsetMs && one.rate === other.rate;

/** The system is told; what it was told is forgotten when it starts again. */
export const createOwnClock = (
  tell: (skew: ClockSkew, signal: AbortSignal) => Promise<void>,
  read: (signal: AbortSignal) => Promise<ClockReading>,
): NodeClock => {
  let wanted = trueTime;
  let told = trueTime;
  const catchUp = async (signal: AbortSignal): Promise<void> => {
    const skew = wanted;
    if (same(skew, told)) return;
    await tell(skew, signal);
    told = skew;
  };
  return {
    set: async (skew, state, signal) => {
      wanted = skew;
      if (state === 'running') await catchUp(signal);
    },
    read,
    started: async () => {
      told = trueTime;
    },
    serving: catchUp,
    resume: catchUp,
    close: async () => {},
  };
};

/** `make` costs a container: it is made when the clock is first set or read. */
export const createKeptClock = (make: () => Promise<ClockKeeper>): NodeClock => {
  let wanted = trueTime;
  let set = trueTime;
  let keeper: Promise<ClockKeeper> | undefined;
  const kept = (): Promise<ClockKeeper> => {
    keeper ??= make().catch(thrown => {
      keeper = undefined;
      throw thrown;
    });
    return keeper;
  };
  const catchUp = async (signal: AbortSignal): Promise<void> => {
    const skew = wanted;
    if (same(skew, set)) return;
    await (await kept()).set(skew, signal);
    set = skew;
  };
  const drop = async (): Promise<void> => {
    const old = keeper;
    keeper = undefined;
    await (await old?.catch(() => undefined))?.close();
  };
  return {
    set: async (skew, state, signal) => {
      wanted = skew;
      if (state === 'running') await catchUp(signal);
    },
    read: async signal => (await kept()).read(signal),
    started: async signal => {
      set = trueTime;
      await drop();
      await catchUp(signal);
    },
    serving: catchUp,
    resume: catchUp,
    close: drop,
  };
};
