/**
 * Whether time limits are kept: `npm run bench -- limits [--json] [--operations 100000] [--time-limits 1,3] [--memory-limit 2048] [--model NAME]
 * [--only TEXT] [--clock processor]`. Histories that are hard for the weaker models; each row is one history, one model and one limit, explaining included. Over:
 * more than a tenth and 50 ms longer than the limit. With `--clock processor` the only clock there is shows the time that this process
 * has computed, garbage collection included: for a machine that is busy with other things.
 */
import { parseArgs } from 'node:util';
import { checkers } from '../checkers/registry.ts';
import { type ReplicatedCase, replicatedHistory } from '../checkers/testing/replicated-history.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    operations: { type: 'string', default: '100000' },
    'time-limits': { type: 'string', default: '1,3' },
    'memory-limit': { type: 'string', default: '2048' },
    model: { type: 'string' },
    clock: { type: 'string', default: 'wall' },
    only: { type: 'string', default: '' },
  },
});

const computedMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
if (flags.clock === 'processor') performance.now = computedMs;

const stores = ['owners', 'arrival', 'lww', 'atomic'] as const;
const cases = [10, 50].flatMap(clients =>
  [0, 5].flatMap(unknown =>
    [1, 10, 1000].flatMap(keys =>
      stores.map((store): [string, ReplicatedCase] => [
        `${clients} clients, ${unknown} % unknown, ${keys} keys, ${store}`,
        { operations: Number(flags.operations), reads: 0.5, info: unknown / 50, clients, keys, store },
      ]),
    ),
  ),
);

const judges = checkers.filter(({ model, workloads }) => workloads.includes('register') && (flags.model ?? model) === model);
const rows = [];
for (const [name, one] of cases) {
  if (!name.includes(flags.only)) continue;
  const history = replicatedHistory(one);
  for (const checker of judges)
    for (const limit of flags['time-limits'].split(',').map(Number)) {
      globalThis.gc?.();
      const [before, began] = [computedMs(), performance.now()];
      const memoryLimitBytes = Number(flags['memory-limit']) * 2 ** 20;
      const { valid, unknown } = checker.check(history, { workload: 'register', timeLimitMs: limit * 1000, memoryLimitBytes });
      const ms = Math.round(performance.now() - began);
      const [cpuMs, rssMb] = [Math.round(computedMs() - before), Math.round(process.memoryUsage.rss() / 1e6)];
      const over = ms > limit * 1100 + 50;
      rows.push({ history: name, model: checker.model, limitMs: limit * 1000, valid, ms, cpuMs, rssMb, over });
      if (!flags.json)
        console.log(
          [
            name.padEnd(45),
            checker.model.padEnd(20),
            `${limit} s`,
            String(valid).padEnd(8),
            `${ms} ms`.padStart(9),
            `cpu ${cpuMs} ms`,
            `${rssMb} MB`,
          ]
            .concat(over ? 'OVER' : [], unknown ?? [])
            .join('  '),
        );
    }
}
if (flags.json) console.log(JSON.stringify({ benchmark: 'limits', rows }));
else console.log(`${rows.filter(({ over }) => over).length} of ${rows.length} over their limit`);
