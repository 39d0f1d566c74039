/**
 * Our linearizability checker and Porcupine on the same histories, one after the other in one run:
 * `npm run bench -- porcupine [--json] [--max 100000] [--timeout 30] [FILE.jsonl ...]`, the files given or, without any, simulated registers. Needs Go, which builds the peer. Files on which Porcupine gives up
 * count as its time-out. Both times are those of the check alone, without reading the file.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkLinearizable } from '../checkers/linearizable/check.ts';
import { register } from '../checkers/models/register.ts';
import type { Event } from '../harness/history/event.ts';
import { projectRoot } from '../harness/std/paths.ts';
import { type RegisterCase, registerCases, registerHistory } from './register-histories.ts';

interface Row extends RegisterCase {
  readonly ours: boolean | 'unknown';
  readonly theirs: string;
  readonly ourMs: number;
  readonly theirMs: number;
  /** Given by name. */
  readonly file?: string;
}

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
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

/** One that is given. Its clients: as many operations as are ever open at once, those of unknown outcome, which stay open, apart. */
const measureFile = (peer: string, file: string): Row => {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const history = lines.map(line => JSON.parse(line) as Event);
  const { valid, elapsedMs, operations } = checkLinearizable(history, register, { timeLimitMs: 10_000 });
  const lost = new Set(history.filter(({ type }) => type === 'info').map(({ process }) => process));
  const open = new Set<Event['process']>();
  let clients = 0;
  for (const { type, process } of history) {
    if (lost.has(process)) continue;
    if (type === 'invoke') open.add(process);
    else open.delete(process);
    clients = Math.max(clients, open.size);
  }
  const { theirs, theirMs } = askPeer(peer, file);
  return { clients, operations, values: 'small', info: 0, wrong: 'none', ours: valid, theirs, ourMs: elapsedMs, theirMs, file };
};

const print = ({ file, operations, clients, values, info, wrong, ours, theirs, ourMs, theirMs }: Row): void =>
  console.log(
    [
      `${operations} operations`.padStart(18),
      `${clients} clients`.padStart(10),
      ...(file === undefined ? [values.padEnd(6), `${info * 100} % unknown`.padStart(11), wrong.padEnd(7)] : [file]),
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
  const cases =
    files.length > 0
      ? files.map(file => () => measureFile(peer, file))
      : registerCases(Number(flags.max)).map(one => () => measure(peer, folder, one));
  const rows = cases.map(measured => {
    const row = measured();
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
