/** `ordeal check` as a user meets it: verdicts, exit codes, and what it says of bad input. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { builtPath } from '../../harness/std/paths.ts';
import { ordeal, scratchFolder } from '../support/ordeal.ts';

interface Draft {
  readonly process: number;
  readonly type: string;
  readonly f: string;
  readonly value: unknown;
}

const jsonl = (events: readonly Draft[]): string =>
  events.map((event, index) => `${JSON.stringify({ index, time: index * 1_000_000, ...event })}\n`).join('');
const operation = (process: number, f: string, value: unknown): Draft[] => [
  { process, type: 'invoke', f, value: f === 'read' ? null : value },
  { process, type: 'ok', f, value },
];

const valid = jsonl([...operation(0, 'write', 1), ...operation(1, 'read', 1)]);
const stale = jsonl([...operation(0, 'write', 1), ...operation(0, 'write', 2), ...operation(1, 'read', 2), ...operation(1, 'read', 1)]);

/** Forty-odd compare-and-sets at once over eight values: a walk that uses each edge of a graph that has none, exponential for a search. */
const undecidable = (): string => {
  const edges = [...Array(8).keys()]
    .flatMap(from => [1, 2, 3, 5, 6].map(step => [from, (from + step) % 8]))
    .concat([
      [0, 4],
      [0, 7],
      [1, 5],
      [1, 0],
    ]);
  return jsonl([
    ...operation(99, 'write', 0),
    ...edges.map((value, process) => ({ process, type: 'invoke', f: 'cas', value })),
    ...edges.map((value, process) => ({ process, type: 'ok', f: 'cas', value })),
  ]);
};

const inFile = (name: string, content: string | Buffer): { cwd: string; file: string } => {
  const cwd = scratchFolder();
  writeFileSync(join(cwd, name), content);
  return { cwd, file: name };
};

test('a valid history: exit 0, and JSON is the only thing on stdout', async () => {
  const { cwd, file } = inFile('history.jsonl', valid);
  const { exitCode, stdout } = await ordeal(['check', file, '--workload', 'register', '--model', 'linearizable', '--json'], { cwd });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: true,
    workload: 'register',
    model: 'linearizable',
    operations: 2,
    keys: 1,
    anomalies: [],
  });
});

test('a violation: exit 1, and the operations are named', async () => {
  const { cwd, file } = inFile('history.jsonl', stale);
  const { exitCode, stdout } = await ordeal(['check', file, '--json'], { cwd });
  expect(exitCode).toBe(1);
  const [anomaly] = JSON.parse(stdout).anomalies;
  expect(anomaly.type).toBe('stale-read');
  expect(anomaly.operations).toContain(7);
});

test('standard input and gzip are read', async () => {
  const cwd = scratchFolder();
  expect((await ordeal(['check', '-'], { cwd, input: stale })).exitCode).toBe(1);
  const packed = inFile('history.jsonl.gz', gzipSync(valid));
  expect((await ordeal(['check', packed.file], packed)).exitCode).toBe(0);
});

test('several files: the worst verdict, results in the order given', async () => {
  const cwd = scratchFolder();
  mkdirSync(join(cwd, 'many'));
  for (const [name, content] of [
    ['a.jsonl', valid],
    ['b.jsonl', stale],
  ] as const)
    writeFileSync(join(cwd, 'many', name), content);
  const { exitCode, stdout } = await ordeal(['check', 'many/b.jsonl', 'many/a.jsonl', '--json'], { cwd });
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: false,
    results: [
      { file: 'many/b.jsonl', valid: false },
      { file: 'many/a.jsonl', valid: true },
    ],
  });
  expect((await ordeal(['check', 'many'], { cwd })).stdout).toContain('2 histories: 1 valid, 1 with a violation');
});

test('a malformed line: exit 65 with line and column', async () => {
  const { cwd, file } = inFile('bad.jsonl', valid.replace('"type":"ok"', '"type":"okay"'));
  const { exitCode, stderr } = await ordeal(['check', file], { cwd });
  expect(exitCode).toBe(65);
  expect(stderr).toMatch(/bad\.jsonl:2:\d+: expected .*found "okay"/);
});

test('a torn last line is dropped with a warning', async () => {
  const { cwd, file } = inFile('torn.jsonl', valid + valid.slice(0, 30));
  const { exitCode, stdout } = await ordeal(['check', file], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/note .*torn\.jsonl:5.*cut off/);
});

test('a history that cannot be judged in time: exit 2, promptly, and it says how far it came', async () => {
  const { cwd, file } = inFile('hard.jsonl', undecidable());
  const began = performance.now();
  const { exitCode, stdout } = await ordeal(['check', file, '--time-limit', '1s', '--json'], { cwd });
  expect(exitCode).toBe(2);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(JSON.parse(stdout)).toMatchObject({ valid: 'unknown', unknown: expect.stringMatching(/time/) });
});

test.each([
  [['check'], /missing required argument/],
  [['check', 'nowhere.jsonl'], /nowhere\.jsonl: no such file/],
  [['check', '-', '--model', 'quantum'], /unknown model .*"quantum"/],
  [['check', '-', '--time-limit', 'soon'], /--time-limit soon/],
  [['run', '--sead', '7'], /--sead[\s\S]*Did you mean --seed/],
  [['run', '--system', 'raff'], /unknown system "raff"[\s\S]*did you mean raft/],
  [['frobnicate'], /unknown command/],
])('%j: exit 64 with what to do next', async (args, message) => {
  const { exitCode, stderr } = await ordeal(args, { cwd: scratchFolder(), input: valid });
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(64);
});

test.each(['run', 'check', 'list', 'report', 'doctor', 'clean'])('%s --help shows examples', async command => {
  const { exitCode, stdout } = await ordeal([command, '--help'], { cwd: scratchFolder() });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Examples:\n {2}ordeal /);
});

test('a history of another workload is refused with its place, not passed', async () => {
  const cwd = scratchFolder();
  writeFileSync(join(cwd, 'h.jsonl'), jsonl([...operation(0, 'write', 1), ...operation(1, 'frobnicate', 1)]));
  const { exitCode, stderr } = await ordeal(['check', 'h.jsonl'], { cwd });
  expect(exitCode).toBe(65);
  expect(stderr).toMatch(/h\.jsonl:3:\d+: expected an operation of workload register: read, write or cas, found "frobnicate"/);
});

test.each([
  [['check', 'nowhere.jsonl', '--json'], 64],
  [['run', '--nodes', 'many', '--json'], 64],
  [['run', '--frobnicate', '--json'], 64],
])('%j answers with one JSON document that says what is wrong', async (args, code) => {
  const { exitCode, stdout } = await ordeal(args, { cwd: scratchFolder() });
  expect(exitCode).toBe(code);
  expect(JSON.parse(stdout)).toMatchObject({ valid: 'unknown', exitCode: code, error: expect.stringMatching(/./) });
});

test('a verdict that cannot be written is no violation', async () => {
  const cwd = scratchFolder();
  writeFileSync(join(cwd, 'h.jsonl'), valid);
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [builtPath('harness/cli/main'), 'check', 'h.jsonl'], {
    cwd,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(status).toBe(4);
  expect(stderr).toMatch(/cannot write to standard output/);
});

test('--lint says what is odd about the recording, --strict takes it for unknown, neither without being asked', async () => {
  const failing = operation(1, 'write', 9).map(event => (event.type === 'ok' ? { ...event, type: 'fail', error: 'timeout' } : event));
  const { cwd, file } = inFile('history.jsonl', jsonl([...operation(0, 'write', 1), ...operation(1, 'read', 1), ...failing]));
  const codes = (stdout: string): string[] => JSON.parse(stdout).lint.map(({ code }: { code: string }) => code);
  const plain = await ordeal(['check', file, '--json'], { cwd });
  expect(plain.exitCode).toBe(0);
  expect(codes(plain.stdout)).toEqual(['timeout-as-fail', 'no-overlap']);
  const strict = await ordeal(['check', file, '--strict', '--json'], { cwd });
  expect(strict.exitCode).toBe(2);
  expect(JSON.parse(strict.stdout)).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('timeout-as-fail') });
  const text = await ordeal(['check', file, '--lint'], { cwd });
  expect(text.stdout).toMatch(/lint timeout-as-fail: 1 operation .*\(operation 5\)/);
  const odd = inFile('stale.jsonl', stale);
  expect((await ordeal(['check', odd.file, '--strict'], { cwd: odd.cwd })).exitCode).toBe(1);
});

test('--power says what share of injected anomalies is caught, as text and as JSON', async () => {
  const { cwd, file } = inFile('history.jsonl', valid);
  const { exitCode, stdout } = await ordeal(['check', file, '--power', '1s', '--json'], { cwd });
  expect(exitCode).toBe(0);
  const { power } = JSON.parse(stdout);
  expect(power.coverage).toMatchObject({ operations: 2, concurrencyMax: 1, written: 1, read: 1 });
  expect(power.kinds.find(({ kind }: { kind: string }) => kind === 'dirty read')).toMatchObject({ injected: 200, caught: 200, share: 1 });
  const text = await ordeal(['check', file, '--power', '1s'], { cwd });
  expect(text.stdout).toMatch(/power {4}dirty read +█{20} 100 % of 200 caught/);
});
