/**
 * How fast a large file is judged, by the whole command: `npm run bench -- check [--json] [--operations 1000000]`. Two histories of a
 * simulated register with unique values and ten clients, one on one key and one on a thousand, in a folder that is removed again.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Event } from '../harness/history/event.ts';
import { formatEvent } from '../harness/history/format.ts';
import { createRng } from '../harness/std/rng.ts';

const clients = 10;
const linesAtOnce = 20_000;
const main = fileURLToPath(new URL('../harness/cli/main.js', import.meta.url));

/** An operation takes effect when it answers: linearizable by construction. */
const writeHistory = (path: string, operations: number, keys: number): void => {
  const rng = createRng(1);
  const registers: (number | null)[] = new Array(keys).fill(null);
  const open: ({ f: string; key: number; value: number | null | [number, number] } | undefined)[] = new Array(clients).fill(undefined);
  let [lines, index, started, written, answered] = ['', 0, 0, 0, 0];
  const emit = (event: Pick<Event, 'process' | 'type' | 'f' | 'key' | 'value'>): void => {
    lines += formatEvent({ index, time: 1000 * index, ...event });
    if (++index % linesAtOnce !== 0) return;
    appendFileSync(path, lines);
    lines = '';
  };
  while (answered < operations) {
    const process = rng.int(clients);
    const operation = open[process];
    if (operation === undefined) {
      if (started === operations) continue;
      const key = rng.int(keys);
      const f = ['read', 'write', 'cas'][started++ % 3]!;
      const value: number | null | [number, number] = f === 'read' ? null : f === 'write' ? ++written : [registers[key] ?? 0, ++written];
      open[process] = { f, key, value };
      emit({ process, type: 'invoke', f, key, value });
      continue;
    }
    const { f, key, value } = operation;
    const isApplied = !Array.isArray(value) || registers[key] === value[0];
    if (isApplied && f !== 'read') registers[key] = Array.isArray(value) ? value[1] : value;
    emit({ process, type: isApplied ? 'ok' : 'fail', f, key, value: f === 'read' ? registers[key]! : value });
    open[process] = undefined;
    answered++;
  }
  appendFileSync(path, lines);
};

/** The command in a process of its own, which tells its largest size as it ends. */
const measure = (path: string) => {
  const began = performance.now();
  const tell = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(tell)}`,
      main,
      'check',
      path,
      '--workload',
      'register',
      '--model',
      'linearizable',
    ],
    { encoding: 'utf8' },
  );
  const seconds = (performance.now() - began) / 1000;
  const peakMb = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1000;
  return { status, seconds, megabytesPerSecond: statSync(path).size / 1e6 / seconds, peakMb };
};

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, operations: { type: 'string', default: '1000000' } } });
const operations = Number(flags.operations);
const folder = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
try {
  const rows = [1, 1000].map(keys => {
    const path = join(folder, `${keys}.jsonl`);
    writeHistory(path, operations, keys);
    const { status, ...measured } = measure(path);
    if (status !== 0) throw new Error(`the history on ${keys} keys is linearizable, and the command answered with exit code ${status}`);
    return { operations, keys, fileMb: statSync(path).size / 1e6, ...measured };
  });
  if (flags.json) console.log(JSON.stringify({ benchmark: 'check', rows }));
  else
    for (const row of rows)
      console.log(
        `${row.operations} operations on ${row.keys} keys, ${row.fileMb.toFixed(0)} MB: ${row.seconds.toFixed(2)} s, ${row.megabytesPerSecond.toFixed(0)} MB/s, ${row.peakMb.toFixed(0)} MB at most`,
      );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
