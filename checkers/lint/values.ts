/** Values: what was written twice, seen though it was refused, or changed its type on the way. */
import type { Key } from '../../harness/history/event.ts';
import { type Operation, operationIndex } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Footprint } from '../models/footprint.ts';
import { sameValue, show, valueKey } from '../models/values.ts';
import { counted, createTally, type LintFinding, noteOperation, type Tally, told } from './finding.ts';

type Name = ReturnType<typeof valueKey>;

/** What was written to each object. */
interface Written {
  /** By those that did not fail. */
  readonly done: Map<Key | undefined, Map<Name, true>>;
  readonly failed: Map<Key | undefined, Map<Name, Operation>>;
}

/** Elements of answers that are looked at, last answers first: what was lost or made up shows in those. */
const mostLookedAt = 2_000_000;

/** O(n) and the length of all answers. */
export const lintValues = (operations: readonly Operation[], footprint: Footprint, workload: string): readonly LintFinding[] => {
  const repeated = createTally();
  const written = writtenBy(operations, footprint, repeated);
  const { failedSeen, retyped, example } = lookAtAnswers(operations, footprint, written);
  return [
    ...told('failed-write-seen', 'warning', failedSeen, failedSeenMessage),
    ...told(
      'answer-differs',
      'warning',
      differing(operations, footprint),
      count =>
        `${counted(count, 'operation')} succeeded with another value than the one asked for; what was asked for is what counts. Answer with the invocation's value, or with null.`,
    ),
    ...told(
      'mixed-types',
      'warning',
      retyped,
      count =>
        `${counted(count, 'answer')} with a value that nobody wrote, though its like was written as another type: ${example}. To a checker a number and a string are two values. Convert the answers in the client.`,
    ),
    ...told(
      'mixed-keys',
      'warning',
      mixedKeys(operations),
      count =>
        `${counted(count, 'key occurs', 'keys occur')} as a string and as a number, which are two objects to a checker. Convert them in the client.`,
    ),
    ...repeatedValues(repeated, workload),
  ];
};

const failedSeenMessage = (count: number): string =>
  `The values of ${counted(count, 'failed operation')} were seen later, and nobody else wrote them. If the client took a time-out or a lost connection for a failure, the history is wrong: record info. If the server itself had said no, this is a dirty read.`;

const writtenBy = (operations: readonly Operation[], footprint: Footprint, repeated: Tally): Written => {
  const done: Written['done'] = new Map();
  const failed: Written['failed'] = new Map();
  let current = operations[0]!;
  const visit = (object: Key | undefined, value: Json): void => {
    const name = valueKey(value);
    if (current.type === 'fail') {
      const known = within(failed, object);
      if (!known.has(name)) known.set(name, current);
      return;
    }
    const known = within(done, object);
    if (known.has(name)) noteOperation(repeated, current);
    else known.set(name, true);
  };
  for (const operation of operations) {
    current = operation;
    footprint.wrote(operation, visit);
  }
  return { done, failed };
};

const within = <Value>(all: Map<Key | undefined, Map<Name, Value>>, object: Key | undefined): Map<Name, Value> => {
  let known = all.get(object);
  if (known === undefined) {
    known = new Map();
    all.set(object, known);
  }
  return known;
};

/** A number for its text, and the other way around. */
const likeOf = (value: Json): Json | undefined => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' && String(Number(value)) === value ? Number(value) : undefined;
};

const lookAtAnswers = (operations: readonly Operation[], footprint: Footprint, { done, failed }: Written) => {
  const [failedSeen, retyped] = [createTally(), createTally()];
  const guilty = new Set<Operation>();
  let example = '';
  let left = mostLookedAt;
  let reader = operations[0]!;
  let wasRetyped = false;
  const visit = (object: Key | undefined, value: Json): void => {
    left--;
    const name = valueKey(value);
    if (done.get(object)?.has(name)) return;
    const refused = failed.get(object)?.get(name);
    if (refused !== undefined) {
      // Its answer cannot come from a write that was asked for after it.
      if (refused.invoke.index < reader.completion!.index) guilty.add(refused);
      return;
    }
    const like = likeOf(value);
    if (like === undefined || !done.get(object)?.has(valueKey(like))) return;
    wasRetyped = true;
    if (example === '') example = `${show(value)} was seen, ${show(like)} was written`;
  };
  for (let i = operations.length - 1; i >= 0 && left > 0; i--) {
    reader = operations[i]!;
    wasRetyped = false;
    footprint.saw(reader, visit);
    if (wasRetyped) noteOperation(retyped, reader);
  }
  for (const operation of [...guilty].sort((a, b) => operationIndex(a) - operationIndex(b))) noteOperation(failedSeen, operation);
  return { failedSeen, retyped, example };
};

const differing = (operations: readonly Operation[], { echoes = [] }: Footprint): Tally => {
  const tally = createTally();
  for (const operation of operations) {
    const { invoke, completion, type } = operation;
    if (type !== 'ok' || completion!.value === null || !echoes.includes(invoke.f)) continue;
    if (!sameValue(invoke.value, completion!.value)) noteOperation(tally, operation);
  }
  return tally;
};

/** Named by the first operation of the later form. */
const mixedKeys = (operations: readonly Operation[]): Tally => {
  const forms = new Map<string, Key>();
  const told = new Set<string>();
  const tally = createTally();
  for (const operation of operations) {
    const { key } = operation.invoke;
    if (key === undefined) continue;
    const text = String(key);
    const form = forms.get(text);
    if (form === undefined) forms.set(text, key);
    else if (form !== key && !told.has(text)) {
      told.add(text);
      noteOperation(tally, operation);
    }
  }
  return tally;
};

interface Cost {
  readonly severity: 'warning' | 'note';
  readonly cost: string;
}

const forRegisters: Cost = {
  severity: 'note',
  cost: 'Linearizability is then decided by search instead of zones (exact, but slower the more clients there are), and of the weaker models some may remain unknown: there every way to trace a read to its write has to be tried.',
};

/** What it costs that a value is not unique. */
const costs: Readonly<Record<string, Cost>> = {
  register: forRegisters,
  'multi-register': forRegisters,
  'rw-register': forRegisters,
  'list-append': {
    severity: 'warning',
    cost: 'The checker of list-append needs to know whose an element is; without that it answers by search within the time limit, or not at all.',
  },
  queue: {
    severity: 'warning',
    cost: 'The queue checkers count equal values and cannot tell which of them came out, so that their order is not judged, and a lost one may hide behind a duplicate.',
  },
  stack: {
    severity: 'note',
    cost: 'The order of equal values cannot be judged by the polynomial method: search decides, or the time limit.',
  },
  set: { severity: 'note', cost: 'Once one of the adds is known to have happened, the loss of another does not show.' },
  broadcast: { severity: 'warning', cost: 'Which of the messages arrived cannot be told.' },
  log: {
    severity: 'warning',
    cost: 'The checker of logs follows every value from its send to its polls: duplicates of its own making look like those of the system.',
  },
};

const repeatedValues = (tally: Tally, workload: string): readonly LintFinding[] => {
  const cost = Object.hasOwn(costs, workload) ? costs[workload] : undefined;
  if (cost === undefined) return [];
  return told(
    'repeated-values',
    cost.severity,
    tally,
    count => `${counted(count, 'operation')} wrote a value that the same object had been given before. ${cost.cost} Number the values.`,
  );
};
