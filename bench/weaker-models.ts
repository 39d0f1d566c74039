/**
 * How fast the weaker models are judged: `npm run bench -- weaker-models [--json] [--operations 100000] [--time-limit 30] [--model NAME]
 * [--only TEXT]`. A simulated replicated store answers; each row is one history and one model; the time is the check's own.
 */
import { parseArgs } from 'node:util';
import { checkers } from '../checkers/registry.ts';
import { type ReplicatedCase, replicatedHistory } from '../checkers/testing/replicated-history.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    operations: { type: 'string', default: '100000' },
    'time-limit': { type: 'string', default: '30' },
    model: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});

const base = { operations: Number(flags.operations), reads: 0.5, info: 0, keys: 10 };
const cases: Readonly<Record<string, ReplicatedCase>> = {
  '10 clients': { ...base, clients: 10, store: 'owners' },
  '50 clients': { ...base, clients: 50, keys: 50, store: 'owners' },
  '50 clients, arrival': { ...base, clients: 50, store: 'arrival' },
  '50 clients, lww': { ...base, clients: 50, store: 'lww' },
  '50 clients, atomic': { ...base, clients: 50, store: 'atomic' },
  '5 % unknown': { ...base, clients: 10, info: 0.1, store: 'owners' },
  '5 % unknown, arrival': { ...base, clients: 10, info: 0.1, store: 'arrival' },
  '5 % unknown, atomic': { ...base, clients: 10, info: 0.1, store: 'atomic' },
  '5 % unknown, 1 key': { ...base, clients: 10, info: 0.1, keys: 1, store: 'arrival' },
  '5 % unknown, 1,000 keys': { ...base, clients: 10, info: 0.1, keys: 1000, store: 'owners' },
  'many reads of initial values': { ...base, clients: 10, info: 0.1, keys: 20_000, reads: 0.9, store: 'owners' },
};

const models = [
  ...['sequential', 'causal', 'causal-convergence', 'causal-memory', 'processor', 'pram', 'read-your-writes', 'monotonic-reads'],
  ...['monotonic-writes', 'writes-follow-reads', 'bounded-staleness', 'eventual'],
];

const rows = [];
for (const [name, one] of Object.entries(cases)) {
  if (!name.includes(flags.only)) continue;
  const history = replicatedHistory(one);
  for (const model of models) {
    if (flags.model !== undefined && flags.model !== model) continue;
    globalThis.gc?.();
    const checker = checkers.find(candidate => candidate.model === model)!;
    const limits = { timeLimitMs: Number(flags['time-limit']) * 1000, memoryLimitBytes: 2 ** 31 };
    const { valid, elapsedMs, anomalies, unknown } = checker.check(history, { workload: 'register', ...limits });
    const rssMb = Math.round(process.memoryUsage().rss / 1e6);
    rows.push({ history: name, model, valid, elapsedMs: Math.round(elapsedMs), rssMb, witness: anomalies[0]?.operations.length });
    const found = anomalies[0] === undefined ? (unknown ?? '') : `${anomalies[0].type}, ${anomalies[0].operations.length} operations`;
    if (!flags.json)
      console.log(
        [name.padEnd(28), model.padEnd(20), String(valid).padEnd(8), `${Math.round(elapsedMs)} ms`.padStart(9), `${rssMb} MB`, found].join(
          '  ',
        ),
      );
  }
}
if (flags.json) console.log(JSON.stringify({ benchmark: 'weaker-models', rows }));
