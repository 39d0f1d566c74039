/** The counterexample drawn: a lane per process, a bar per operation, those of the anomaly strong, their surroundings faint. */
import { useId } from 'preact/hooks';
import { layOutLanes } from '../../../../harness/history/drawing/layout.ts';
import type { OperationDetail } from '../../../../harness/history/drawing/operation-detail.ts';
import { labelOperation } from '../../../../harness/history/drawing/operation-label.ts';
import { moment } from '../../../units.ts';
import { linkTo } from './route.ts';

const rowHeight = 46;
const barHeight = 22;
const characterWidth = 7.25;
/** Between two events: a small drawing may breathe. */
const gapFor = (operations: number): number => (operations <= 8 ? 36 : 18);

export const Lanes = ({ operations, accused }: { operations: readonly OperationDetail[]; accused: ReadonlySet<number> }) => {
  const fade = useId();
  const labels = operations.map(operation => `${labelOperation(operation)}${operation.outcome === 'fail' ? ' ✕' : ''}`);
  const { rows, bars, width } = layOutLanes(
    operations.map((operation, at) => ({
      process: operation.process,
      first: accused.has(operation.index),
      startOrder: operation.invokeIndex,
      endOrder: operation.outcome === 'info' ? null : operation.completionIndex,
      width: labels[at]!.length * characterWidth + 16,
    })),
    gapFor(operations.length),
  );
  const nodeOf = (process: number) => operations.find(operation => operation.process === process)?.node;
  const height = rows.length * rowHeight;
  return (
    <div class="lanes">
      <ul class="lane-names" aria-hidden="true">
        {rows.map(process => (
          <li key={process} style={{ height: `${rowHeight}px` }}>
            p{process}
            <small>{nodeOf(process)}</small>
          </li>
        ))}
      </ul>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section class="lane-box" tabIndex={0} aria-label="Drawing of the operations, one lane per process; the table below says the same">
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="presentation">
          <defs>
            <linearGradient id={fade} class="fade">
              <stop offset="0" stop-opacity="0" />
              <stop offset="0.9" stop-opacity="1" />
            </linearGradient>
          </defs>
          {rows.map((process, row) => (
            <line key={process} class="lane-line" x1={0} x2={width} y1={row * rowHeight + 29} y2={row * rowHeight + 29} />
          ))}
          {operations.map((operation, at) => (
            <LaneBar
              key={operation.invokeIndex}
              operation={operation}
              label={labels[at]!}
              strong={accused.has(operation.index)}
              x={bars[at]!.start}
              y={bars[at]!.row * rowHeight}
              width={bars[at]!.end - bars[at]!.start}
              fade={fade}
            />
          ))}
        </svg>
      </section>
    </div>
  );
};

interface LaneBarProps {
  operation: OperationDetail;
  label: string;
  strong: boolean;
  x: number;
  y: number;
  width: number;
  fade: string;
}

const LaneBar = ({ operation, label, strong, x, y, width, fade }: LaneBarProps) => {
  const open = operation.outcome === 'info';
  return (
    <a href={linkTo({ to: 'operation', index: operation.index })} class={`bar ${operation.outcome} ${strong ? 'strong' : 'faint'}`}>
      <title>{`${label}\n${describe(operation)}`}</title>
      <text class="bar-index" x={x + 1} y={y + 13}>
        {operation.index}
      </text>
      <rect x={x} y={y + 18} width={width} height={barHeight} rx={3} />
      {open && <rect x={x + 14} y={y + 17} width={width - 10} height={barHeight + 2} style={{ fill: `url(#${fade})`, stroke: 'none' }} />}
      <text x={x + 8} y={y + 33}>
        {label}
      </text>
    </a>
  );
};

const describe = ({ process, node, startMs, endMs, outcome, error }: OperationDetail): string =>
  `process ${process}${node === undefined ? '' : ` on ${node}`}, asked at ${moment(startMs)}, ${
    endMs === null ? 'never answered' : `${outcome} at ${moment(endMs)}`
  }${error === undefined ? '' : `: ${error}`}`;
