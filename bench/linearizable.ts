/**
 * How fast linearizability is judged: `npm run bench -- linearizable [--json] [--max 100000] [--time-limit 10]`.
 * A simulated register answers 5 to 50 clients; each row is one history.
 */
import { parseArgs } from 'node:util';
import { checkLinearizable } from '../checkers/linearizable/check.ts';
import { register } from '../checkers/models/register.ts';
import { type RegisterCase, registerCases, registerHistory } from './register-histories.ts';

interface Row extends RegisterCase {
  readonly valid: boolean | 'unknown';
  readonly method: string | undefined;
  readonly elapsedMs: number;
  /** What the check allocated, as far as it was not collected meanwhile. */
  readonly memoryMb: number;
}

const measure = (one: RegisterCase, timeLimitMs: number): Row => {
  const history = registerHistory(one);
  globalThis.gc?.();
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  const { valid, method, elapsedMs } = checkLinearizable(history, register, { timeLimitMs });
  return { ...one, valid, method, elapsedMs: Math.round(elapsedMs * 100) / 100, memoryMb: Math.round((used() - before) / 1e5) / 10 };
};

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, max: { type: 'string', default: '100000' }, 'time-limit': { type: 'string', default: '10' } },
});
const rows: Row[] = [];
for (const one of registerCases(Number(flags.max))) {
  const row = measure(one, Number(flags['time-limit']) * 1000);
  rows.push(row);
  if (!flags.json)
    console.log(
      [
        `${row.operations} operations`.padStart(18),
        `${row.clients} clients`.padStart(10),
        row.values.padEnd(6),
        `${row.info * 100} % unknown`.padStart(11),
        row.wrong.padEnd(7),
        String(row.valid).padEnd(7),
        `${row.elapsedMs} ms`.padStart(12),
        `${row.memoryMb} MB`.padStart(10),
        row.method ?? '',
      ].join('  '),
    );
}
if (flags.json) console.log(JSON.stringify({ benchmark: 'linearizable', rows }));
