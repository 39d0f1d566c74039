/**
 * Where the bars of a lane drawing go (process × time), in whatever unit the caller draws in. The order of events is true and so is
 * every overlap, which is all that a consistency model looks at; distances are not to scale, so that each label fits its bar and a
 * quiet hour costs no more room than a quiet second.
 */

export interface Bar {
  readonly process: number;
  /** Positions of its invocation and completion in the order of events; null: never answered for certain. */
  readonly startOrder: number;
  readonly endOrder: number | null;
  /** The room that its label needs. */
  readonly width: number;
  /** Lanes with such a bar go above the others. */
  readonly first?: boolean;
}

export interface Lanes {
  /** Processes from top to bottom. */
  readonly rows: readonly number[];
  /** Per bar, in the order given. An open one ends where the drawing does. */
  readonly bars: readonly { readonly row: number; readonly start: number; readonly end: number }[];
  readonly width: number;
}

/** Lays out bars in any order; `gap` is the room between two events. O(n log n). */
export const layOutLanes = (bars: readonly Bar[], gap: number): Lanes => {
  const byStart = [...bars].sort((a, b) => a.startOrder - b.startOrder);
  const rows = [...new Set([...byStart.filter(({ first }) => first), ...byStart].map(({ process }) => process))];
  const moments = bars
    .flatMap((bar, at) => [
      { at, order: bar.startOrder, end: false },
      ...(bar.endOrder === null ? [] : [{ at, order: bar.endOrder, end: true }]),
    ])
    .sort((a, b) => a.order - b.order || Number(b.end) - Number(a.end));
  const starts: number[] = [];
  const ends: number[] = [];
  let x = 0;
  for (const { at, end } of moments) {
    if (end) {
      x = Math.max(x + gap, starts[at]! + bars[at]!.width);
      ends[at] = x;
    } else {
      x += gap;
      starts[at] = x;
    }
  }
  const width = bars.reduce((most, bar, at) => Math.max(most, starts[at]! + bar.width), x) + gap;
  const placed = bars.map((bar, at) => ({ row: rows.indexOf(bar.process), start: starts[at]!, end: ends[at] ?? width }));
  return { rows, bars: placed, width };
};
