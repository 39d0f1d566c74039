/**
 * What the interpreter costs: a closed loop with clients that answer at once, recorded to a real file.
 * `npm run bench -- interpreter [--json]`; Jepsen's documentation says over 20,000 operations a second for its own.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limit } from '../harness/generator/basic.ts';
import type { Client } from '../harness/protocol/client.ts';
import { resolveOptions } from '../harness/protocol/options.ts';
import { interpret } from '../harness/run/interpreter.ts';
import { createRng } from '../harness/std/rng.ts';
import { openHistoryWriter } from '../harness/store/history-writer.ts';
import { register } from '../workloads/register.ts';

const operations = 500_000;
const concurrency = 10;

/** Answers at once with what was asked. */
const client: Client = {
  invoke: operation => Promise.resolve({ type: 'ok', value: operation.value }),
  close: () => Promise.resolve(),
};

const measure = async (folder: string, count: number): Promise<{ perSecond: number; bytes: number }> => {
  const path = join(folder, `history-${count}.jsonl`);
  const writer = await openHistoryWriter(path, error => {
    throw error;
  });
  const rng = createRng(1);
  const generator = register.generator({ rng, options: resolveOptions(register.options, {}), concurrency, nodes: 5 });
  const start = process.hrtime.bigint();
  const beganMs = performance.now();
  await interpret({
    generator: limit(count, generator),
    nodes: ['n1', 'n2', 'n3', 'n4', 'n5'],
    concurrency,
    rate: 'max',
    operationTimeoutMs: 1000,
    readOnly: register.readOnly,
    open: () => Promise.resolve(client),
    record: draft => writer.append(draft),
    congested: () => writer.congested(),
    now: () => Math.round((performance.now() - beganMs) * 1e6),
    rng: rng.fork('interpreter'),
    signal: new AbortController().signal,
  });
  await writer.close();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { perSecond: Math.round(count / seconds), bytes: (await stat(path)).size };
};

const folder = await mkdtemp(join(tmpdir(), 'ordeal-bench-'));
try {
  await measure(folder, operations / 10);
  const { perSecond, bytes } = await measure(folder, operations);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ operationsPerSecond: perSecond, operations, historyBytes: bytes }));
  else console.log(`${perSecond.toLocaleString('en')} operations/s driven and recorded (${operations} operations, ${bytes} bytes)`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
