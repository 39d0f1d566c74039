/** A queue of things to do at a virtual time, first by time, then by the order in which they were put in: a binary heap. */
export interface Agenda {
  now: number;
  at(time: number, action: () => void): void;
  /** Runs what is due until the time is reached. */
  runUntil(time: number): void;
}

interface Item {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
}

const before = (a: Item, b: Item): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

export function newAgenda(): Agenda {
  const heap: Item[] = [];
  let order = 0;
  const agenda: Agenda = {
    now: 0,
    at(time, action) {
      push(heap, { time: Math.max(time, agenda.now), order: order++, action });
    },
    runUntil(time) {
      while (heap.length > 0 && heap[0]!.time <= time) {
        const item = pop(heap);
        agenda.now = item.time;
        item.action();
      }
      agenda.now = time;
    },
  };
  return agenda;
}

function push(heap: Item[], item: Item): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(item, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Item[]): Item {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
