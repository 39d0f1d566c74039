import type { OperationDetail } from '../../../../harness/history/drawing/operation-detail.ts';
import { visible } from '../../../../harness/history/drawing/operation-label.ts';
import { moment } from '../../../units.ts';
import { linkTo } from './route.ts';
import { Scroll } from './section.tsx';
import { Term } from './term.tsx';

/** Operations with everything that is known of them, in the order in which they were asked. */
export const OperationsTable = ({ operations, accused }: { operations: readonly OperationDetail[]; accused: ReadonlySet<number> }) => (
  <Scroll label="Operations">
    <table class="operations">
      <thead>
        <tr>
          <th class="number">
            <Term word="index" />
          </th>
          <th class="number">
            <Term word="process" />
          </th>
          <th>
            <Term word="node" />
          </th>
          <th>operation</th>
          <th>asked</th>
          <th>answered</th>
          <th>outcome</th>
          <th class="number">asked at</th>
          <th class="number">answered at</th>
        </tr>
      </thead>
      <tbody>
        {operations.map(operation => (
          <tr key={operation.invokeIndex} class={accused.has(operation.index) ? '' : 'faint'}>
            <td class="number">
              <a href={linkTo({ to: 'operation', index: operation.index })}>{operation.index}</a>
            </td>
            <td class="number">{operation.process}</td>
            <td>{operation.node}</td>
            <td>
              <div class="value">{visible(operation.key === undefined ? operation.f : `${operation.f} ${operation.key}`)}</div>
            </td>
            <td>
              <div class="value">{operation.value === 'null' ? '' : visible(operation.value)}</div>
            </td>
            <td>
              <div class="value">{operation.result === undefined ? '' : visible(operation.result)}</div>
            </td>
            <td>
              <span class={`outcome ${operation.outcome}`}>
                <Term word={operation.outcome} />
              </span>
              {operation.error !== undefined && <small>{visible(operation.error)}</small>}
            </td>
            <td class="number">{moment(operation.startMs)}</td>
            <td class="number">{operation.endMs === null ? 'never' : moment(operation.endMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
