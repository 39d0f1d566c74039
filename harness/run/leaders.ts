/** Who led when: polls the live roles while a run goes on. */
import type { Control, NodeId, Roles, System } from '../protocol/system.ts';
import { sleep, within } from '../std/deadline.ts';

export interface LeaderChange {
  readonly timeMs: number;
  readonly leader: string | null;
  readonly term: number | null;
}

export interface LeaderWatch {
  readonly changes: readonly LeaderChange[];
  /** Looks now; nobody is known to lead where the nodes do not answer or the system has no roles. */
  roles(): Promise<Roles>;
  stop(): Promise<void>;
}

const pollEveryMs = 100;
const pollDeadlineMs = 500;
const nobody: Roles = { leader: undefined, term: undefined, followers: [] };

export const watchLeaders = (system: System, control: Control, nodes: readonly NodeId[], nowMs: () => number): LeaderWatch => {
  const changes: LeaderChange[] = [];
  const stopped = new AbortController();
  const roles = async (): Promise<Roles> => system.roles?.(control, nodes, within(pollDeadlineMs)).catch(() => nobody) ?? nobody;

  const poll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const { leader = null, term = null } = await roles();
      const last = changes.at(-1);
      if (!last || last.leader !== leader || last.term !== term) changes.push({ timeMs: Math.round(nowMs()), leader, term });
      await sleep(pollEveryMs, stopped.signal);
    }
  };
  const polling = system.roles ? poll() : Promise.resolve();
  return {
    changes,
    roles,
    stop: () => {
      stopped.abort();
      return polling;
    },
  };
};
