/** Records a history in a test: whatever calls an object, in memory or far away, is written down as it is called and as it answers. */
import type { Event, History, Key } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { messageOf, UserError } from '../../harness/std/user-error.ts';

/** What is asked. */
export interface Asked {
  /** The operation's name, as the model knows it: `read`, `write`, `cas`, `enqueue`, … */
  readonly f: string;
  /** The object, where there are several. */
  readonly key?: Key;
  /** Default null: an operation that only asks. */
  readonly value?: Json;
}

/** What became of it. `ok`: it happened; without a value, as it was asked. `fail`: it did not and never will. `info`: nobody knows. */
export type Outcome =
  | { readonly type: 'ok'; readonly value?: Json; readonly applied?: false }
  | { readonly type: 'fail' | 'info'; readonly error?: string };

/** What a test knows of answers and errors. */
export interface Meaning<Answer> {
  /** What an answer means. Default: `ok` with the answer as its value. */
  readonly answered?: (answer: Answer) => Outcome;
  /** What something thrown means. Default: `info`, for a request that timed out may take effect yet. */
  readonly thrown?: (error: unknown) => Outcome;
}

/** Writes a history down while it happens. */
export interface Recorder {
  /** All that has been recorded so far. Operations that are open have no answer yet. */
  readonly history: History;
  /**
   * Calls, and writes down the call, the answer and what they mean. Resolves to the answer, or to undefined if the call threw: it never rejects for
   * what the object did. `caller` is a number of your choosing; one caller does one thing at a time, else this rejects with a `UserError`,
   * `caller-is-busy`. After an unknown outcome a caller goes on as another process, so that the lost operation may take effect later.
   */
  record(caller: number, asked: Asked, call: () => PlainAnswer | Promise<PlainAnswer>): Promise<PlainAnswer>;
  record<Answer>(
    caller: number,
    asked: Asked,
    call: () => Answer | Promise<Answer>,
    meaning: Meaning<Answer> & { readonly answered: (answer: Answer) => Outcome },
  ): Promise<Answer | undefined>;
  record(caller: number, asked: Asked, call: () => PlainAnswer | Promise<PlainAnswer>, meaning: Meaning<PlainAnswer>): Promise<PlainAnswer>;
}

/** What can stand in a history as it is; undefined or nothing: the answer says no more than what was asked. */
// biome-ignore lint/suspicious/noConfusingVoidType: calls that answer nothing are meant.
type PlainAnswer = Json | undefined | void;

/** Processes that take over from callers with lost operations begin here. */
const firstSpare = 1000;

/**
 * A recorder whose clock starts now.
 *
 * @example
 * const recorder = createRecorder();
 * await Promise.all([
 *   recorder.record(0, { f: 'write', value: 1 }, () => client.set(1)),
 *   recorder.record(1, { f: 'read' }, () => other.get()),
 * ]);
 * checkLinearizable(recorder.history, register).valid;
 */
export const createRecorder = ({ now = () => performance.now() }: { readonly now?: () => number } = {}): Recorder => {
  const events: Event[] = [];
  const began = now();
  const processes = new Map<number, number>();
  const busy = new Set<number>();
  let nextSpare = firstSpare;
  const write = (event: Omit<Event, 'index' | 'time'>): void => {
    events.push({ index: events.length, time: Math.round((now() - began) * 1e6), ...event } as Event);
  };
  const processOf = (caller: number): number => {
    const known = processes.get(caller);
    if (known !== undefined) return known;
    const process = caller < firstSpare ? caller : nextSpare++;
    processes.set(caller, process);
    return process;
  };
  const record = async (
    caller: number,
    { f, key, value = null }: Asked,
    call: () => unknown,
    { answered = plainly, thrown = lost }: Meaning<never> = {},
  ): Promise<unknown> => {
    if (!Number.isSafeInteger(caller) || caller < 0)
      throw new UserError('usage', 'no-such-caller', `a caller is an integer of 0 or more, not ${caller}`);
    if (busy.has(caller))
      throw new UserError('usage', 'caller-is-busy', `caller ${caller} asks for ${f} before its last operation has ended`, {
        hint: 'give everybody who calls at the same time a number of their own',
      });
    busy.add(caller);
    const process = processOf(caller);
    const asked = { f, ...(key !== undefined && { key }) };
    write({ process, type: 'invoke', ...asked, value });
    const settle = (outcome: Outcome): void => {
      const { type, ...rest } = outcome;
      const answer = 'value' in rest && rest.value !== undefined ? rest.value : value;
      write({ process, type, ...asked, ...rest, value: answer });
      if (type === 'info') processes.set(caller, nextSpare++);
      busy.delete(caller);
    };
    let answer: unknown;
    try {
      answer = await call();
    } catch (error) {
      settle(thrown(error));
      return undefined;
    }
    settle((answered as (answer: unknown) => Outcome)(answer));
    return answer;
  };
  return {
    get history() {
      return [...events];
    },
    record: record as Recorder['record'],
  };
};

const plainly = (answer: unknown): Outcome => (answer === undefined ? { type: 'ok' } : { type: 'ok', value: answer as Json });

const lost = (error: unknown): Outcome => ({ type: 'info', error: messageOf(error) });
