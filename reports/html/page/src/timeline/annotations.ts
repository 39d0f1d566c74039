/** What is drawn behind and over the plots: faults in force, the bounds of the load, contradictions. */
import type uPlot from 'uplot';
import type { Summary } from '../../../payload.ts';
import { css } from './colours.ts';
import type { Range } from './range.ts';

export interface Annotated {
  readonly summary: Summary;
  readonly range: Range;
  /** Moments that deserve a mark, seconds. */
  readonly marks: readonly number[];
}

/** Fault windows behind the plot: a tint where the fault was proven, hatching where it was not. */
export const shade = ({ ctx, bbox, valToPos }: uPlot, { summary, range }: Annotated): void => {
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { startMs, endMs, effective } of summary.results.faults) {
    if (endMs / 1000 < range.from || startMs / 1000 > range.to) continue;
    const [left, right] = [valToPos(startMs / 1000, 'x', true), valToPos(endMs / 1000, 'x', true)];
    if (effective) {
      ctx.fillStyle = css('--shade');
      ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    } else hatch(ctx, left, right, bbox);
  }
  ctx.restore();
};

const hatch = (ctx: CanvasRenderingContext2D, left: number, right: number, { top, height }: uPlot.BBox): void => {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, height);
  ctx.clip();
  ctx.strokeStyle = css('--hatch');
  ctx.beginPath();
  const from = Math.max(left, -height);
  for (let x = from - height; x < Math.min(right, ctx.canvas.width); x += 8 * devicePixelRatio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
};

/** A red line at each contradiction; dashed ones where the load began and ended. */
export const mark = ({ ctx, bbox, valToPos }: uPlot, { marks, range, summary: { results } }: Annotated): void => {
  ctx.save();
  ctx.strokeStyle = css('--muted');
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const at of [results.loadStartMs / 1000, results.loadEndMs / 1000]) {
    if (at < range.from || at > range.to) continue;
    const x = Math.round(valToPos(at, 'x', true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = css('--bad');
  ctx.fillStyle = css('--bad');
  ctx.lineWidth = devicePixelRatio;
  for (const at of marks) {
    if (at < range.from || at > range.to) continue;
    const x = Math.round(valToPos(at, 'x', true)) + 0.5;
    const size = 5 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size * 1.4);
    ctx.fill();
  }
  ctx.restore();
};
