/**
 * A few operations of a history drawn as text, one lane per process, from request to answer:
 *
 *     p1 n2  |write x=1|            |read x=2|
 *     p2 n3            |write x=2|
 *     p3 n4              |write x=3~~~~~~~~~~~~~
 *
 * The order of all calls and returns is true and so is every overlap; distances are not to scale. An operation that nobody knows the end of
 * trails off. Nothing that a system said comes out raw: control characters are made visible.
 */
import type { History } from '../event.ts';
import { pairOperations } from '../operation.ts';
import { layOutLanes } from './layout.ts';
import { detailOf, type OperationDetail } from './operation-detail.ts';
import { labelOperation, visible } from './operation-label.ts';

/** More bars than this make no picture. */
const mostBars = 12;

/**
 * The operations of a history that verdicts name by these indices (of their calls or of their returns), drawn within this many columns; as a
 * list where they are too many or too wide. Indices that name nothing are left out. O(n).
 */
export const drawOperations = (history: History, indices: readonly number[], columns = 100): readonly string[] => {
  const wanted = new Set(indices);
  return drawDetails(detailsOf(history, wanted), columns);
};

/** The operations that these indices name, in the order of their calls. */
export const detailsOf = (history: History, wanted: ReadonlySet<number>): OperationDetail[] =>
  pairOperations(history)
    .filter(({ invoke, completion }) => wanted.has(invoke.index) || (completion !== undefined && wanted.has(completion.index)))
    .map(detailOf);

export const drawDetails = (operations: readonly OperationDetail[], columns: number): readonly string[] =>
  drawLanes(operations, columns) ?? listOperations(operations);

/** Undefined: too many, or too wide. */
export const drawLanes = (operations: readonly OperationDetail[], columns: number): string[] | undefined => {
  if (operations.length === 0 || operations.length > mostBars) return undefined;
  const labels = operations.map(operation => labelOperation(operation) + (operation.outcome === 'fail' ? ' ✕' : ''));
  const lanes = layOutLanes(
    operations.map(({ process, invokeIndex, completionIndex, outcome }, at) => ({
      process,
      startOrder: invokeIndex,
      endOrder: outcome === 'info' ? null : completionIndex,
      width: labels[at]!.length + 1,
    })),
    2,
  );
  const names = lanes.rows.map(process => {
    const node = operations.find(operation => operation.process === process)?.node;
    return visible(node === undefined ? `p${process}` : `p${process} ${node}`);
  });
  const margin = Math.max(...names.map(name => name.length));
  if (margin + lanes.width + 2 > columns) return undefined;
  return lanes.rows.map((_, row) => {
    const cells = new Array<string>(lanes.width + 1).fill(' ');
    for (const [at, bar] of lanes.bars.entries()) {
      if (bar.row !== row) continue;
      const open = operations[at]!.outcome === 'info';
      const inner = labels[at]!.padEnd(bar.end - bar.start - 1, open ? '~' : ' ');
      for (const [offset, mark] of [...`|${inner}${open ? '~' : '|'}`].entries()) cells[bar.start + offset] = mark;
    }
    return `${names[row]!.padEnd(margin)}${cells.join('').trimEnd()}`;
  });
};

const listOperations = (operations: readonly OperationDetail[]): string[] => {
  const shown = operations.slice(0, mostBars).map(operation => {
    const { index, process, node, startMs, outcome } = operation;
    return `${String(index).padStart(7)}  p${process}${node === undefined ? '' : ` ${visible(node)}`}  ${labelOperation(operation, 60)}  ${outcome}, asked at ${(startMs / 1000).toFixed(3)} s`;
  });
  const more = operations.length - mostBars;
  return more > 0 ? [...shown, `and ${more} ${more === 1 ? 'operation' : 'operations'} more`] : shown;
};
