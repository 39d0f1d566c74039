/** From rows of the packed history to operations in full. */

import type { OperationDetail } from '../../../../harness/history/drawing/operation-detail.ts';
import { effort } from '../../../effort.ts';
import { outcomes } from '../../columns.ts';
import type { Summary } from '../../payload.ts';
import type { Operations } from './load.ts';

export const detailAt = ({ dictionaries }: Summary, { columns, textOf }: Operations, row: number): OperationDetail => {
  const open = Number.isNaN(columns.durationUs[row]!);
  const shown = outcomes[columns.outcome[row]!]!;
  const outcome = shown === 'refused' ? 'fail' : shown;
  const invokeIndex = columns.invokeIndex[row]!;
  const completionIndex = open ? null : columns.completionIndex[row]!;
  return {
    index: outcome === 'info' || completionIndex === null ? invokeIndex : completionIndex,
    invokeIndex,
    completionIndex,
    process: columns.process[row]!,
    node: dictionaries.node[columns.node[row]!] || undefined,
    f: dictionaries.f[columns.f[row]!]!,
    key: dictionaries.key[columns.key[row]!] || undefined,
    ...textOf(row),
    error: dictionaries.error[columns.error[row]!] || undefined,
    outcome,
    startMs: columns.startUs[row]! / 1000,
    endMs: open ? null : (columns.startUs[row]! + columns.durationUs[row]!) / 1000,
  };
};

/** The row of the operation one of whose events has this index; undefined where the page does not hold it. */
export const rowOf = ({ columns }: Operations, index: number): number | undefined => {
  for (let row = 0; row < columns.outcome.length; row++)
    if (columns.invokeIndex[row] === index || (columns.completionIndex[row] === index && index !== 0)) return row;
  return undefined;
};

/** The first row invoked at or after this time. */
export const rowAfter = ({ startUs }: Operations['columns'], us: number): number => {
  let low = 0;
  let high = startUs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startUs[middle]! < us) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Rows of a key (undefined: of any) that overlap a span of milliseconds, in order of invocation. */
export const rowsAround = (summary: Summary, { columns }: Operations, key: string | undefined, fromMs: number, toMs: number): number[] => {
  const wanted = key === undefined ? -1 : summary.dictionaries.key.indexOf(key);
  const end = rowAfter(columns, toMs * 1000);
  const rows: number[] = [];
  for (let row = 0; row < end; row++) {
    const ends = Number.isNaN(columns.durationUs[row]!) ? Number.POSITIVE_INFINITY : columns.startUs[row]! + columns.durationUs[row]!;
    if (ends >= fromMs * 1000 && (wanted < 0 || columns.key[row] === wanted)) rows.push(row);
  }
  return rows;
};

/** Of each anomaly, the smallest first, the operation that was asked last: where the contradiction came to light. */
export const contradictions = ({ results, accused }: Summary): OperationDetail[] =>
  results.checks
    .flatMap(({ anomalies }) => anomalies)
    .sort((a, b) => effort(a) - effort(b))
    .flatMap(({ operations }) => {
      const named = new Set(operations);
      return accused.filter(({ index, invokeIndex }) => named.has(index) || named.has(invokeIndex)).slice(-1);
    });
