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

/** Offsets of the pixels of a stamp: a disc for ok, a cross for fail, a hollow triangle for info. */
const stamps = (ratio: number): [number, number][][] => {
  const reach = Math.round(3.5 * ratio);
  const thick = Math.max(1, Math.round(ratio));
  const disc: [number, number][] = [];
  const cross: [number, number][] = [];
  const triangle: [number, number][] = [];
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      if (dx * dx + dy * dy <= (1.4 * ratio) ** 2) disc.push([dx, dy]);
      if (Math.abs(Math.abs(dx) - Math.abs(dy)) < thick && Math.abs(dx) < reach) cross.push([dx, dy]);
      const edge = (dy + reach) / 2;
      const side = Math.abs(Math.abs(dx) - edge) < thick && Math.abs(dx) <= edge;
      if (side || (dy > reach - thick && Math.abs(dx) <= edge)) triangle.push([dx, dy]);
    }
  return [disc, cross, triangle];
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
    for (const outcome of [0, 2, 1]) if (view.shown[outcome]) paint(pixels, width, height, view, outcome);
    context.putImageData(image, 0, 0);
    target.drawImage(canvas, Math.round(area.left), Math.round(area.top));
  };
};

const paint = (pixels: Uint32Array, width: number, height: number, view: SplatView, outcome: number): void => {
  const counts = countStamps(width, height, view, outcome);
  const [red, green, blue] = view.colours[outcome]!;
  const rgb = (blue << 16) | (green << 8) | red;
  const most = Math.log(counts.reduce((max, n) => Math.max(max, n), 8));
  const faintest = outcome === 0 ? 0.45 : 0.9;
  const shades = Uint32Array.from({ length: 256 }, (_, n) => {
    const alpha = faintest + ((1 - faintest) * Math.log(Math.max(1, n))) / most;
    return ((Math.round(255 * Math.min(1, alpha)) << 24) | rgb) >>> 0;
  });
  for (let at = 0; at < counts.length; at++) if (counts[at]! > 0) pixels[at] = shades[counts[at]!]!;
};

const countStamps = (width: number, height: number, view: SplatView, outcome: number): Uint8Array => {
  const { columns, x, y, pixelRatio } = view;
  const stamp = stamps(pixelRatio)[outcome]!;
  const counts = new Uint8Array(width * height);
  const [fromUs, toUs] = [x[0] * 1e6, x[1] * 1e6];
  const perUs = width / (toUs - fromUs);
  const [low, high] = [Math.log(y[0]), Math.log(y[1])];
  const perLog = height / (high - low);
  const end = rowAfter(columns, toUs);
  for (let row = rowAfter(columns, fromUs); row < end; row++) {
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
