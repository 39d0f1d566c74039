/** One operation that a link or a click on the timeline names, and its neighbours. */
import type { Summary } from '../../payload.ts';
import { detailAt, rowOf, rowsAround } from './detail.ts';
import { Lanes } from './lanes.tsx';
import type { Operations } from './load.ts';
import { OperationsTable } from './operations-table.tsx';

const mostNeighbours = 24;

export const OperationPanel = ({ summary, operations, index }: { summary: Summary; operations: Operations; index: number }) => {
  const row = rowOf(operations, index);
  if (row === undefined)
    return (
      <aside class="panel" id="operation" tabIndex={-1}>
        <p>Operation {index} is not among those that this page holds; it is in the history beside it.</p>
      </aside>
    );
  const own = detailAt(summary, operations, row);
  const fromMs = own.startMs - 5;
  const toMs = (own.endMs ?? own.startMs) + 5;
  const near = rowsAround(summary, operations, own.key, fromMs, toMs)
    .sort((a, b) => Math.abs(a - row) - Math.abs(b - row))
    .slice(0, mostNeighbours)
    .sort((a, b) => a - b)
    .map(other => detailAt(summary, operations, other));
  const accused = new Set([own.index]);
  return (
    <aside class="panel" id="operation" tabIndex={-1} aria-labelledby="operation-title">
      <h2 id="operation-title">
        Operation {own.index}
        <a class="anchor" href="#/timeline">
          close
        </a>
      </h2>
      <p class="note">With its neighbours{own.key === undefined ? '' : ` on key ${own.key}`}.</p>
      <Lanes operations={near} accused={accused} />
      <OperationsTable operations={near} accused={accused} />
    </aside>
  );
};
