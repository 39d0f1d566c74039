/** Messages that must reach every node. At the end every node is read several times, so that late ones have time to spread. */
import { each, stream } from '../harness/generator/basic.ts';
import { eachProcess, onThreads } from '../harness/generator/processes.ts';
import { delay } from '../harness/generator/time.ts';
import type { Request } from '../harness/protocol/generator.ts';
import type { Workload } from '../harness/protocol/workload.ts';
import { numbered } from './requests.ts';

export const broadcast: Workload = {
  name: 'broadcast',
  summary: 'broadcast messages and read what each node has: every message reaches every node',
  options: {
    readShare: { default: 0.3, summary: 'share of reads, 0 to 1' },
    finalReads: { default: 5, summary: 'reads of every node at the end' },
    settleMs: { default: 500, summary: 'time between them, milliseconds' },
  },
  models: ['broadcast', 'set', 'set-full'],
  readOnly: ['read'],
  generator: ({ rng, options }) => {
    const message = numbered();
    return stream(() => (rng.chance(Number(options.readShare)) ? { f: 'read', value: null } : { f: 'broadcast', value: message() }));
  },
  final: ({ options, nodes }) => {
    const reads = Array.from({ length: Math.max(1, Number(options.finalReads)) }, (): Request => ({ f: 'read', value: null }));
    return onThreads(thread => thread < nodes, eachProcess(delay(Number(options.settleMs), each(reads))));
  },
};
