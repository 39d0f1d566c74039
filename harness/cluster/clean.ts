/** `ordeal clean`: finds what dead controllers left behind, by pid and start time and by label, and ends it. */
import { messageOf, UserError } from '../std/user-error.ts';
import { connectEngine } from './docker/engine.ts';
import { labelledRuns } from './docker/leftovers.ts';
import { reapOn } from './docker/reap.ts';
import { endLeased } from './watchdog/end-leased.ts';
import { readLeases, removeLease } from './watchdog/lease.ts';
import { isAlive } from './watchdog/process-id.ts';

/**
 * Ends the processes, proxies and containers of every lease whose controller is gone, and on the Docker host what is labelled with a run
 * whose controller is gone. A run that was started elsewhere is left alone, unless it is `wanted`. Resolves to one sentence for each.
 */
export const cleanLeftovers = async (wanted?: string): Promise<string[]> => {
  const sentences: string[] = [];
  for (const lease of readLeases().filter(candidate => !isAlive(candidate.controller))) {
    const ended = await endLeased(lease);
    sentences.push(...ended.map(sentence => `${sentence}, left by the run in ${lease.runFolder}`));
    if (!ended.some(sentence => sentence.startsWith('could not'))) removeLease(lease.token);
  }
  return [...sentences, ...(await cleanDocker(wanted))];
};

const cleanDocker = async (wanted: string | undefined): Promise<string[]> => {
  try {
    const engine = await connectEngine();
    try {
      const sentences: string[] = [];
      for (const { run, fate, things, controller } of await labelledRuns(engine)) {
        if (run === wanted && fate === 'alive')
          throw new UserError('usage', 'run-alive', `the run ${run} is alive: its controller is ${controller}`, { hint: 'end that one' });
        if (fate === 'dead' || run === wanted) sentences.push(...(await reapOn(engine, run, [])));
        else if (fate === 'elsewhere')
          sentences.push(
            `left alone: ${things} things of the run ${run}, started by ${controller}, which cannot be looked at from here; if it is gone: ordeal clean --run ${run}`,
          );
      }
      return sentences;
    } finally {
      engine.close();
    }
  } catch (thrown) {
    if (wanted !== undefined) throw thrown;
    // No Docker is no trouble for those who never used it.
    const silent = thrown instanceof UserError && thrown.code === 'docker-missing';
    return silent ? [] : [`could not look for leftovers on the Docker host: ${messageOf(thrown)}`];
  }
};
