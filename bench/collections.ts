/**
 * How fast collections and locks are judged: `npm run bench -- collections [--json] [--operations 100000] [--only queue] [--time-limit 10]`.
 * A simulated object answers 5 to 50 clients; each row is one history.
 */
import { parseArgs } from 'node:util';
import { linearizable } from '../checkers/linearizable/checker.ts';
import { type CollectionCase, collectionHistory, collectionTypes } from './collection-histories.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    operations: { type: 'string', default: '100000' },
    only: { type: 'string' },
    'time-limit': { type: 'string', default: '10' },
  },
});

const cases: CollectionCase[] = [];
for (const type of collectionTypes.filter(name => linearizable.workloads.includes(name) && (flags.only ?? name) === name)) {
  for (const wrong of ['nothing', 'one answer'] as const) {
    for (const info of type === 'lock' ? [0] : [0, 0.05]) {
      for (const clients of [5, 10, 20, 50]) cases.push({ type, operations: Number(flags.operations), clients, info, wrong });
    }
  }
}

const rows = cases.map(one => {
  const history = collectionHistory(one);
  const options = { workload: one.type, timeLimitMs: Number(flags['time-limit']) * 1000, memoryLimitBytes: 2 ** 31 };
  const { valid, method, elapsedMs, anomalies } = linearizable.check(history, options);
  const row = {
    ...one,
    valid,
    method,
    elapsedMs: Math.round(elapsedMs * 10) / 10,
    witness: anomalies.map(({ type, operations }) => [type, operations.length]),
  };
  if (!flags.json)
    console.log(
      [
        one.type.padEnd(16),
        `${one.operations} operations`.padStart(18),
        `${one.clients} clients`.padStart(10),
        `${one.info * 100} % unknown`.padStart(11),
        one.wrong.padEnd(10),
        String(valid).padEnd(7),
        `${row.elapsedMs} ms`.padStart(10),
        (method ?? '').padEnd(8),
        row.witness.map(([name, size]) => `${name} of ${size} operations`).join(', '),
      ].join('  '),
    );
  return row;
});
if (flags.json) console.log(JSON.stringify({ benchmark: 'collections', rows }));
