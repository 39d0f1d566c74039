/** Threads that search hard keys, for the time of one check. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { builtPath } from '../../harness/std/paths.ts';
import type { SearchAnswer, SearchTask } from './search-task.ts';

export interface SearchPool {
  /** What a thread found. Undefined: it was stopped, or it broke down, for lack of memory as a rule. Ask for as many at once as there are threads. */
  search(task: SearchTask, signal: AbortSignal): Promise<SearchAnswer | undefined>;
  /** Ends all threads, whatever they do. */
  close(): Promise<void>;
}

/**
 * The built module of a thread. Node 20 runs no TypeScript, so sources under test have theirs from dist/. Undefined where there is none, as
 * in a bundle: then everything is checked on the thread that asks.
 */
export const workerFile = (name: string): string | undefined => {
  const isSource = import.meta.url.endsWith('.ts');
  const file = isSource ? builtPath(`checkers/threads/${name}`) : fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return existsSync(file) ? file : undefined;
};

export const openSearchPool = (filename: string, threads: number, heapBytes: number): SearchPool => {
  const pool = new Tinypool({
    filename,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 1_000,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: Math.max(32, Math.ceil(heapBytes / 2 ** 20)) },
  });
  // A thread that breaks down without a task costs nobody anything.
  pool.on('error', () => undefined);
  return {
    search: async (task, signal) => {
      try {
        return (await Promise.race([pool.run(task, { signal }), aborted(signal)])) as SearchAnswer | undefined;
      } catch {
        return undefined;
      }
    },
    close: () => pool.destroy(),
  };
};

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
