/** Keeps the conversation with one client program: who waits for what, and what an unexpected answer means. */
import type { Failure } from '../history/event.ts';
import type { Answer, Command } from './messages.ts';
import { type ProgramOptions, type ProgramProcess, startProgram } from './program-process.ts';

type Completed = Extract<Answer, { id: number }>;
type Init = Extract<Command, { type: 'init' }>;
type Invoke = Omit<Extract<Command, { type: 'invoke' }>, 'type' | 'id'>;

/** An answer; or the program broke after it was asked; or the signal aborted first. */
export type Said = { readonly answer: Completed } | { readonly broken: Failure } | { readonly givenUp: true };

export interface Speaker {
  /** Whether it was ever refused by its node, in the program's own words: such a program works. */
  readonly refused: boolean;
  broken(): Failure | undefined;
  nextConnection(): number;
  /** Resolves when the program is ready, rejects with its reason when it is not. */
  init(command: Init): Promise<void>;
  ask(invoke: Invoke, signal: AbortSignal): Promise<Said>;
  /** Tells the program that the connection is not needed any more. */
  forget(connection: number): void;
  end(graceMs: number): Promise<void>;
}

/** Late answers that are still recognised as such; beyond that a late answer counts as one that nobody asked for. */
const mostGivenUp = 10_000;

export const openSpeaker = async (options: Omit<ProgramOptions, 'onAnswer' | 'onBroken'>): Promise<Speaker> => {
  const connecting = new Map<number, { readonly ready: () => void; readonly failed: (reason: Error) => void }>();
  const waiting = new Map<number, (said: Said) => void>();
  /** Operations that were given up: their answers come late and mean nothing. */
  const late = new Set<number>();
  let connections = 0;
  let ids = 0;
  let refused = false;

  const onAnswer = (answer: Answer): void => {
    if ('id' in answer) completed(answer);
    else opened(answer);
  };
  const completed = (answer: Completed): void => {
    const settle = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (settle !== undefined) settle({ answer });
    else if (answer.id > ids || answer.id < 1) throw new Error(`an answer to operation ${answer.id}, which was never asked`);
    else if (!late.delete(answer.id)) throw new Error(`a second answer to operation ${answer.id}`);
  };
  const opened = (answer: Exclude<Answer, Completed>): void => {
    const opening = connecting.get(answer.connection);
    connecting.delete(answer.connection);
    if (opening === undefined) throw new Error(`${answer.type} for connection ${answer.connection}, which was not opening`);
    if (answer.type === 'ready') {
      opening.ready();
      return;
    }
    refused = true;
    opening.failed(new Error(answer.error.message));
  };
  const onBroken = (reason: Failure): void => {
    for (const { failed } of connecting.values()) failed(new Error(reason.message));
    for (const settle of waiting.values()) settle({ broken: reason });
    connecting.clear();
    waiting.clear();
  };
  const program: ProgramProcess = await startProgram({ ...options, onAnswer, onBroken });

  const ask = (invoke: Invoke, signal: AbortSignal): Promise<Said> =>
    new Promise(resolve => {
      const id = ++ids;
      const onAbort = (): void => {
        waiting.delete(id);
        if (late.size < mostGivenUp) late.add(id);
        resolve({ givenUp: true });
      };
      waiting.set(id, said => {
        signal.removeEventListener('abort', onAbort);
        resolve(said);
      });
      program.send({ type: 'invoke', id, ...invoke });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });

  return {
    get refused() {
      return refused;
    },
    broken: program.broken,
    nextConnection: () => ++connections,
    init: command =>
      new Promise((resolve, reject) => {
        const reason = program.broken();
        if (reason !== undefined) return reject(new Error(reason.message));
        connecting.set(command.connection, { ready: resolve, failed: reject });
        program.send(command);
      }),
    ask,
    forget: connection => {
      if (program.broken() === undefined) program.send({ type: 'close', connection });
    },
    end: program.end,
  };
};
