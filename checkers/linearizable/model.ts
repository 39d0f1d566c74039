/**
 * The door for data types: what an object is, said in a few lines.
 *
 *     const counter: Model<number> = {
 *       name: 'counter',
 *       init: 0,
 *       step: (n, op) => (op.f === 'add' ? n + Number(op.input) : op.output === n ? n : undefined),
 *       describe: op => (op.f === 'add' ? `add ${op.input}` : `read -> ${op.output}`),
 *       readOnly: op => op.f === 'read',
 *     };
 */
import type { Key } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Explanation } from './explain.ts';
import type { Subject } from './subject.ts';

/** Who calls. After an unknown outcome a client goes on as another process: its old number never comes back. */
export interface Client {
  readonly process: number;
  /** Position in the history of the process's first call. */
  readonly came: number;
  /** Position of the call that it never got to know the outcome of; infinite if there is none. */
  readonly left: number;
}

/** One operation as a model sees it. */
export interface Call {
  readonly f: string;
  /** What was asked: the invocation's value. */
  readonly input: Json;
  /** What was answered; undefined when nobody knows (`info`): then any answer must be thought possible. */
  readonly output: Json | undefined;
  /** `false`: an `ok` cas that says it found another value and changed nothing. */
  readonly applied?: boolean;
  /** Who calls. Models that look at it say so: `byClient`. */
  readonly client?: Client;
}

/**
 * A guarded assignment: legal if the value equals `expect` and differs from `forbid` (where given), then it becomes `set` (where given).
 * Whatever can be said so is checked without calling `step`, and by zones where written values are unique.
 */
export interface Assignment {
  readonly expect?: Json;
  readonly forbid?: Json;
  readonly set?: Json;
}

/** A sequential object. All functions are pure and never throw; states are never changed in place. */
export interface Model<State = unknown> {
  readonly name: string;
  /** The workload whose operations it knows (`models/vocabulary.ts`). Of any other operation it knows nothing, so it would let it pass. */
  readonly workload?: string;
  readonly init: State;
  /** The state after the operation, or undefined if the operation cannot have been answered so in this state. */
  step(state: State, operation: Call): State | undefined;
  /** Equal states must hash equally. Default: the state itself if it is a string or number, else its JSON. */
  hash?(state: State): string | number;
  /** Whether states of the same hash are equal. Default: yes. */
  equals?(a: State, b: State): boolean;
  /** The operation in a few words, for people: `write 5`, `read -> 4`. */
  describe(operation: Call): string;
  /** True if the operation changes no state at all. It is then settled without branching. */
  readonly readOnly?: (operation: Call) => boolean;
  /** True if the operation is legal in every state, whatever that is: nothing is observed. `overwrites` implies it. */
  readonly always?: (operation: Call) => boolean;
  /** True if it is legal in every state and leads to one and the same state from all of them: a blind write. */
  readonly overwrites?: (operation: Call) => boolean;
  /** True if the answer of `reader` may show the effect of `writer`: a counterexample with the one then keeps the other. Default: true. */
  readonly observes?: (reader: Call, writer: Call) => boolean;
  /** True if `step` looks at `client`: the same request of two clients may not do the same. */
  readonly byClient?: true;
  /**
   * Given for collections, where whatever happens to one value stays legal without the others: all operations of a value stand or fall together
   * in a counterexample, and while it may have been removed by one that could touch anything, with that.
   */
  readonly touches?: (operation: Call) => Touched;
  /** Names the contradiction of a minimal counterexample (in call order), if it is one that the model knows. `failed` did not happen. */
  readonly explain?: (key: Key | undefined, kept: readonly Subject[], failed: readonly Subject[]) => Explanation | undefined;
  /** The operation that takes one out of a collection: a `drain` is taken for as many of them as it answered (models/drains.ts). */
  readonly drainedBy?: string;
  /** Given for register-like types, where every operation is a guarded assignment; `init` is then the first value. */
  readonly assignment?: (operation: Call) => Assignment;
  /** Given for types that have a polynomial method: the exact verdict on one key, or undefined where the method does not apply to it. */
  readonly monitor?: (subjects: readonly Subject[]) => Monitored | undefined;
}

/** An object that is read and written: what its operations read and write is known, so that the models weaker than linearizability can judge it. */
export interface ReadWriteModel<State = unknown> extends Model<State> {
  readonly workload: 'register' | 'multi-register' | 'kv';
}

/** A value that it adds or removes; nothing, if it changes nothing; anything, if nobody knows which value it removed, if any. */
export type Touched = { readonly value: Json; readonly adds: boolean } | 'nothing' | 'anything';

/** What a polynomial method found. */
export interface Monitored {
  readonly outcome: 'linearizable' | 'violation';
  /** The method's name in the verdict: `queue`, `stack`. */
  readonly method: string;
  /** Of a violation: the operations of a contradiction, as places in the key's list. */
  readonly suspects: readonly number[];
  /** The suspects are a minimal counterexample as they are: without one of them the others would say something else. */
  readonly inseparable?: true;
}
