/** The two plots, latency and throughput, on one time axis: uPlot for axes, cursor and selection; the points are our own (splat.ts). */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Summary } from '../../../payload.ts';
import { rowAfter } from '../detail.ts';
import type { Operations } from '../load.ts';
import { mark, shade } from './annotations.ts';
import { colours, css } from './colours.ts';
import type { Range } from './range.ts';
import { createSplat, latencyMs } from './splat.ts';
import { clockText, decades, tickText, timeSteps } from './ticks.ts';

export const gutter = 74;
const margin = 10;

export interface PlotEvents {
  select(range: Range): void;
  reset(): void;
  /** The point under the pointer, and where it lies on the page; undefined: none. */
  hover(row: number | undefined, left: number, top: number): void;
  open(row: number): void;
}

export interface Plots {
  setRange(range: Range): void;
  setShown(shown: readonly boolean[]): void;
  resize(width: number): void;
  redraw(): void;
  close(): void;
}

interface PlotInput {
  readonly summary: Summary;
  readonly operations: Operations;
  readonly all: Range;
  readonly width: number;
  readonly events: PlotEvents;
  /** Moments that deserve a mark, seconds. */
  readonly marks: readonly number[];
}

export const createPlots = (latencyBox: HTMLElement, throughputBox: HTMLElement, input: PlotInput): Plots => {
  const state: State = { ...input, range: input.all, shown: [true, true, true, true], y: latencyRange(input.operations) };
  const latency = new uPlot(
    latencyOptions(state),
    [
      [input.all.from, input.all.to],
      [null, null],
    ],
    latencyBox,
  );
  const throughput = new uPlot(throughputOptions(state), throughputData(input.summary), throughputBox);
  const both = [latency, throughput];
  const setRange = (range: Range) => {
    state.range = range;
    for (const plot of both) plot.setScale('x', { min: range.from, max: range.to });
  };
  setRange(input.all);
  return {
    setRange,
    setShown: shown => {
      state.shown = shown;
      latency.redraw();
    },
    resize: width => {
      latency.setSize({ width, height: latency.height });
      throughput.setSize({ width, height: throughput.height });
    },
    redraw: () => both.forEach(plot => void plot.redraw()),
    close: () => both.forEach(plot => void plot.destroy()),
  };
};

interface State extends PlotInput {
  range: Range;
  shown: readonly boolean[];
  y: readonly [number, number];
}

const latencyOptions = (state: State): uPlot.Options => {
  const splat = createSplat();
  return {
    ...common(state, 240),
    scales: { x: { time: false, auto: false }, y: { distr: 3, auto: false, range: () => [...state.y] as [number, number] } },
    series: [{}, { scale: 'y', paths: () => null, points: { show: false } }],
    axes: [
      { ...axis(), show: false },
      { ...axis(), scale: 'y', size: gutter, splits: () => decades(state.y), values: (_, ticks) => ticks.map(tickText) },
    ],
    hooks: {
      drawClear: [plot => shade(plot, state)],
      draw: [
        plot => {
          const { columns } = state.operations;
          const view = { columns, x: [state.range.from, state.range.to], y: state.y, colours: colours(), shown: state.shown } as const;
          splat(plot.ctx, plot.bbox, { ...view, pixelRatio: devicePixelRatio });
          mark(plot, state);
        },
      ],
      setSelect: [plot => select(plot, state)],
      setCursor: [plot => hover(plot, state)],
      ready: [plot => listen(plot, state)],
    },
  };
};

const throughputOptions = (state: State): uPlot.Options => {
  const area = (name: string, fill: string): uPlot.Series => ({
    label: name,
    paths: uPlot.paths.stepped!({ align: 1 }),
    points: { show: false },
    width: 0,
    fill: () => css(fill),
  });
  return {
    ...common(state, 130),
    scales: { x: { time: false, auto: false }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    series: [{}, area('info', '--info'), area('fail', '--fail'), area('refused', '--refused'), area('ok', '--ok')],
    axes: [
      { ...axis(), incrs: timeSteps, values: (_, ticks) => ticks.map(tick => clockText(tick, state.all.to)) },
      { ...axis(), size: gutter },
    ],
    hooks: {
      drawClear: [plot => shade(plot, state)],
      setSelect: [plot => select(plot, state)],
      ready: [plot => listen(plot, state)],
    },
  };
};

const common = (state: State, height: number) => ({
  width: state.width,
  height,
  padding: [8, margin, 8, 0] as uPlot.Padding,
  legend: { show: false },
  cursor: {
    sync: { key: 'ordeal' },
    drag: { x: true, y: false, setScale: false },
    points: { show: false },
    bind: { dblclick: () => () => null },
  } satisfies uPlot.Cursor,
});

const axis = (): uPlot.Axis => ({
  stroke: () => css('--muted'),
  grid: { stroke: () => css('--grid'), width: 1 },
  ticks: { show: false },
  font: '11px system-ui, sans-serif',
  size: 26,
});

/** Cumulated per second, the last on top of all; drawn from the tallest down. */
const throughputData = ({ throughput: { binMs, ok, fail, info, refused } }: Summary): uPlot.AlignedData => {
  const perSecond = 1000 / binMs;
  return [
    ok.map((_, bin) => (bin * binMs) / 1000),
    ok.map((n, bin) => (n + refused[bin]! + fail[bin]! + info[bin]!) * perSecond),
    ok.map((n, bin) => (n + refused[bin]! + fail[bin]!) * perSecond),
    ok.map((n, bin) => (n + refused[bin]!) * perSecond),
    ok.map(n => n * perSecond),
  ];
};

/** Whole decades around all latencies. */
const latencyRange = ({ columns }: Operations): [number, number] => {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let row = 0; row < columns.outcome.length; row++) {
    const ms = latencyMs(columns, row);
    if (ms < low) low = ms;
    if (ms > high) high = ms;
  }
  if (high === 0) return [0.1, 1000];
  const bottom = 10 ** Math.floor(Math.log10(low));
  return [bottom, Math.max(bottom * 10, 10 ** Math.ceil(Math.log10(high * 1.05)))];
};

const select = (plot: uPlot, { events }: State): void => {
  if (plot.select.width < 4) return;
  const from = plot.posToVal(plot.select.left, 'x');
  const to = plot.posToVal(plot.select.left + plot.select.width, 'x');
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  events.select({ from, to });
};

const hover = (plot: uPlot, state: State): void => {
  const { left = -1, top = -1 } = plot.cursor;
  const row = left < 0 || top < 0 ? undefined : nearest(plot, state, left, top);
  state.events.hover(row, left, top);
};

const listen = (plot: uPlot, state: State): void => {
  plot.over.addEventListener('dblclick', () => state.events.reset());
  let pressedAt = 0;
  plot.over.addEventListener('mousedown', event => {
    pressedAt = event.clientX;
  });
  plot.over.addEventListener('click', event => {
    const moved = Math.abs(event.clientX - pressedAt) > 3;
    const row = moved || !plot.series[1] || plot.scales.y?.distr !== 3 ? undefined : nearest(plot, state, event.offsetX, event.offsetY);
    if (row !== undefined) state.events.open(row);
  });
};

/** The shown point nearest to a place in CSS pixels, within ten of them. */
const nearest = (plot: uPlot, { operations: { columns }, shown }: State, left: number, top: number): number | undefined => {
  const reach = 10;
  const end = rowAfter(columns, plot.posToVal(left + reach, 'x') * 1e6);
  let best: number | undefined;
  let least = reach * reach;
  for (let row = rowAfter(columns, plot.posToVal(left - reach, 'x') * 1e6); row < end; row++) {
    if (!shown[columns.outcome[row]!]) continue;
    const ms = latencyMs(columns, row);
    const dx = plot.valToPos(columns.startUs[row]! / 1e6, 'x') - left;
    const dy = (Number.isNaN(ms) ? 4 : plot.valToPos(ms, 'y')) - top;
    const distance = dx * dx + dy * dy;
    if (distance < least) {
      least = distance;
      best = row;
    }
  }
  return best;
};
