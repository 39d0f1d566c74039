/** Intervals of whole numbers: finds, and takes out, all that contain a point; O(log n) for each one found, and for each question. */
export class Stabbing {
  /** Intervals by their starts, and the starts. */
  readonly #order: Int32Array;
  readonly #starts: Int32Array;
  readonly #leaves: number;
  /** Of each node's intervals the latest end. */
  readonly #latest: Int32Array;

  /** Those of `members`, both ends included. */
  constructor(members: Int32Array, start: Int32Array, end: Int32Array) {
    this.#order = members.toSorted((a, b) => start[a]! - start[b]!);
    this.#starts = this.#order.map(i => start[i]!);
    this.#leaves = 1;
    while (this.#leaves < members.length) this.#leaves *= 2;
    this.#latest = new Int32Array(2 * this.#leaves).fill(-1);
    for (let at = 0; at < this.#order.length; at++) this.#latest[this.#leaves + at] = end[this.#order[at]!]!;
    for (let node = this.#leaves - 1; node > 0; node--) this.#update(node);
  }

  /** Appends those that contain `point` to `found`, and forgets them. */
  take(point: number, found: number[]): void {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= point) low = middle + 1;
      else high = middle;
    }
    if (low > 0) this.#take(1, 0, this.#leaves - 1, low - 1, point, found);
  }

  #take(node: number, low: number, high: number, last: number, point: number, found: number[]): void {
    if (low > last || this.#latest[node]! < point) return;
    if (low === high) {
      found.push(this.#order[low]!);
      this.#latest[node] = -1;
      return;
    }
    const middle = (low + high) >> 1;
    this.#take(2 * node, low, middle, last, point, found);
    this.#take(2 * node + 1, middle + 1, high, last, point, found);
    this.#update(node);
  }

  #update(node: number): void {
    this.#latest[node] = Math.max(this.#latest[2 * node]!, this.#latest[2 * node + 1]!);
  }
}
