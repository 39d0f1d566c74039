/** Writes JSON as Go's encoding/json does: HTML characters escaped, 32-bit floats in their shortest form, keys of maps sorted. Pure. */

const ESCAPES: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };

export const encodeJson = (value: unknown): string => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, c => ESCAPES[c]!);

/** The object with its keys in the order of their bytes. */
export const sortedByKey = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));

/** The shortest decimal that is still the same 32-bit float, as a number that prints that way: 0.1, not 0.10000000149011612. */
export function shortFloat32(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
