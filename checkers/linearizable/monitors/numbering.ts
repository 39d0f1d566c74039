/** Values as numbers from 0, in the order in which they turn up. Small whole numbers, which most values are, need no hashing. */
import type { Json } from '../../../harness/std/json.ts';
import { valueKey } from '../../models/values.ts';

const unseen = -1;
const largestTabled = 1 << 22;

export class Numbering {
  #table = new Int32Array(1024).fill(unseen);
  readonly #others = new Map<string | number | boolean | null, number>();
  count = 0;

  of(value: Json): number {
    if (typeof value === 'number' && value >= 0 && value < largestTabled && (value | 0) === value) {
      if (value >= this.#table.length) this.#grow(value);
      if (this.#table[value] === unseen) this.#table[value] = this.count++;
      return this.#table[value]!;
    }
    const key = valueKey(value);
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    this.#others.set(key, this.count);
    return this.count++;
  }

  #grow(value: number): void {
    const table = new Int32Array(Math.max(value + 1, this.#table.length * 2)).fill(unseen);
    table.set(this.#table);
    this.#table = table;
  }
}
