/**
 * A set of rows of small numbers, exact: an open hash table. For searches that must not look twice. Rows lie in chunks, so that nothing is
 * copied when there are more, and hashes are kept, so that a greater table needs no row.
 */
export interface Frontiers {
  /** True if it was not there yet. Undefined if there is no memory left for it. */
  add(row: Int32Array): boolean | undefined;
  readonly count: number;
  readonly bytes: number;
}

/** Numbers per chunk, or one row if that is more. */
const chunkNumbers = 1 << 18;

export const frontiers = (width: number, memoryBytes: number): Frontiers => {
  const rowsPerChunk = Math.max(1, Math.floor(chunkNumbers / Math.max(1, width)));
  const chunkBytes = rowsPerChunk * width * 4;
  /** Rows there is room for: less than a chunk's at first. */
  let capacity = 0;
  const chunks: Int32Array[] = [];
  let table = new Int32Array(256).fill(-1);
  let hashes = new Int32Array(128);
  let count = 0;
  const bytes = (): number => capacity * width * 4 + (table.length + hashes.length) * 4;
  const hash = (row: Int32Array): number => {
    let h = 0x811c9dc5;
    for (let i = 0; i < width; i++) h = Math.imul(h ^ row[i]!, 0x01000193) ^ (h >>> 15);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    return h ^ (h >>> 13);
  };
  const same = (row: Int32Array, other: number): boolean => {
    const chunk = chunks[Math.floor(other / rowsPerChunk)]!;
    const from = (other % rowsPerChunk) * width;
    for (let i = 0; i < width; i++) if (chunk[from + i] !== row[i]) return false;
    return true;
  };
  /** Room for one more row. False: there is none. */
  const room = (): boolean => {
    if (count === capacity && capacity < rowsPerChunk) {
      capacity = Math.min(rowsPerChunk, Math.max(16, capacity * 2));
      const more = new Int32Array(capacity * width);
      if (chunks.length > 0) more.set(chunks[0]!);
      chunks[0] = more;
    } else if (count === capacity) {
      if (bytes() + chunkBytes > memoryBytes) return false;
      chunks.push(new Int32Array(rowsPerChunk * width));
      capacity += rowsPerChunk;
    }
    if (count < hashes.length) return true;
    // The old ones are there until the new ones are filled.
    if (bytes() + (table.length + hashes.length) * 8 > memoryBytes) return false;
    const more = new Int32Array(hashes.length * 2);
    more.set(hashes);
    hashes = more;
    table = new Int32Array(table.length * 2).fill(-1);
    for (let i = 0; i < count; i++) {
      let at = hashes[i]! & (table.length - 1);
      while (table[at] !== -1) at = (at + 1) & (table.length - 1);
      table[at] = i;
    }
    return true;
  };
  return {
    add: row => {
      const h = hash(row);
      let at = h & (table.length - 1);
      for (; table[at] !== -1; at = (at + 1) & (table.length - 1)) if (hashes[table[at]!] === h && same(row, table[at]!)) return false;
      if (!room()) return undefined;
      at = h & (table.length - 1);
      while (table[at] !== -1) at = (at + 1) & (table.length - 1);
      chunks[Math.floor(count / rowsPerChunk)]!.set(row, (count % rowsPerChunk) * width);
      hashes[count] = h;
      table[at] = count++;
      return true;
    },
    get count() {
      return count;
    },
    get bytes() {
      return bytes();
    },
  };
};
