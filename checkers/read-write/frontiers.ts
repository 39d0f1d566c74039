/** A set of rows of small numbers, exact: an open hash table over one typed array. For searches that must not look twice. */
export interface Frontiers {
  /** True if it was not there yet. Undefined if there is no memory left for it. */
  add(row: Int32Array): boolean | undefined;
  readonly count: number;
}

export const frontiers = (width: number, memoryBytes: number): Frontiers => {
  const most = Math.max(16, Math.floor(memoryBytes / (4 * (width + 4))));
  let rows = new Int32Array(width * 64);
  let table = new Int32Array(256).fill(-1);
  let count = 0;
  const hash = (from: Int32Array, at: number): number => {
    let h = 0x811c9dc5;
    for (let i = 0; i < width; i++) h = Math.imul(h ^ from[at + i]!, 0x01000193) ^ (h >>> 15);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0;
  };
  const same = (row: Int32Array, at: number): boolean => {
    for (let i = 0; i < width; i++) if (rows[at + i] !== row[i]) return false;
    return true;
  };
  const grow = (): void => {
    if ((count + 1) * width > rows.length) {
      const more = new Int32Array(rows.length * 2);
      more.set(rows);
      rows = more;
    }
    if (count * 2 < table.length) return;
    table = new Int32Array(table.length * 2).fill(-1);
    for (let i = 0; i < count; i++) {
      let at = hash(rows, i * width) & (table.length - 1);
      while (table[at] !== -1) at = (at + 1) & (table.length - 1);
      table[at] = i;
    }
  };
  return {
    add: row => {
      let at = hash(row, 0) & (table.length - 1);
      for (; table[at] !== -1; at = (at + 1) & (table.length - 1)) if (same(row, table[at]! * width)) return false;
      if (count >= most) return undefined;
      rows.set(row, count * width);
      table[at] = count++;
      grow();
      return true;
    },
    get count() {
      return count;
    },
  };
};
