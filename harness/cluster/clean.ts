/** `ordeal clean`: finds what dead controllers left behind, by pid and start time, and ends it. */
import { endLeased } from './watchdog/end-leased.ts';
import { readLeases, removeLease } from './watchdog/lease.ts';
import { isAlive } from './watchdog/process-id.ts';

/** Ends the processes and removes the proxies of every lease whose controller is gone. Resolves to one sentence for each. */
export const cleanLeftovers = async (): Promise<string[]> => {
  const sentences: string[] = [];
  for (const lease of readLeases().filter(candidate => !isAlive(candidate.controller))) {
    const ended = await endLeased(lease);
    sentences.push(...ended.map(sentence => `${sentence}, left by the run in ${lease.runFolder}`));
    if (!ended.some(sentence => sentence.startsWith('could not'))) removeLease(lease.token);
  }
  return sentences;
};
