/** What part of the run is visible: seconds since it began. Pure. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** No closer than this: a millisecond from edge to edge. */
const closest = 0.001;

export const whole = (all: Range, range: Range): boolean => range.from <= all.from && range.to >= all.to;

/** Scales by a factor (below 1: closer) around a moment that stays where it is. */
export const zoomed = (all: Range, range: Range, factor: number, around: number): Range => {
  const width = Math.min(all.to - all.from, Math.max(closest, (range.to - range.from) * factor));
  const part = (around - range.from) / (range.to - range.from);
  return clamped(all, { from: around - part * width, to: around + (1 - part) * width });
};

/** Moves by a share of what is visible. */
export const panned = (all: Range, range: Range, part: number): Range => {
  const by = (range.to - range.from) * part;
  return clamped(all, { from: range.from + by, to: range.to + by });
};

/** Kept within the run, as wide as it was where that is possible. */
export const clamped = (all: Range, { from, to }: Range): Range => {
  const width = Math.min(all.to - all.from, Math.max(closest, to - from));
  const start = Math.max(all.from, Math.min(from, all.to - width));
  return { from: start, to: start + width };
};
