/**
 * Append-only logs, as Kafka's: every value is sent once, consumers poll on from where they stand, and now and then begin anew (`assign`). At the end a
 * consumer of every node goes through everything from the beginning.
 */
import { stream } from '../harness/generator/basic.ts';
import type { Generator, Request } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { pickWeighted } from '../harness/std/rng.ts';
import { numbered, onEveryNode } from './requests.ts';

export const log: Workload = {
  name: 'log',
  summary: 'send to append-only logs and poll them: nothing is lost, doubled, skipped or out of order',
  options: {
    logs: { default: 4, summary: 'logs' },
    sends: { default: 10, summary: 'weight of sends in the mix' },
    polls: { default: 10, summary: 'weight of polls in the mix' },
    assigns: { default: 1, summary: 'weight of assigns, which begin anew, in the mix' },
    finalPolls: { default: 50, summary: 'polls of every node at the end' },
  },
  models: ['kafka'],
  readOnly: ['assign'],
  generator: context => requests(context),
  final: ({ options, nodes }) => {
    const poll: Request = { f: 'poll', value: null };
    return onEveryNode(nodes, [{ f: 'assign', value: logsOf(options) }, ...Array.from({ length: Number(options.finalPolls) }, () => poll)]);
  },
};

const logsOf = ({ logs }: WorkloadContext['options']): readonly string[] =>
  Array.from({ length: Math.max(1, Number(logs)) }, (_, at) => `log${at}`);

const requests = ({ rng, options }: WorkloadContext): Generator => {
  const logs = logsOf(options);
  const value = numbered();
  const weights = [
    ['send', Number(options.sends)],
    ['poll', Number(options.polls)],
    ['assign', Number(options.assigns)],
  ] as const;
  return stream(() => {
    const f = pickWeighted(rng, weights);
    return f === 'send' ? { f, key: rng.pick(logs), value: value() } : { f, value: f === 'poll' ? null : logs };
  });
};
