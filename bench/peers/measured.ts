/** A process run to its end, within a time and an amount of memory, and how much memory it had at most. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Measured {
  readonly stdout: string;
  /** The exit code; null if it was ended, by us or by the system. */
  readonly code: number | null;
  /** The most that was resident, as of the last look. */
  readonly peakBytes: number;
  readonly ended: 'by itself' | 'for time' | 'for memory';
}

export interface Most {
  readonly ms: number;
  readonly bytes: number;
}

const lookEveryMs = 50;

/** Linux only: looks at /proc. A process that is over a limit is killed, by its number. */
export const measured = async (command: string, args: readonly string[], most: Most): Promise<Measured> => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  const beganMs = performance.now();
  let ended: Measured['ended'] = 'by itself';
  let peakBytes = 0;
  let over = false;
  const end = closed.then(([code]) => {
    over = true;
    return code;
  });
  while (!over) {
    const { peak, resident } = memoryOf(child.pid!);
    peakBytes = Math.max(peakBytes, peak);
    if (resident > most.bytes) ended = 'for memory';
    else if (performance.now() - beganMs > most.ms) ended = 'for time';
    if (ended !== 'by itself') child.kill('SIGKILL');
    await Promise.race([end, sleep(lookEveryMs)]);
  }
  return { stdout, code: await end, peakBytes, ended };
};

const memoryOf = (pid: number): { readonly peak: number; readonly resident: number } => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
    return { peak: field('VmHWM'), resident: field('VmRSS') };
  } catch {
    return { peak: 0, resident: 0 }; // it is gone
  }
};
