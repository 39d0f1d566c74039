/**
 * Our linearizability checker and Porcupine on the same histories, one after the other in one run:
 * `npm run bench -- porcupine [--json] [--max 100000] [--timeout 30]`. Needs Go, which builds the peer. Files on which Porcupine gives up
 * count as its time-out. Both times are those of the check alone, without reading the file.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkLinearizable } from '../checkers/linearizable/check.ts';
import { register } from '../checkers/models/register.ts';
import { projectRoot } from '../harness/std/paths.ts';
import { type RegisterCase, registerCases, registerHistory } from './register-histories.ts';

interface Row extends RegisterCase {
  readonly ours: boolean | 'unknown';
  readonly theirs: string;
  readonly ourMs: number;
  readonly theirMs: number;
}

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, max: { type: 'string', default: '100000' }, timeout: { type: 'string', default: '30' } },
});

const buildPeer = (folder: string): string => {
  const peer = join(folder, 'porcupine');
  execFileSync('go', ['build', '-o', peer, '.'], {
    cwd: join(projectRoot, 'bench/peers/porcupine'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return peer;
};

/** A peer that dies (for want of memory) has given up too. */
const askPeer = (peer: string, file: string): { theirs: string; theirMs: number } => {
  const { stdout, status } = spawnSync(peer, ['-timeout', `${flags.timeout}s`, file], { encoding: 'utf8' });
  if (status !== 0) return { theirs: 'died', theirMs: Number(flags.timeout) * 1000 };
  const { result, elapsedMs } = JSON.parse(stdout) as { result: string; elapsedMs: number };
  return { theirs: result, theirMs: result === 'Unknown' ? Number(flags.timeout) * 1000 : elapsedMs };
};

const measure = (peer: string, folder: string, one: RegisterCase): Row => {
  const history = registerHistory(one);
  const file = join(folder, 'history.jsonl');
  writeFileSync(file, history.map(event => JSON.stringify(event)).join('\n'));
  globalThis.gc?.();
  const { valid, elapsedMs } = checkLinearizable(history, register, { timeLimitMs: 10_000 });
  const { theirs, theirMs } = askPeer(peer, file);
  return { ...one, ours: valid, theirs, ourMs: elapsedMs, theirMs };
};

const print = ({ operations, clients, values, info, wrong, ours, theirs, ourMs, theirMs }: Row): void =>
  console.log(
    [
      `${operations} operations`.padStart(18),
      `${clients} clients`.padStart(10),
      values.padEnd(6),
      `${info * 100} % unknown`.padStart(11),
      wrong.padEnd(7),
      `${String(ours).padEnd(7)} ${ourMs.toFixed(2)} ms`.padStart(20),
      `${theirs.padEnd(7)} ${theirMs.toFixed(2)} ms`.padStart(20),
      `${(theirMs / ourMs).toFixed(1)}x`.padStart(10),
    ].join('  '),
  );

const disagree = ({ ours, theirs }: Row): boolean => (ours === true && theirs === 'Illegal') || (ours === false && theirs === 'Ok');
const geometricMean = (rows: readonly Row[]): number =>
  Math.exp(rows.reduce((sum, { ourMs, theirMs }) => sum + Math.log(theirMs / ourMs), 0) / rows.length);

const folder = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
try {
  const peer = buildPeer(folder);
  const rows = registerCases(Number(flags.max)).map(one => {
    const row = measure(peer, folder, one);
    if (!flags.json) print(row);
    return row;
  });
  const large = rows.filter(({ clients, operations }) => clients >= 10 && operations >= 1000);
  const summary = {
    geometricMean: Math.round(geometricMean(large) * 10) / 10,
    slowest: Math.min(...rows.filter(({ operations }) => operations > 1000).map(({ ourMs, theirMs }) => theirMs / ourMs)),
    disagreements: rows.filter(disagree).length,
  };
  if (flags.json) console.log(JSON.stringify({ benchmark: 'porcupine', ...summary, rows }));
  else
    console.log(
      `geometric mean over ${large.length} files of 10 and more clients and 1,000 and more operations: ${summary.geometricMean}x; disagreements: ${summary.disagreements}`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
