/**
 * Our linearizability checker and Porcupine on the same history files, one after the other in one run, each file in a process of its own:
 * `npm run bench -- porcupine [--json] [--max 100000] [--timeout 30] [--memory 12] [FILE.jsonl ...]`, the files given or, without any,
 * simulated registers. Needs Go, which builds the peer, and Linux. Both times are those of the check alone, as each reports it, without
 * reading the file; ours is that of `ordeal check --json`. Where Porcupine gives up, dies, or has more than `--memory` GB resident, it
 * counts as its time-out. README.md holds figures.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Event } from '../harness/history/event.ts';
import { pairOperations } from '../harness/history/operation.ts';
import type { Verdict } from '../harness/protocol/checker.ts';
import type { Json } from '../harness/std/json.ts';
import { projectRoot } from '../harness/std/paths.ts';
import { measured } from './peers/measured.ts';
import { type RegisterCase, registerCases, registerHistory } from './register-histories.ts';

interface Row {
  readonly name: string;
  readonly clients: number;
  readonly operations: number;
  /** Whether no value is written twice. */
  readonly unique: boolean;
  readonly ours: boolean | 'unknown';
  readonly theirs: string;
  readonly ourMs: number;
  readonly theirMs: number;
  readonly ourBytes: number;
  readonly theirBytes: number;
}

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    max: { type: 'string', default: '100000' },
    timeout: { type: 'string', default: '30' },
    memory: { type: 'string', default: '12' },
  },
});
const theirLimitMs = Number(flags.timeout) * 1000;
const theirLimitBytes = Number(flags.memory) * 2 ** 30;
/** What every file is to be decided within. */
const ourLimitMs = (unique: boolean): number => (unique ? 2000 : 10_000);
const ourLimitBytes = 2 * 2 ** 30;
/** For starting up and reading the file, which do not count. */
const overheadMs = 20_000;
const main = fileURLToPath(new URL('../harness/cli/main.js', import.meta.url));

const buildPeer = (folder: string): string => {
  const peer = join(folder, 'porcupine');
  execFileSync('go', ['build', '-o', peer, '.'], {
    cwd: join(projectRoot, 'bench/peers/porcupine'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return peer;
};

const askPeer = async (peer: string, file: string): Promise<Pick<Row, 'theirs' | 'theirMs' | 'theirBytes'>> => {
  const most = { ms: theirLimitMs + overheadMs, bytes: theirLimitBytes };
  const { stdout, code, ended, peakBytes } = await measured(peer, ['-timeout', `${flags.timeout}s`, file], most);
  if (ended === 'for memory') return { theirs: 'memory', theirMs: theirLimitMs, theirBytes: peakBytes };
  if (code !== 0) return { theirs: 'died', theirMs: theirLimitMs, theirBytes: peakBytes };
  const { result, elapsedMs } = JSON.parse(stdout) as { result: string; elapsedMs: number };
  return { theirs: result, theirMs: result === 'Unknown' ? theirLimitMs : elapsedMs, theirBytes: peakBytes };
};

/** The whole command, as a user runs it. */
const askOurs = async (file: string): Promise<Pick<Row, 'ours' | 'ourMs' | 'ourBytes'>> => {
  const args = [main, 'check', '--workload', 'register', '--time-limit', '10s', '--json', file];
  const { stdout, peakBytes } = await measured(process.execPath, args, {
    ms: ourLimitMs(false) + overheadMs,
    bytes: Number.POSITIVE_INFINITY,
  });
  const { valid, elapsedMs } = JSON.parse(stdout) as Verdict;
  return { ours: valid, ourMs: elapsedMs, ourBytes: peakBytes };
};

/** Its clients: as many operations as are ever open at once, those of unknown outcome apart. */
const shapeOf = (file: string): Pick<Row, 'clients' | 'operations' | 'unique'> => {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const operations = pairOperations(lines.map((line, index) => ({ ...(JSON.parse(line) as Event), index })));
  const change = new Int32Array(lines.length);
  for (const { invoke, completion, type } of operations) {
    if (type === 'info') continue;
    change[invoke.index]!++;
    change[completion!.index]!--;
  }
  let [open, clients] = [0, 0];
  for (const by of change) {
    open += by;
    clients = Math.max(clients, open);
  }
  const written = operations.flatMap(({ invoke: { f, value } }) => (f === 'read' ? [] : [f === 'cas' ? (value as Json[])[1] : value]));
  return { clients, operations: operations.length, unique: new Set(written).size === written.length };
};

const measure = async (peer: string, name: string, file: string): Promise<Row> => ({
  name,
  ...shapeOf(file),
  ...(await askOurs(file)),
  ...(await askPeer(peer, file)),
});

const nameOf = ({ operations, clients, values, info, wrong }: RegisterCase): string =>
  `${operations}-c${clients}-${values}-i${info}-${wrong}`;

const writeCase = (one: RegisterCase): string => {
  const file = join(folder, `${nameOf(one)}.jsonl`);
  writeFileSync(
    file,
    registerHistory(one)
      .map(event => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  return file;
};

const shown = (verdict: unknown, ms: number, bytes: number): string =>
  `${String(verdict).padEnd(7)} ${ms.toFixed(1).padStart(8)} ms ${(bytes / 2 ** 20).toFixed(0).padStart(6)} MB`;

const print = (row: Row): void =>
  console.log(
    [
      row.name.padEnd(32),
      `${row.operations} operations`.padStart(18),
      `${row.clients} clients`.padStart(10),
      shown(row.ours, row.ourMs, row.ourBytes),
      shown(row.theirs, row.theirMs, row.theirBytes),
      `${(row.theirMs / row.ourMs).toFixed(1)}x`.padStart(9),
    ].join('  '),
  );

const disagree = ({ ours, theirs }: Row): boolean => (ours === true && theirs === 'Illegal') || (ours === false && theirs === 'Ok');
const misses = ({ ours, ourMs, ourBytes, unique }: Row): boolean =>
  ours === 'unknown' || ourMs > ourLimitMs(unique) || ourBytes > ourLimitBytes;
const isLarge = ({ clients, operations }: Row): boolean => clients >= 10 && operations >= 1000;
const geometricMean = (rows: readonly Row[]): number =>
  Math.exp(rows.reduce((sum, { ourMs, theirMs }) => sum + Math.log(theirMs / ourMs), 0) / rows.length);
const rounded = (factor: number): number => Math.round(factor * 10) / 10;
const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => name);

const summaryOf = (rows: readonly Row[]) => ({
  files: rows.length,
  disagreements: namesOf(rows.filter(disagree)),
  /** Of 10 and more clients and 1,000 and more operations. */
  large: rows.filter(isLarge).length,
  geometricMean: rounded(geometricMean(rows.filter(isLarge))),
  /** Of more than 1,000 operations: where Porcupine was faster. */
  slower: namesOf(rows.filter(({ operations, ourMs, theirMs }) => operations > 1000 && theirMs < ourMs)),
  /** Not decided within 2 s (unique values) or 10 s, and 2 GB. */
  missed: namesOf(rows.filter(misses)),
  gaveUp: rows.filter(({ theirs }) => theirs !== 'Ok' && theirs !== 'Illegal').length,
});

const printSummary = (summary: ReturnType<typeof summaryOf>): void => {
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : `${names.length}: ${names.join(', ')}`);
  console.log(`${summary.files} files; Porcupine gave up on ${summary.gaveUp}`);
  console.log(`disagreements: ${list(summary.disagreements)}`);
  console.log(
    `geometric mean over the ${summary.large} files of 10 and more clients and 1,000 and more operations: ${summary.geometricMean}x`,
  );
  console.log(`not decided within 2 s (unique values) or 10 s (small values), and 2 GB: ${list(summary.missed)}`);
  console.log(`of more than 1,000 operations, slower than Porcupine: ${list(summary.slower)}`);
};

const folder = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
try {
  const peer = buildPeer(folder);
  const cases =
    files.length > 0
      ? files.map(file => ({ name: basename(file, '.jsonl'), file: () => file }))
      : registerCases(Number(flags.max)).map(one => ({ name: nameOf(one), file: () => writeCase(one) }));
  const rows: Row[] = [];
  for (const { name, file } of cases) {
    const row = await measure(peer, name, file());
    rows.push(row);
    if (!flags.json) print(row);
  }
  const summary = summaryOf(rows);
  if (flags.json) console.log(JSON.stringify({ benchmark: 'porcupine', ...summary, rows }));
  else printSummary(summary);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
