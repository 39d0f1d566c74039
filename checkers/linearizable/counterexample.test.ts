/** Counterexamples of random violations: a violation by themselves, minimal, and with all that their reads can have seen. */
import { expect, test } from 'vitest';
import type { History } from '../../harness/history/event.ts';
import { type Operation, operationIndex, pairOperations } from '../../harness/history/operation.ts';
import { createRng } from '../../harness/std/rng.ts';
import { register } from '../models/register.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { randomHistory } from '../testing/random-history.ts';
import { registerShape } from '../testing/shapes.ts';
import { checkLinearizable } from './check.ts';

const only = (history: History, operations: readonly Operation[]): History => {
  const kept = new Set(operations.flatMap(({ invoke, completion }) => [invoke, completion]));
  return history.filter(event => kept.has(event));
};

const writes = ({ invoke: { f, value }, completion }: Operation): unknown => {
  if (f === 'write') return value;
  const [from, to] = f === 'cas' && completion?.applied !== false ? (value as unknown[]) : [];
  return from === to ? undefined : to;
};
const sees = ({ invoke: { f, value }, completion, type }: Operation): unknown =>
  f === 'cas' && completion?.applied !== false ? (value as unknown[])[0] : f === 'read' && type === 'ok' ? completion!.value : undefined;

/** Operations that saw a value which none of these wrote, among `all` of which one did. */
const orphans = (operations: readonly Operation[], all: readonly Operation[]): Operation[] =>
  operations.filter(operation => {
    const value = sees(operation);
    const wrote = (other: Operation): boolean => other !== operation && writes(other) === value;
    return value !== undefined && value !== null && all.some(wrote) && !operations.some(wrote);
  });

test.each([0, 2, 3])('minimal and sound on random histories of %i values', { timeout: 120_000 }, values => {
  let violations = 0;
  for (let i = 0; i < 4000; i++) {
    const rng = createRng(`counterexample/${values}/${i}`);
    const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(4), info: rng.pick([0, 0.05, 0.1]), lie: 0.3 };
    const history = randomHistory(rng, registerShape(values, i % 5 === 0 ? 1 : 0), size);
    const { valid, anomalies } = checkLinearizable(history, register);
    if (valid === true) continue;
    violations++;
    const all = pairOperations(history).filter(({ type }) => type !== 'fail');
    const kept = all.filter(operation => anomalies[0]!.operations.includes(operationIndex(operation)));
    const told = `history ${i}: ${anomalies[0]!.explanation}`;
    expect(anomalies[0]!.operations, told).toEqual(kept.map(operationIndex).sort((a, b) => a - b));
    expect(linearizableByBruteForce(only(history, kept), register), told).toBe(false);
    expect(orphans(kept, all), told).toEqual([]);
    for (const operation of kept) {
      const fewer = kept.filter(other => other !== operation);
      if (fewer.some(other => sees(other) !== undefined && sees(other) === writes(operation))) continue;
      expect(linearizableByBruteForce(only(history, fewer), register), `${told} without ${operationIndex(operation)}`).toBe(true);
    }
  }
  expect(violations).toBeGreaterThan(500);
});
