/** Locks: every process acquires and releases in turn. What is acquired may be answered with a fencing token. */
import { once, repeat } from '../harness/generator/basic.ts';
import { sequence, untilOk } from '../harness/generator/combine.ts';
import { eachProcess } from '../harness/generator/processes.ts';
import { sleep } from '../harness/generator/time.ts';
import type { Workload } from '../harness/protocol/workload.ts';

export const lock: Workload = {
  name: 'lock',
  summary: 'acquire and release a lock in turn: it has one holder at a time, its tokens grow',
  options: {
    locks: { default: 1, summary: 'locks; processes share each' },
    holdMs: { default: 20, summary: 'how long a lock is held, milliseconds: two holders are seen only while both hold' },
  },
  models: ['lock', 'fenced-lock', 'linearizable'],
  readOnly: [],
  generator: ({ options }) => {
    const names = Array.from({ length: Math.max(1, Number(options.locks)) }, (_, at) => `l${at}`);
    // Whoever does not get it asks again: a lock that comes free while it is held is taken soon.
    const turn = (key: string) =>
      sequence(
        untilOk(repeat(once({ f: 'acquire', key, value: null }))),
        sleep(Number(options.holdMs)),
        once({ f: 'release', key, value: null }),
      );
    return eachProcess(repeat(sequence(...names.map(turn))));
  },
};
