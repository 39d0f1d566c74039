/** The tests' tests: the checker is broken on purpose, in one line at a time, and brute force must notice each time. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRng } from '../../harness/std/rng.ts';
import { register } from '../models/register.ts';
import { brokenCopies, type Mutation } from '../testing/broken-copies.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { lanes } from '../testing/lanes.ts';
import { randomHistory } from '../testing/random-history.ts';
import { kvShape, registerShape } from '../testing/shapes.ts';

type Judge = typeof import('./judge-key.ts');
type Door = typeof import('./subject.ts');

const mutations: readonly Mutation[] = [
  ['spare operations count as done', 'memo.ts', '| spare[offset + w]!) & ~spareHere', ') & ~spareHere'],
  ['done ones are as good as spare ones', 'memo.ts', '(doneHere ^ done[offset + w]!)', '(done[offset + w]! & ~doneHere)'],
  ['domination forgets what was used', 'memo.ts', ' && this.#used.atMost(entries[base + 2]!, used)', ''],
  ['equal states of other frontiers are the same', 'memo.ts', 'entries[base] !== frontier || ', ''],
  [
    'an unknown outcome takes effect any number of times',
    'successors.ts',
    'used >= this.#open.available[kind]!',
    'used > this.#open.available[kind]!',
  ],
  [
    'an unknown outcome takes effect before its call',
    'timeline.ts',
    'while (lostBefore < crashes && called[lost[lostBefore]!]! < at) lostBefore++',
    'lostBefore = crashes',
  ],
  ['only the operation that returns is tried', 'successors.ts', 'if (phase > own) {', 'if (phase > own + 99) {'],
  ['every step makes others spare', 'successors.ts', 'overwritten && this.#a.always[c] === 1', 'this.#a.always[c] === 1'],
  ['an overwrite makes all others spare', 'successors.ts', '(overwritten && this.#a.always[c] === 1)', 'overwritten'],
  ['the frontier’s operation is always dropped', 'successors.ts', 'if (!rows.isSpare(row, xSlot)) return false;', ''],
  ['later twins are tried first, earlier ones never', 'successors.ts', 'ranks[other]! < rank', 'ranks[other]! > rank'],
  ['a spare twin stands in for a pending one', 'successors.ts', 'const out = evenSpare ?', 'const out = cls.length >= 0 ?'],
  ['a flash shows itself to later reads', 'successors.ts', 'if (o < oldest && readOnly', 'if (readOnly'],
  ['a write that is dropped shows itself at any time', 'successors.ts', ' && x < this.#openAtMoment(row)) this', ') this'],
  ['a flash shows itself to reads of other values', 'successors.ts', 'this.#a.step(flashed, cls[o]!) === flashed', 'oldest > 0'],
  ['what is called later can flash', 'successors.ts', ' || o >= oldest))) continue', '))) continue'],
  ['unknown outcomes flash before they are called', 'successors.ts', 'crashedAt[kind]![used]! > rows.moment[row]!', 'crashedAt.length < 0'],
  [
    'a flash costs no unknown outcome',
    'successors.ts',
    'else this.#linearize(row, empty, c, next);',
    'else this.#linearize(row, empty, c, next);\n      if (flash) return true;',
  ],
  ['a flash costs no open operation', 'successors.ts', 'if (slot !== empty) this.#rows.markDone(row + 1, slot);', ''],
  [
    'what a stuck dive leaves untried is lost',
    'search.ts',
    'for (let row = 0; row <= depth; row++) {',
    'for (let row = 0; row < depth - 1; row++) {',
  ],
  ['later tiers are lost', 'search.ts', 'if (rows.phase[0] !== exhausted) this', 'if (rows.phase[0]! < 0) this'],
  ['the agenda forgets one in two', 'agenda.ts', 'this.#heads[frontier] = entries[base + 6]!;', 'this.#heads[frontier] = nil;'],
  ['looking back, one state is left out', 'search.ts', 'state < this.#a.states!;', 'state < this.#a.states! - 1;'],
  ['looking back, open operations are not spare', 'successors.ts', '= this.#open.bits[w]!;', '= 0;'],
  ['reads are writes', 'automaton.ts', 'readOnly: flags(cls => set[cls] === none)', 'readOnly: flags(() => true)'],
  ['unknown outcomes never happen', 'automaton.ts', 'idle: flags(cls => set[cls] === none', 'idle: flags(cls => set[cls] !== none'],
  ['cas overwrites', 'automaton.ts', 'overwrites: flags(cls => free(cls) && ', 'overwrites: flags(cls => '],
  ['zones may overlap', 'zones.ts', 'b.firstReturn < a.lastCall', 'b.firstReturn < 0'],
  ['zones may lie within others', 'zones.ts', 'zone.firstReturn < around.lastCall', 'zone.firstReturn < 0'],
  ['chains may run backwards', 'zones.ts', 'guards.returned[cas]! < zone.lastCall', 'guards.returned[cas]! < 0'],
  ['two cas may take one value', 'zones.ts', 'if (other !== none) return', 'if (other === -9) return'],
  ['cas may explain each other', 'zones.ts', 'if (chained > links)', 'if (chained > links + 99)'],
  ['overwritten writes can be read', 'sources.ts', 'latestReturn[value]! < threshold[observer]!', 'latestReturn[value]! < -1'],
  ['writes of the future can be read', 'sources.ts', 'next < size && called[next]! < returned[observer]!', 'next < size'],
  ['the initial value is always there', 'sources.ts', 'latestReturn[initialValue] = -1', 'latestReturn[initialValue] = size * size'],
  ['reads overwrite', 'sources.ts', 'set[update] !== none && called[update]', 'called[update]'],
  [
    'a write can be read only after its return',
    'sources.ts',
    'called[next]! < returned[observer]!',
    'returned[next]! < returned[observer]!',
  ],
  ['failed operations happened', 'subject.ts', "completion?.type === 'fail'", "completion?.type === 'lost'"],
];

/** Breaks that cost time or clarity but no verdict, because another part still decides rightly. */
const harmless = new Set([
  'a write that is dropped shows itself at any time',
  'two cas may take one value',
  'overwritten writes can be read',
  'writes of the future can be read',
  'the initial value is always there',
]);

const limits = { now: () => 0, deadline: 1, memoryBytes: 2 ** 28, patience: 2 };
const shapes = [registerShape(2), registerShape(3, 1), registerShape(0), kvShape(['a']), kvShape()] as const;

/** Found by hand: too rare for chance. */
const saved = lanes`
  p0  |  append "x"                       |
  p1    |put "y"|
  p2             | append "x"                |
  p3               |get "yx"|                  |get "yx"|
`;

/** The write of 1 came after the second of 2, so that nobody can read 2 any more. */
const afterTheMoment = lanes`
  p0  |write 2|  |write 3|
  p1                         |write 2|
  p2                       |read 1              |
  p3                                  |write 1
  p4                                              |read 2|
`;

const drawn = Array.from({ length: 20_000 }, (_, i) => {
  const rng = createRng(`mutations/${i}`);
  const shape = shapes[i % shapes.length]! as ReturnType<typeof kvShape>;
  const size = {
    operations: 5 + rng.int(6),
    processes: 2 + rng.int(5),
    info: rng.pick([0, 0, 0.05, 0.1]),
    lie: rng.pick([0, 0, 0.3, 0.6]),
  };
  const history = randomHistory(rng, shape, size);
  return { history, model: shape.model, expected: linearizableByBruteForce(history, shape.model) };
});

const histories = [
  ...drawn,
  { history: saved, model: kvShape().model, expected: true },
  { history: afterTheMoment, model: register, expected: false },
];

const disagreements = ({ judgeKey }: Judge, { splitByKey }: Door): number =>
  histories.findIndex(({ history, model, expected }) => {
    const subjects = splitByKey(history).keys[0]?.subjects ?? [];
    return (judgeKey(subjects, model, limits).outcome === 'linearizable') !== expected;
  });

const copies = brokenCopies('checkers/linearizable', 'checkers/models', 'checkers/limits.ts', 'harness/history', 'harness/std');

const disagreementOf = async (folder: string): Promise<number> => {
  const judge = (await import(join(folder, 'checkers/linearizable/judge-key.ts'))) as Judge;
  const door = (await import(join(folder, 'checkers/linearizable/subject.ts'))) as Door;
  return disagreements(judge, door);
};

test('unbroken, it agrees with brute force on all of them', async () => {
  expect(await disagreementOf(copies.copy('unbroken'))).toBe(-1);
});

test.each(mutations)('noticed: %s', async (...mutation) => {
  const [what] = mutation;
  const found = await disagreementOf(copies.copy(what, { in: 'checkers/linearizable', mutation }));
  if (harmless.has(what)) expect(found).toBe(-1);
  else expect(found).toBeGreaterThanOrEqual(0);
});
