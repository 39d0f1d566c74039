/** Lists of lists of numbers, flat. */

/** The list of `i` lies from `start[i]` to `start[i + 1]`. */
export interface Lists {
  readonly start: Int32Array;
  readonly item: Int32Array;
}

/** For each of `size` items the lists that hold it, ascending. O(n). */
export const invertedLists = (lists: Lists, size: number): Lists => {
  const start = new Int32Array(size + 1);
  for (const item of lists.item) start[item + 1]!++;
  for (let i = 0; i < size; i++) start[i + 1]! += start[i]!;
  const fill = start.slice();
  const item = new Int32Array(lists.item.length);
  for (let i = 0; i + 1 < lists.start.length; i++)
    for (let at = lists.start[i]!; at < lists.start[i + 1]!; at++) item[fill[lists.item[at]!]!++] = i;
  return { start, item };
};
