/** The client that is looked at, without the harness's own safety net: what it says, and when. */
import { completionOf } from '../client-program/messages.ts';
import type { ProgramConnect } from '../client-program/program.ts';
import { openSpeaker } from '../client-program/speaker.ts';
import type { Completion, ConnectContext } from '../protocol/client.ts';
import type { Options } from '../protocol/options.ts';
import type { Endpoint, System } from '../protocol/system.ts';
import { sleep, within } from '../std/deadline.ts';
import { messageOf } from '../std/user-error.ts';

export interface Asked {
  readonly f: string;
  readonly key: string;
  readonly value: unknown;
}

/** `never`: nothing was said long after the deadline. `crashed`: it threw, died or broke the protocol. */
export type Outcome = (Completion | { readonly type: 'crashed'; readonly message: string } | { readonly type: 'never' }) & {
  readonly afterMs: number;
};

export interface Driver {
  /** Whether the harness would ask it again after the last outcome. */
  usable(): boolean;
  ask(asked: Asked): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Subject {
  /** Rejects where the client says, or shows, that it cannot connect. */
  open(at: Endpoint): Promise<Driver>;
}

export interface SubjectOptions {
  readonly connect: System['connect'] | ProgramConnect;
  readonly options: Options;
  /** Undefined: what the client calls a fail is one. */
  readonly errors: System['errors'] | undefined;
  readonly context: ConnectContext;
  readonly timeoutMs: number;
}

/** How long a client may be late before it counts as one that never answers: enough to see answers that come too late. */
export const patienceMs = (timeoutMs: number): number => timeoutMs + Math.max(400, timeoutMs);
/** How long a client may take to connect, and a program to start. */
const connectMs = (timeoutMs: number): number => 3000 + 4 * timeoutMs;

export const subjectOf = (given: SubjectOptions): Subject =>
  'program' in given.connect ? programSubject(given, given.connect.program) : moduleSubject(given);

const moduleSubject = ({ connect, options, context, timeoutMs }: SubjectOptions): Subject => ({
  open: async at => {
    const client = await inTime(
      connect('n1', at, options, () => at, context),
      connectMs(timeoutMs),
    );
    let usable = true;
    return {
      usable: () => usable && client.closed !== true,
      ask: async asked => {
        const deadline = new AbortController();
        const timer = setTimeout(() => deadline.abort(), timeoutMs);
        const outcome = await timed(
          Promise.resolve()
            .then(() => client.invoke({ ...asked, value: asked.value as never, process: 0 }, deadline.signal))
            .catch(thrown => ({ type: 'crashed' as const, message: messageOf(thrown) })),
          patienceMs(timeoutMs),
        );
        clearTimeout(timer);
        usable = outcome.type === 'ok' || outcome.type === 'fail';
        return outcome;
      },
      close: () => inTime(client.close(), 1000).catch(() => {}),
    };
  },
});

/** A program is spoken to directly: `program()` itself would answer for it at the deadline. */
const programSubject = ({ errors, options, context, timeoutMs }: SubjectOptions, program: ProgramConnect['program']): Subject => ({
  open: async at => {
    const speaker = await openSpeaker({ ...program, guard: await context.guard?.(), logFile: undefined });
    const init = {
      type: 'init',
      protocol: 1,
      connection: speaker.nextConnection(),
      process: 0,
      node: 'n1',
      ...at,
      nodes: { n1: at },
    } as const;
    try {
      await inTime(speaker.init({ ...init, options, workload: context.workload, timeoutMs }), connectMs(timeoutMs));
    } catch (thrown) {
      await speaker.end(200);
      throw thrown;
    }
    let usable = true;
    return {
      usable: () => usable && speaker.broken() === undefined,
      ask: async ({ f, key, value }) => {
        const asking = speaker.ask({ connection: 1, f, key, value: value as never, timeoutMs }, within(patienceMs(timeoutMs)));
        const outcome = await timed(
          asking.then(said => {
            if ('givenUp' in said) return { type: 'never' as const };
            if ('broken' in said) return { type: 'crashed' as const, message: said.broken.message };
            if (errors !== undefined) return completionOf(said.answer, { errors, readOnly: context.readOnly.includes(f) });
            if (said.answer.type === 'ok') return { type: 'ok' as const, value: said.answer.value };
            const { code, message } = said.answer.error;
            return { type: said.answer.type, error: { name: code, message } };
          }),
          patienceMs(timeoutMs) + 200,
        );
        usable = outcome.type === 'ok' || outcome.type === 'fail';
        return outcome;
      },
      close: async () => {
        speaker.forget(1);
        await speaker.end(200);
      },
    };
  },
});

type Unexpected = { readonly type: 'crashed'; readonly message: string } | { readonly type: 'never' };

const timed = async (answer: Promise<Completion | Unexpected>, ms: number): Promise<Outcome> => {
  const began = performance.now();
  const timer = new AbortController();
  const never = sleep(ms, timer.signal).then((): Unexpected => ({ type: 'never' }));
  const outcome = await Promise.race([answer, never]);
  timer.abort();
  return { ...outcome, afterMs: Math.round(performance.now() - began) };
};

const inTime = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  const timer = new AbortController();
  const late = sleep(ms, timer.signal).then((): never => {
    throw new Error(`not within ${ms} ms`);
  });
  late.catch(() => {}); // lost the race
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
};
