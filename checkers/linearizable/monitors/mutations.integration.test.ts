/** The tests' tests: each method is broken on purpose, in one line at a time, and brute force must notice each time. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRng } from '../../../harness/std/rng.ts';
import { brokenCopies, type Mutation } from '../../testing/broken-copies.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import { mutexShape, uniqueBagShape, uniquePriorityQueueShape, uniqueQueueShape, uniqueStackShape } from '../../testing/shapes.ts';

type Models = typeof import('../../models/registry.ts');
type Door = typeof import('../subject.ts');

const mutations: readonly Mutation[] = [
  [
    'what nobody added may come out',
    'elements.ts',
    'if (element === undefined) return violation(place);',
    'if (element === undefined) continue;',
  ],
  [
    'values may come out before they are added',
    'elements.ts',
    'subjects[add]!.called > subjects[place]!.returned',
    'subjects[add]!.called < 0',
  ],
  ['values may come out twice', 'elements.ts', 'if (remove[element] !== none) return', 'if (remove[element] === -9) return'],
  ['an addition lasts longer than the removal', 'elements.ts', 'Math.min(returned[a]!, removeReturned[i]!)', 'returned[a]!'],
  ['a removal begins before the addition', 'elements.ts', 'Math.max(called[r]!, called[a]!)', 'called[r]!'],
  [
    'unknown additions always happened',
    'elements.ts',
    'removeOf[element] === none && subjects[place]!.returned === never ? []',
    'removeOf[element] === -9 ? []',
  ],
  ['critical intervals are a gap too long', 'elements.ts', 'cover[from[i]! + 1]!++', 'cover[from[i]!]!++'],
  ['critical intervals are a gap too short', 'elements.ts', 'cover[to[i]! + 1]!--', 'cover[to[i]!]!--'],
  ['queues have no order', 'queue.ts', 'event[i]! >= removeCalled[i]!', 'event[i]! >= 0'],
  ['of later values the first alone counts', 'queue.ts', 'removeReturned[i]! < removeReturned[later]!', 'removeReturned[i]! < 0'],
  [
    'what was enqueued at the same time is later',
    'queue.ts',
    'firstAbove(addCalled, addReturned[i]!)',
    'firstAbove(addCalled, addCalled[i]!)',
  ],
  ['unknown removals are without number', 'lost-removals.ts', 'if (owed <= taken) continue;', 'if (owed <= taken || taken > 0) continue;'],
  ['unknown removals take what comes before them', 'lost-removals.ts', 'lost.called[taken]! < at', 'lost.called[taken]! < at + 99'],
  [
    'nothing is ever found empty wrongly',
    'emptiness.ts',
    'if (fits[empty.returned[i]!]! > fits[empty.called[i]!]!) continue;',
    'continue;',
  ],
  [
    'a removal found nothing before it was called',
    'emptiness.ts',
    'fits[empty.called[i]!]!) continue',
    'fits[empty.called[i]! - 1]!) continue',
  ],
  ['unknown removals empty a queue for nothing', 'emptiness.ts', 'tree.min(gap, events) >= 0', 'tree.min(gap, events) >= -1'],
  ['what is seen removed is never in the way', 'emptiness.ts', 'known[gap] === 0 && ', ''],
  ['a stack gives up values for one gap', 'stack.ts', 'if (++found[value]! === 2)', 'if (++found[value]! === 1)'],
  ['a value taken away stays in the way', 'stack.ts', 'removeCalled[value]!, -1);', 'removeCalled[value]!, 0);'],
  ['pushes begin with their call', 'stack.ts', 'addCalled.map(event => event + 1)', 'addCalled.map(event => event - 1)'],
  ['stacks may leave values over', 'stack.ts', 'return waiting === 0 ?', 'return waiting >= 0 ?'],
  ['unknown pops take nothing', 'lost-removals.ts', 'Math.max(first, elements.addCalled[i]!)', 'elements.events'],
  ['an unknown removal is given twice', 'lost-removals.ts', 'before[chosen] = chosen - 1;', 'before[chosen] = chosen;'],
  ['priorities do not matter', 'priority-queue.ts', 'cover.add(addReturned[i]! + 1, removeCalled[i]!, 1);', ''],
  [
    'a dequeue begins with its call',
    'priority-queue.ts',
    'cover.firstAtMost(0, removeCalled[i]! + 1,',
    'cover.firstAtMost(0, removeCalled[i]! - 1,',
  ],
  ['the last comes out first', 'priority-queue.ts', 'compare(values[a]!, values[b]!)', 'compare(values[b]!, values[a]!)'],
  ['a lock is held twice', 'lock.ts', 'else return frontier;', 'else continue;'],
  ['unknown outcomes never happen', 'lock.ts', 'else if (unknown[due]! > 0)', 'else if (unknown[due]! < 0)'],
  ['unknown outcomes happen again and again', 'lock.ts', 'unknown[due]!--;', 'unknown[due]!;'],
  [
    'the last to return comes first',
    'lock.ts',
    'return this.#returned[a]! < this.#returned[b]!;',
    'return this.#returned[a]! > this.#returned[b]!;',
  ],
];

/** Breaks that cost time but no verdict: events are distinct, so where one such gap is free its neighbour is, too; and nothing needs what nobody saw. */
const harmless = new Set([
  'an addition lasts longer than the removal',
  'unknown additions always happened',
  'critical intervals are a gap too short',
]);

const shapes = {
  queue: uniqueQueueShape,
  stack: uniqueStackShape,
  'priority-queue': uniquePriorityQueueShape('smallest'),
  'unordered-queue': uniqueBagShape,
  lock: mutexShape,
};
const names = Object.keys(shapes) as (keyof typeof shapes)[];

const histories = Array.from({ length: 25_000 }, (_, i) => {
  const rng = createRng(`monitors/mutations/${i}`);
  const name = names[i % names.length]!;
  const shape = shapes[name] as unknown as Shape<never>;
  const size = { operations: 5 + rng.int(6), processes: 2 + rng.int(5), info: rng.pick([0, 0.1, 0.25]), lie: rng.pick([0, 0.2, 0.4]) };
  const history = randomHistory(rng, shape, size);
  return { name, history, expected: linearizableByBruteForce(history, shape.model) };
});

/** Whether some history is judged wrongly; or whether a method is silent so often that it is none. */
const noticed = ({ models }: Models, { splitByKey }: Door): boolean => {
  let silent = 0;
  for (const { name, history, expected } of histories) {
    const subjects = splitByKey(history).keys[0]?.subjects ?? [];
    const outcome = models[name]!(model => model.monitor!(subjects)?.outcome);
    if (outcome === undefined) silent++;
    else if ((outcome === 'linearizable') !== expected) return true;
  }
  return silent > histories.length / 100;
};

const copies = brokenCopies('checkers', 'harness/history', 'harness/std', 'harness/protocol');

const isNoticed = async (folder: string): Promise<boolean> => {
  const models = (await import(join(folder, 'checkers/models/registry.ts'))) as Models;
  const door = (await import(join(folder, 'checkers/linearizable/subject.ts'))) as Door;
  return noticed(models, door);
};

test('unbroken, the methods agree with brute force on all of them', async () => {
  expect(await isNoticed(copies.copy('unbroken'))).toBe(false);
});

test.each(mutations)('noticed: %s', async (...mutation) => {
  const [what] = mutation;
  const folder = copies.copy(what, { in: 'checkers/linearizable/monitors', mutation });
  const found = await isNoticed(folder).catch(() => true); // it broke down on one of them
  expect(found).toBe(!harmless.has(what));
});
