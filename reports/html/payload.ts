/** What the page is given: the contract between `render.ts`, which writes it, and the page, which reads it. Types alone. */

import type { OperationDetail } from '../../harness/history/drawing/operation-detail.ts';
import type { Results } from '../contract.ts';
import type { LogExcerpt } from './logs.ts';

/** Completions counted per bin, over the whole history. */
export interface Throughput {
  readonly binMs: number;
  readonly ok: readonly number[];
  readonly fail: readonly number[];
  readonly info: readonly number[];
  readonly refused: readonly number[];
}

export interface Dictionaries {
  readonly f: readonly string[];
  /** The first entry of these stands for "none". */
  readonly node: readonly string[];
  readonly key: readonly string[];
  readonly error: readonly string[];
}

/** The first chunk: all but the mass of the operations. */
export interface Summary {
  readonly results: Results;
  /** Every operation that an anomaly names. */
  readonly accused: readonly OperationDetail[];
  readonly throughput: Throughput;
  readonly dictionaries: Dictionaries;
  /** How many of the operations that failed were refused; see refusal.ts. */
  readonly refused: number;
  /** Operations in the history, and how many of them the columns hold. */
  readonly operations: number;
  readonly kept: number;
  /** Values longer than this were cut in the text chunk (not in `accused`). */
  readonly valueLimit: number;
  readonly logs: readonly LogExcerpt[];
}

/** The chunks are script elements of this type that no browser runs; gzip in base64. */
export const chunkType = 'application/octet-stream;base64';

/** `summary`: JSON. `columns`: see columns.ts. `text`: per kept operation two lines, value and result ('' when none, '=' when the same). */
export type ChunkName = 'summary' | 'columns' | 'text';

export const chunkId = (name: ChunkName): string => `ordeal-${name}`;
