/** The plots for as long as their place is on the page. */
import { useEffect, useRef } from 'preact/hooks';
import type { OperationDetail } from '../../../../../harness/history/drawing/operation-detail.ts';
import type { Summary } from '../../../payload.ts';
import { contradictions, detailAt } from '../detail.ts';
import type { Operations } from '../load.ts';
import { linkTo } from '../route.ts';
import { createPlots, gutter, type Plots } from './plots.ts';
import { clamped, type Range } from './range.ts';

/** The operation under the pointer, and where the pointer is. */
export interface Hover {
  readonly operation: OperationDetail;
  readonly left: number;
  readonly top: number;
}

interface PlotsHook {
  summary: Summary;
  operations: Operations | undefined;
  all: Range;
  box: { readonly current: HTMLDivElement | null };
  width: number;
  setRange(range: Range): void;
  setHover(hover: Hover | undefined): void;
}

/** Makes the plots once there is room and data; keeps their size and colours. */
export const usePlots = ({ summary, operations, all, box, width, setRange, setHover }: PlotsHook) => {
  const plots = useRef<Plots | undefined>(undefined);
  const ready = operations !== undefined && width > 0;
  useEffect(() => {
    if (!ready || !box.current) return;
    const latency = box.current.querySelector<HTMLElement>('.latency')!;
    const throughput = box.current.querySelector<HTMLElement>('.throughput')!;
    const events = {
      select: (selected: Range) => setRange(clamped(all, selected)),
      reset: () => setRange(all),
      hover: (row: number | undefined, left: number, top: number) =>
        setHover(
          row === undefined
            ? undefined
            : { operation: detailAt(summary, operations, row), left: left + gutter, top: top + latency.offsetTop },
        ),
      open: (row: number) => {
        location.hash = linkTo({ to: 'operation', index: detailAt(summary, operations, row).index });
      },
    };
    plots.current = createPlots(latency, throughput, {
      summary,
      operations,
      all,
      width,
      events,
      marks: contradictions(summary).map(({ startMs }) => startMs / 1000),
    });
    const media = [matchMedia('(prefers-color-scheme: dark)'), matchMedia('print')];
    const redraw = () => plots.current?.redraw();
    for (const query of media) query.addEventListener('change', redraw);
    return () => {
      for (const query of media) query.removeEventListener('change', redraw);
      plots.current?.close();
      plots.current = undefined;
    };
  }, [ready, summary]);
  useEffect(() => plots.current?.resize(width), [width]);
  return plots;
};
