/** How a container ended, in the words of processes: Docker only tells an exit code. */
import { constants } from 'node:os';
import type { Exit } from '../spawn.ts';

export interface ContainerExit extends Exit {
  /** The kernel ended it for want of memory. */
  readonly outOfMemory: boolean;
}

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The engine reports 128 + n for a first process that was ended by signal n; a program may also exit with such a code to say the same. */
export const exitOf = (state: { readonly ExitCode: number; readonly OOMKilled: boolean }): ContainerExit => {
  const signal = state.ExitCode > 128 ? signals.get(state.ExitCode - 128) : undefined;
  const outOfMemory = state.OOMKilled;
  return signal === undefined ? { exitCode: state.ExitCode, signal: null, outOfMemory } : { exitCode: null, signal, outOfMemory };
};
