/**
 * Draws latency points by the hundred thousand: each outcome has a stamp of its own, counted into a byte per pixel, and one pass turns
 * the counts into colour. The cost is the visible points plus the pixels, however dense they lie; dense places come out darker.
 */
import type { Columns } from '../../../columns.ts';
import { rowAfter } from '../detail.ts';

export type Rgb = readonly [number, number, number];

export interface SplatArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface SplatView {
  readonly columns: Columns;
  /** What is visible: seconds across, milliseconds up (logarithmic). */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly colours: readonly Rgb[];
  /** By outcome. */
  readonly shown: readonly boolean[];
  readonly pixelRatio: number;
}

/** Fewer points than this are drawn larger and darker. */
const sparse = 4000;

/** What alarms most comes last, on top. By position in `outcomes`. */
const paintOrder = [0, 3, 2, 1];

/** Offsets of the pixels of a stamp: a disc for ok, a cross for fail, a hollow triangle for info, a small plus for refused. */
const stamps = (ratio: number, radius: number): [number, number][][] => {
  const reach = Math.round(3.5 * ratio);
  const thick = Math.max(1, Math.round(ratio));
  const disc: [number, number][] = [];
  const cross: [number, number][] = [];
  const triangle: [number, number][] = [];
  const plus: [number, number][] = [];
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      if (dx * dx + dy * dy <= (radius * ratio) ** 2) disc.push([dx, dy]);
      if (Math.abs(Math.abs(dx) - Math.abs(dy)) < thick && Math.abs(dx) < reach) cross.push([dx, dy]);
      if (Math.min(Math.abs(dx), Math.abs(dy)) < thick / 2 && Math.abs(dx) + Math.abs(dy) < reach) plus.push([dx, dy]);
      const edge = (dy + reach) / 2;
      const side = Math.abs(Math.abs(dx) - edge) < thick && Math.abs(dx) <= edge;
      if (side || (dy > reach - thick && Math.abs(dx) <= edge)) triangle.push([dx, dy]);
    }
  return [disc, cross, triangle, plus];
};

export const createSplat = () => {
  const canvas = document.createElement('canvas');
  return (target: CanvasRenderingContext2D, area: SplatArea, view: SplatView): void => {
    const width = Math.round(area.width);
    const height = Math.round(area.height);
    if (width < 1 || height < 1) return;
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d')!;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (const outcome of paintOrder) if (view.shown[outcome]) paint(pixels, width, height, view, outcome);
    context.putImageData(image, 0, 0);
    target.drawImage(canvas, Math.round(area.left), Math.round(area.top));
  };
};

const paint = (pixels: Uint32Array, width: number, height: number, view: SplatView, outcome: number): void => {
  const few = rowsIn(view).count < sparse;
  const counts = countStamps({ width, height }, view, { outcome, stamp: stamps(view.pixelRatio, few ? 1.9 : 1.4)[outcome]! });
  const [red, green, blue] = view.colours[outcome]!;
  const rgb = (blue << 16) | (green << 8) | red;
  const most = Math.log(counts.reduce((max, n) => Math.max(max, n), 8));
  const faintest = outcome === 1 || outcome === 2 ? 0.9 : few ? 0.7 : 0.45;
  const shades = Uint32Array.from({ length: 256 }, (_, n) => {
    const alpha = faintest + ((1 - faintest) * Math.log(Math.max(1, n))) / most;
    return ((Math.round(255 * Math.min(1, alpha)) << 24) | rgb) >>> 0;
  });
  for (let at = 0; at < counts.length; at++) if (counts[at]! > 0) pixels[at] = shades[counts[at]!]!;
};

const rowsIn = ({ columns, x }: SplatView) => {
  const [first, end] = [rowAfter(columns, x[0] * 1e6), rowAfter(columns, x[1] * 1e6)];
  return { first, end, count: end - first };
};

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Stamp {
  readonly outcome: number;
  readonly stamp: readonly (readonly [number, number])[];
}

const countStamps = ({ width, height }: Size, view: SplatView, { outcome, stamp }: Stamp): Uint8Array => {
  const { columns, x, y } = view;
  const counts = new Uint8Array(width * height);
  const [fromUs, toUs] = [x[0] * 1e6, x[1] * 1e6];
  const perUs = width / (toUs - fromUs);
  const [low, high] = [Math.log(y[0]), Math.log(y[1])];
  const perLog = height / (high - low);
  const { first, end } = rowsIn(view);
  for (let row = first; row < end; row++) {
    if (columns.outcome[row] !== outcome) continue;
    const px = Math.round((columns.startUs[row]! - fromUs) * perUs);
    const ms = latencyMs(columns, row);
    const py = Number.isNaN(ms) ? 4 : Math.round(height - (Math.log(ms) - low) * perLog);
    for (const [dx, dy] of stamp) {
      const cx = px + dx;
      const cy = py + dy;
      if (cx < 0 || cy < 0 || cx >= width || cy >= height) continue;
      const at = cy * width + cx;
      if (counts[at]! < 255) counts[at]!++;
    }
  }
  return counts;
};

/** NaN for an operation that never completed. */
export const latencyMs = (columns: Columns, row: number): number => Math.max(1, columns.durationUs[row]!) / 1000;
