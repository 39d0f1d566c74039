/** Lines and columns of offsets in a text. */
import type { Place } from './malformed.ts';

export interface Places {
  /** The line of an offset, from 1. Offsets must not go down from call to call: O(n) for all of them together. */
  lineOf(offset: number): number;
  /** Any offset, in O(n). */
  placeOf(offset: number): Place;
}

export const createPlaces = (text: string): Places => {
  let line = 1;
  let at = 0;
  const count = (from: number, to: number): number => {
    let lines = 0;
    for (let next = text.indexOf('\n', from); next >= 0 && next < to; next = text.indexOf('\n', next + 1)) lines++;
    return lines;
  };
  return {
    lineOf(offset) {
      line += count(at, offset);
      at = Math.max(at, offset);
      return line;
    },
    placeOf: offset => ({ line: 1 + count(0, offset), column: offset - (offset === 0 ? -1 : text.lastIndexOf('\n', offset - 1)) }),
  };
};
