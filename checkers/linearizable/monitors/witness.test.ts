/** Counterexamples that the methods for sets, counters, identifiers and logs make themselves: violations, minimal, with all they depend on. */
import { expect, test } from 'vitest';
import { type Operation, operationIndex, pairOperations } from '../../../harness/history/operation.ts';
import type { Json } from '../../../harness/std/json.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { sameValue } from '../../models/values.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import { evenCounterShape, growingCounterShape, likelySetShape, logShape, setShape, uniqueIdsShape } from '../../testing/shapes.ts';
import { checkLinearizable } from '../check.ts';

const before = (writer: Operation, reader: Operation): boolean => writer.invoke.index < reader.completion!.index;
const list = ({ completion }: Operation): readonly Json[] => (completion!.value ?? []) as readonly Json[];
const shows = (reader: Operation, writer: Operation): boolean =>
  reader.type === 'ok' &&
  reader.invoke.f === 'read' &&
  before(writer, reader) &&
  list(reader).some(value => sameValue(value, writer.invoke.value));

/** Nobody had written it by then: the first who did is kept to say when that was. */
const foresees = (reader: Operation, writer: Operation, all: readonly Operation[]): boolean => {
  if (reader.type !== 'ok' || reader.invoke.f !== 'read' || !Array.isArray(reader.completion!.value)) return false;
  const same = all.find(({ invoke }) => invoke.f === writer.invoke.f && sameValue(invoke.value, writer.invoke.value));
  return same === writer && !before(writer, reader) && list(reader).some(value => sameValue(value, writer.invoke.value));
};

const offsetOf = ({ type, completion }: Operation): number => (type === 'ok' ? (completion!.value as number[])[0]! : -1);
const follows = (reader: Operation, writer: Operation): boolean =>
  reader.type === 'ok' && reader.invoke.f === 'append' && before(writer, reader) && offsetOf(writer) < offsetOf(reader);

type Depends = (reader: Operation, writer: Operation) => boolean;
const onAllBefore: Depends = (reader, writer) =>
  reader.type === 'ok' && reader.invoke.f === 'read' && writer.invoke.f === 'add' && before(writer, reader);

test.each<[string, Shape<never>, Depends]>([
  ['set', setShape as never, (reader, writer) => writer.invoke.f === 'add' && shows(reader, writer)],
  ['likely set', likelySetShape as never, (reader, writer) => writer.invoke.f === 'add' && shows(reader, writer)],
  ['counter', evenCounterShape(1) as never, onAllBefore],
  ['growing counter', growingCounterShape as never, onAllBefore],
  ['identifiers', uniqueIdsShape as never, () => false],
  [
    'log',
    logShape('pair', true) as never,
    (reader, writer) => writer.invoke.f === 'append' && (shows(reader, writer) || follows(reader, writer)),
  ],
])('%s: minimal and sound on random histories', { timeout: 120_000 }, (name, shape, depends) => {
  let own = 0;
  for (let i = 0; i < 3000; i++) {
    const rng = createRng(`witness/${name}/${i}`);
    const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(4), info: rng.pick([0, 0.05, 0.1]), lie: 0.3 };
    const history = randomHistory(rng, shape, size);
    const { valid, anomalies, method } = checkLinearizable(history, shape.model);
    if (valid === true || method === 'search') continue;
    own++;
    const all = pairOperations(history).filter(({ type }) => type !== 'fail');
    const kept = all.filter(operation => anomalies[0]!.operations.includes(operationIndex(operation)));
    const only = (operations: readonly Operation[]) =>
      history.filter(event => operations.some(({ invoke, completion }) => event === invoke || event === completion));
    const told = `history ${i}: ${anomalies[0]!.explanation}\n${history.map(event => JSON.stringify(event)).join('\n')}`;
    expect(linearizableByBruteForce(only(kept), shape.model), told).toBe(false);
    for (const reader of kept)
      for (const writer of all) if (writer !== reader && depends(reader, writer)) expect(kept, told).toContain(writer);
    for (const operation of kept) {
      const fewer = kept.filter(other => other !== operation);
      if (fewer.some(other => depends(other, operation) || foresees(other, operation, all))) continue;
      expect(linearizableByBruteForce(only(fewer), shape.model), `${told} without ${operationIndex(operation)}`).toBe(true);
    }
  }
  expect(own).toBeGreaterThan(300);
});
