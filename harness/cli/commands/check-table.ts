/** The table at the end of `ordeal check` of several histories. */
import type { Verdict } from '../../protocol/checker.ts';

export interface Row {
  readonly file: string;
  readonly verdict: 'valid' | 'violation' | 'unknown' | 'not judged';
  readonly operations: number | undefined;
  readonly keys: number | undefined;
  /** Reading and checking. */
  readonly seconds: number;
  readonly why: string;
}

/** What made it so, in a few words; for a valid history only that it is empty. */
export const whyOf = ({ valid, anomalies, unknown, operations }: Verdict): string => {
  if (valid === 'unknown') return unknown ?? '';
  if (valid) return operations === 0 ? 'no operations: nothing was tested' : '';
  const types = [...new Set(anomalies.map(({ type }) => type))];
  const first = anomalies[0];
  const key = first?.key === undefined ? '' : ` of key ${first.key}`;
  return first === undefined ? '' : `${types.join(', ')}${key}: operations ${first.operations.slice(0, 8).join(', ')}`;
};

const heads = ['file', 'verdict', 'operations', 'keys', 'seconds', 'why'] as const;
const longestFile = 60;
const shortestWhy = 20;

/** Lines without colours, no wider than `columns` as far as file names allow; the last column is cut, everything else is whole. */
export const renderTable = (rows: readonly Row[], columns: number): string[] => {
  const cells = rows.map(({ file, verdict, operations, keys, seconds, why }) => [
    file.length <= longestFile ? file : `…${file.slice(1 - longestFile)}`,
    verdict,
    operations === undefined ? '-' : String(operations),
    keys === undefined ? '-' : String(keys),
    seconds.toFixed(seconds < 10 ? 2 : 1),
    why.replaceAll('\n', ' '),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map(row => row[column]!.length)));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(shortestWhy, columns - before);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        if (column === heads.length - 1) return cell.length <= room ? cell : `${cell.slice(0, room - 1)}…`;
        return column >= 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
      })
      .join('  ')
      .trimEnd();
  return [line(heads), ...cells.map(line)];
};
