/**
 * Jobs of one unit into rounds: each may be done in the rounds from its earliest to its latest. Rounds before the last take a given number, the
 * last takes any. Earliest deadline first, which is optimal (Jackson 1955). O(n log n).
 */

/** Each round's jobs: those of one kind may be left over, those of the other may be missing. */
export type Rule = 'all jobs are done' | 'all rounds are full';

/**
 * Whether the rule can be kept. `capacity` is of the rounds before the last. If not: the job that is not done, or the round that is not full.
 * By the theorem of Mendelsohn and Dulmage (1958), if some jobs can all be done and all rounds can be filled with these and more, both can be
 * had at once.
 */
export const unscheduled = (
  earliest: Int32Array,
  latest: Int32Array,
  capacity: Int32Array,
  rule: Rule,
): { readonly job?: number; readonly round?: number } | undefined => {
  const impossible = rule === 'all jobs are done' ? earliest.findIndex((round, job) => round > latest[job]!) : -1;
  if (impossible >= 0) return { job: impossible };
  const order = Int32Array.from(earliest.keys()).sort((a, b) => earliest[a]! - earliest[b]!);
  const waiting = new Heap(latest);
  let next = 0;
  for (let round = 0; round < capacity.length; round++) {
    for (; next < order.length && earliest[order[next]!]! <= round; next++) waiting.push(order[next]!);
    for (let left = capacity[round]!; left > 0; left--) {
      while (rule === 'all rounds are full' && waiting.size > 0 && latest[waiting.first]! < round) waiting.pop();
      if (waiting.size === 0) {
        if (rule === 'all rounds are full') return { round };
        break;
      }
      if (latest[waiting.first]! < round) return { job: waiting.first };
      waiting.pop();
    }
    if (rule === 'all jobs are done' && waiting.size > 0 && latest[waiting.first]! <= round) return { job: waiting.first };
  }
  return undefined;
};

/** Jobs, the one with the earliest deadline first. */
class Heap {
  size = 0;
  readonly #jobs: Int32Array;
  readonly #deadline: Int32Array;

  constructor(deadline: Int32Array) {
    this.#deadline = deadline;
    this.#jobs = new Int32Array(deadline.length);
  }

  get first(): number {
    return this.#jobs[0]!;
  }

  push(job: number): void {
    let at = this.size++;
    const deadline = this.#deadline[job]!;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#deadline[this.#jobs[parent]!]! <= deadline) break;
      this.#jobs[at] = this.#jobs[parent]!;
      at = parent;
    }
    this.#jobs[at] = job;
  }

  pop(): void {
    const job = this.#jobs[--this.size]!;
    const deadline = this.#deadline[job]!;
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && this.#deadline[this.#jobs[child + 1]!]! < this.#deadline[this.#jobs[child]!]!) child++;
      if (this.#deadline[this.#jobs[child]!]! >= deadline) break;
      this.#jobs[at] = this.#jobs[child]!;
      at = child;
    }
    this.#jobs[at] = job;
  }
}
