/** From results and history to the chunks of the page: what is kept, what is cut, and that the page stays small. */
import { gzipSync } from 'node:zlib';
import { detailOf, errorText } from '../../harness/history/drawing/operation-detail.ts';
import type { Event, History } from '../../harness/history/event.ts';
import { type Operation, pairOperations } from '../../harness/history/operation.ts';
import type { Results } from '../contract.ts';
import { isRefused } from '../refusal.ts';
import { type Columns, createColumns, type Outcome, outcomes, packColumns } from './columns.ts';
import type { LogExcerpt } from './logs.ts';
import type { ChunkName, Dictionaries, Summary, Throughput } from './payload.ts';

export interface ReportData {
  readonly results: Results;
  readonly history: History;
  /** See `excerptLogs`; leave out where there is no violation. */
  readonly logs?: readonly LogExcerpt[];
}

/** Beyond this many operations the page holds a sample of them. */
export const mostOperations = 300_000;

/** What a page may take up to 100,000 operations, and for each one more. Base64 takes four bytes for three. */
const pageBytes = 1_750_000;
const bytesPerFurtherOperation = 17;

const mostErrors = 1000;
const longestError = 240;

/** Values are cut to the first of these lengths at which the page is small enough. */
const valueLimits = [200, 80, 40, 20, 10, 0];

/** Gzipped chunks. Deterministic for the same input (on one machine). */
export const packReport = ({ results, history, logs = [] }: ReportData): Record<ChunkName, Uint8Array> => {
  const operations = pairOperations(history);
  const accusedIndices = new Set(results.checks.flatMap(({ anomalies }) => anomalies.flatMap(anomaly => anomaly.operations)));
  const isAccused = (operation: Operation): boolean =>
    accusedIndices.has(operation.invoke.index) || (operation.completion !== undefined && accusedIndices.has(operation.completion.index));
  const kept = sample(operations, isAccused);
  const { columns, dictionaries } = columnsOf(kept);
  const packedColumns = compress(packColumns(columns));
  const summary: Omit<Summary, 'valueLimit'> = {
    results,
    accused: operations.filter(isAccused).map(detailOf),
    throughput: throughputOf(operations, results.durationMs),
    dictionaries,
    refused: operations.filter(operation => isRefused(operation)).length,
    operations: operations.length,
    kept: kept.length,
    logs,
  };
  const page = pageBytes + bytesPerFurtherOperation * Math.max(0, kept.length - 100_000);
  const others = packedColumns.length + compress(JSON.stringify(summary)).length;
  const { text, limit } = textWithin(kept, (page * 3) / 4 - others);
  return { summary: compress(JSON.stringify({ ...summary, valueLimit: limit } satisfies Summary)), columns: packedColumns, text };
};

/** Every operation; of too many, all that are accused, all that went wrong (if they are not the mass of them), and evenly spread others. */
const sample = (operations: readonly Operation[], isAccused: (operation: Operation) => boolean): readonly Operation[] => {
  if (operations.length <= mostOperations) return operations;
  const wrong = operations.filter(({ type }) => type !== 'ok').length;
  const keepWrong = wrong < mostOperations / 2;
  const isKept = (operation: Operation): boolean => (keepWrong && operation.type !== 'ok') || isAccused(operation);
  const step = keepWrong ? (operations.length - wrong) / (mostOperations - wrong) : operations.length / mostOperations;
  let seen = 0;
  return operations.filter(operation => {
    if (isKept(operation)) return true;
    seen++;
    return Math.floor(seen / step) !== Math.floor((seen - 1) / step);
  });
};

const columnsOf = (operations: readonly Operation[]): { columns: Columns; dictionaries: Dictionaries } => {
  const columns = createColumns(operations.length);
  const f = createDictionary([]);
  const node = createDictionary(['']);
  const key = createDictionary(['']);
  const error = createDictionary(['']);
  for (const [row, operation] of operations.entries()) {
    const { invoke, completion } = operation;
    columns.startUs[row] = Math.round(invoke.time / 1000);
    columns.durationUs[row] = completion === undefined ? Number.NaN : Math.max(0, Math.round((completion.time - invoke.time) / 1000));
    columns.outcome[row] = outcomes.indexOf(outcomeOf(operation));
    columns.process[row] = Number(invoke.process);
    columns.invokeIndex[row] = invoke.index;
    columns.completionIndex[row] = completion?.index ?? 0;
    columns.f[row] = f.position(invoke.f);
    columns.node[row] = node.position(invoke.node ?? completion?.node ?? '');
    columns.key[row] = key.position(invoke.key === undefined ? '' : String(invoke.key));
    columns.error[row] = error.position(errorOf(completion, error.size()));
  }
  return { columns, dictionaries: { f: f.entries(), node: node.entries(), key: key.entries(), error: error.entries() } };
};

/** Messages that differ each time (a port, an address) must not make the page large: past a thousand of them the name has to do. */
const errorOf = (completion: Event | undefined, known: number): string => {
  const error = completion?.error;
  const text = known > mostErrors && typeof error === 'object' ? error.name : errorText(completion);
  return cut(text ?? '', longestError);
};

const outcomeOf = (operation: Operation): Outcome => (isRefused(operation) ? 'refused' : operation.type);

const createDictionary = (first: readonly string[]) => {
  const positions = new Map(first.map((entry, at) => [entry, at]));
  return {
    position: (entry: string): number => {
      const known = positions.get(entry);
      if (known !== undefined) return known;
      positions.set(entry, positions.size);
      return positions.size - 1;
    },
    size: (): number => positions.size,
    entries: (): string[] => [...positions.keys()],
  };
};

/** Each limit is tried on every eighth operation first: compressing all of them takes its time. */
const textWithin = (operations: readonly Operation[], bytes: number): { text: Uint8Array; limit: number } => {
  const compressed = (some: readonly Operation[], limit: number) => compress(some.map(operation => textLines(operation, limit)).join('\n'));
  const eighth = operations.filter((_, at) => at % 8 === 0);
  for (const limit of valueLimits) {
    if (limit > 0 && compressed(eighth, limit).length * 8 > bytes * 1.3) continue;
    const text = compressed(operations, limit);
    if (text.length <= bytes || limit === 0) return { text, limit };
  }
  throw new Error('invariant broken: the last limit always fits');
};

const textLines = ({ invoke, completion, type }: Operation, limit: number): string => {
  const value = JSON.stringify(invoke.value ?? null);
  const result = type === 'ok' ? JSON.stringify(completion!.value ?? null) : '';
  return `${cut(value, limit)}\n${result === value ? '=' : cut(result, limit)}`;
};

const cut = (text: string, limit: number): string => (text.length <= limit ? text : limit === 0 ? '…' : `${text.slice(0, limit - 1)}…`);

/** Completions per bin of a round length: at most about 1,200 bins, and wide enough that most hold 20 completions or more. */
const throughputOf = (operations: readonly Operation[], durationMs: number): Throughput => {
  const lastMs = operations.reduce((last, { completion }) => Math.max(last, (completion?.time ?? 0) / 1e6), durationMs);
  const enough = Math.max(lastMs / 1200, Math.min(1000, (20 * lastMs) / Math.max(1, operations.length)));
  const binMs = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000].find(width => width >= enough) ?? 600_000;
  const bins = Math.floor(lastMs / binMs) + 1;
  const empty = () => new Array<number>(bins).fill(0);
  const counts = { ok: empty(), fail: empty(), info: empty(), refused: empty() };
  for (const operation of operations)
    if (operation.completion) counts[outcomeOf(operation)][Math.floor(operation.completion.time / 1e6 / binMs)]!++;
  return { binMs, ...counts };
};

const compress = (data: Uint8Array | string): Uint8Array => gzipSync(data);
