/**
 * The heart of the methods for objects whose answers say how far the object had come: whatever belongs to a lower level comes first in every
 * order that explains the answers, and within a level any order will do. So all fits real time unless something of a higher level returned
 * before something of a lower one was called.
 */

const nothing = -1;

export class Levels {
  readonly #latestCall: Int32Array;
  readonly #caller: Int32Array;
  readonly #earliestReturn: Int32Array;
  readonly #returner: Int32Array;

  /** Levels 0 to `count` - 1. */
  constructor(count: number) {
    this.#latestCall = new Int32Array(count).fill(-1);
    this.#caller = new Int32Array(count).fill(nothing);
    this.#earliestReturn = new Int32Array(count).fill(0x7fffffff);
    this.#returner = new Int32Array(count).fill(nothing);
  }

  /** Something that belongs to the level was called, at that position, as `place`. */
  call(level: number, position: number, place: number): void {
    if (position <= this.#latestCall[level]!) return;
    this.#latestCall[level] = position;
    this.#caller[level] = place;
  }

  /** It returned. */
  return(level: number, position: number, place: number): void {
    if (position >= this.#earliestReturn[level]!) return;
    this.#earliestReturn[level] = position;
    this.#returner[level] = place;
  }

  /**
   * The lowest level at which something returned too early, and the lowest at which something was called after that, by their places; undefined
   * if all fits.
   */
  crossing(): { readonly early: number; readonly late: number } | undefined {
    let latest = -1;
    for (let level = 0; level < this.#latestCall.length; level++) {
      const returned = this.#earliestReturn[level]!;
      if (returned < latest)
        return { early: this.#caller[this.#latestCall.findIndex(call => call > returned)]!, late: this.#returner[level]! };
      latest = Math.max(latest, this.#latestCall[level]!);
    }
    return undefined;
  }
}
