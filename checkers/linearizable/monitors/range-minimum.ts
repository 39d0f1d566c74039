/** Numbers in a row: ranges go up or down together, and the least of a range is found, each in O(log n). */

export class RangeMinimum {
  readonly #leaves: number;
  /** Least of each node's range, without what is owed to the nodes above it. */
  readonly #least: Int32Array;
  readonly #added: Int32Array;

  constructor(numbers: Int32Array) {
    let leaves = 1;
    while (leaves < numbers.length) leaves *= 2;
    this.#leaves = leaves;
    this.#least = new Int32Array(2 * leaves).fill(largest);
    this.#added = new Int32Array(2 * leaves);
    this.#least.set(numbers, leaves);
    for (let node = leaves - 1; node > 0; node--) this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!);
  }

  /** Adds to the numbers from `from` to `to`, both included; nothing where that is empty. */
  add(from: number, to: number, amount: number): void {
    if (from <= to) this.#add(1, 0, this.#leaves - 1, from, to, amount);
  }

  /** The least of those from `from` to `to`. */
  min(from: number, to: number): number {
    return from <= to ? this.#min(1, 0, this.#leaves - 1, from, to) : largest;
  }

  /** The first place from `from` to `to` whose number is at most `bound`; -1 if there is none. */
  firstAtMost(bound: number, from: number, to: number): number {
    return from <= to ? this.#first(1, 0, this.#leaves - 1, from, to, bound) : -1;
  }

  #add(node: number, low: number, high: number, from: number, to: number, amount: number): void {
    if (from <= low && high <= to) {
      this.#least[node]! += amount;
      this.#added[node]! += amount;
      return;
    }
    const middle = (low + high) >> 1;
    if (from <= middle) this.#add(2 * node, low, middle, from, to, amount);
    if (to > middle) this.#add(2 * node + 1, middle + 1, high, from, to, amount);
    this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!) + this.#added[node]!;
  }

  #min(node: number, low: number, high: number, from: number, to: number): number {
    if (from <= low && high <= to) return this.#least[node]!;
    const middle = (low + high) >> 1;
    const left = from <= middle ? this.#min(2 * node, low, middle, from, to) : largest;
    const right = to > middle ? this.#min(2 * node + 1, middle + 1, high, from, to) : largest;
    return Math.min(left, right) + this.#added[node]!;
  }

  #first(node: number, low: number, high: number, from: number, to: number, bound: number): number {
    if (this.#least[node]! > bound || high < from || low > to) return -1;
    if (low === high) return low;
    const middle = (low + high) >> 1;
    const left = this.#first(2 * node, low, middle, from, to, bound - this.#added[node]!);
    return left >= 0 ? left : this.#first(2 * node + 1, middle + 1, high, from, to, bound - this.#added[node]!);
  }
}

/** More than any sum here, and far from overflow. */
const largest = 0x3fffffff;
