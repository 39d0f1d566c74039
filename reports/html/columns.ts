/**
 * A history in few bytes, for the page: numbers of operations column by column, as differences in variable-length integers, so that gzip
 * finds what repeats. Runs in Node (packing) and in the browser (unpacking); needs nothing of either.
 */

/** One row per operation, in the order of invocation. Microseconds since the run began; a duration is NaN where no completion came. */
export interface Columns {
  readonly startUs: Float64Array;
  readonly durationUs: Float64Array;
  /** Position in `outcomes`. */
  readonly outcome: Uint8Array;
  readonly process: Float64Array;
  /** Positions in the dictionaries of the summary. */
  readonly f: Float64Array;
  readonly node: Float64Array;
  readonly key: Float64Array;
  readonly error: Float64Array;
  /** Indices of the events in the history; the completion's is 0 where none came. */
  readonly invokeIndex: Float64Array;
  readonly completionIndex: Float64Array;
}

/** What a point looks like. `refused` is a `fail` that is an answer (see refusal.ts), and looks less alarming. */
export const outcomes = ['ok', 'fail', 'info', 'refused'] as const;

export type Outcome = (typeof outcomes)[number];

export const createColumns = (rows: number): Columns => ({
  startUs: new Float64Array(rows),
  durationUs: new Float64Array(rows),
  outcome: new Uint8Array(rows),
  process: new Float64Array(rows),
  f: new Float64Array(rows),
  node: new Float64Array(rows),
  key: new Float64Array(rows),
  error: new Float64Array(rows),
  invokeIndex: new Float64Array(rows),
  completionIndex: new Float64Array(rows),
});

/** Plain columns hold small numbers that repeat. */
const plain = ['process', 'f', 'node', 'key', 'error'] as const;

/** Expects rows in the order of invocation, with whole numbers; a start before its predecessor's is moved up to it. */
export const packColumns = (columns: Columns): Uint8Array => {
  const rows = columns.outcome.length;
  const out = createWriter(rows * 12);
  out.write(rows);
  writeDifferences(out, columns.startUs);
  writeDifferences(out, columns.invokeIndex);
  for (let row = 0; row < rows; row++) out.write(Number.isNaN(columns.durationUs[row]!) ? 0 : columns.durationUs[row]! + 1);
  for (let row = 0; row < rows; row++) out.write(Math.max(0, columns.completionIndex[row]! - columns.invokeIndex[row]!));
  for (let row = 0; row < rows; row++) out.write(columns.outcome[row]!);
  for (const name of plain) for (let row = 0; row < rows; row++) out.write(columns[name][row]!);
  return out.bytes();
};

export const unpackColumns = (bytes: Uint8Array): Columns => {
  const read = createReader(bytes);
  const rows = read();
  const columns = createColumns(rows);
  readDifferences(read, columns.startUs);
  readDifferences(read, columns.invokeIndex);
  for (let row = 0; row < rows; row++) {
    const duration = read();
    columns.durationUs[row] = duration === 0 ? Number.NaN : duration - 1;
  }
  for (let row = 0; row < rows; row++) {
    const distance = read();
    columns.completionIndex[row] = distance === 0 ? 0 : columns.invokeIndex[row]! + distance;
  }
  for (let row = 0; row < rows; row++) columns.outcome[row] = read();
  for (const name of plain) for (let row = 0; row < rows; row++) columns[name][row] = read();
  return columns;
};

interface Writer {
  write(value: number): void;
  bytes(): Uint8Array;
}

const writeDifferences = (out: Writer, column: Float64Array): void => {
  let last = 0;
  for (const value of column) {
    out.write(Math.max(0, value - last));
    last = Math.max(last, value);
  }
};

const readDifferences = (read: () => number, column: Float64Array): void => {
  let last = 0;
  for (let row = 0; row < column.length; row++) {
    last += read();
    column[row] = last;
  }
};

/** Seven bits a byte, the lowest first; arithmetic instead of shifts, so that numbers beyond 32 bits survive. */
const createWriter = (expected: number): Writer => {
  let buffer = new Uint8Array(Math.max(64, expected));
  let length = 0;
  return {
    write: value => {
      if (length + 10 > buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
      let rest = value;
      while (rest >= 128) {
        buffer[length++] = (rest % 128) + 128;
        rest = Math.floor(rest / 128);
      }
      buffer[length++] = rest;
    },
    bytes: () => buffer.slice(0, length),
  };
};

const createReader = (bytes: Uint8Array): (() => number) => {
  let at = 0;
  return () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      if (byte < 128) return value + byte * scale;
      value += (byte - 128) * scale;
    }
  };
};
