/**
 * A process named so that a reused pid is never mistaken for it: its pid and when it started, as the kernel says.
 * Where there is no /proc, `ps` answers the same questions more slowly.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** Opaque: equal for the same process, different after the pid was reused. */
  readonly started: string;
}

export interface ProcessStat {
  /** One letter, as in proc(5): R running, S sleeping, T stopped, Z ended but not yet waited for. */
  readonly state: string;
  readonly started: string;
  readonly group: number;
}

/** The variable that marks every process of a lease; its value is the lease's token. */
export const leaseVariable = 'ORDEAL_LEASE';

const hasProc = existsSync('/proc/self/stat');

/** What the kernel says of a process, undefined when there is none. */
export const statOf = (pid: number): ProcessStat | undefined => {
  try {
    return hasProc ? parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')) : statByPs(pid);
  } catch {
    return undefined;
  }
};

/** proc(5): the name in parentheses may itself hold spaces and parentheses, so fields are counted from the last one. */
export const parseStat = (text: string): ProcessStat => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, group: Number(fields[2]), started: fields[19]! };
};

const statByPs = (pid: number): ProcessStat | undefined => {
  const line = execFileSync('ps', ['-o', 'stat=,pgid=,lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
  const match = /^(\S)\S*\s+(\d+)\s+(.*)$/.exec(line);
  return match ? { state: match[1]!, group: Number(match[2]), started: match[3]! } : undefined;
};

/** Undefined when the process is gone already. */
export const identify = (pid: number): ProcessId | undefined => {
  const stat = statOf(pid);
  return stat && { pid, started: stat.started };
};

export const isAlive = (id: ProcessId): boolean => {
  const stat = statOf(id.pid);
  return stat !== undefined && stat.started === id.started && stat.state !== 'Z';
};

/** SIGKILL to the process, and to its whole group where it leads one. A stopped process is woken first. False when it is gone already. */
export const endProcess = (id: ProcessId): boolean => {
  const stat = statOf(id.pid);
  if (stat === undefined || stat.started !== id.started || stat.state === 'Z') return false;
  const target = stat.group === id.pid ? -id.pid : id.pid;
  return send(target, 'SIGCONT') && send(target, 'SIGKILL');
};

/** False when nobody is there to receive it. */
export const send = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Every process that carries the lease's token in its environment, whoever started it. Empty where there is no /proc. */
export const findByToken = (token: string): ProcessId[] => {
  if (!hasProc) return [];
  const wanted = `${leaseVariable}=${token}`;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && environmentOf(name).includes(wanted))
    .map(name => identify(Number(name)))
    .filter(id => id !== undefined && id.pid !== process.pid && isAlive(id)) as ProcessId[];
};

const environmentOf = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone, or somebody else's
  }
};
