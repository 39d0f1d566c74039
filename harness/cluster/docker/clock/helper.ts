/** The clock's helper as it runs: its own container in the node's PID namespace, asked over its stdin, one question at a time. */
import type { Duplex } from 'node:stream';
import { within } from '../../../std/deadline.ts';
import { messageOf } from '../../../std/user-error.ts';
import { createDemuxer, type Frame } from '../demux.ts';
import { type Answer, parseAnswer } from './protocol.ts';

export interface Helper {
  /** Resolves to the answer; rejects by the signal, or when the helper ends. A question given up on is answered all the same, to nobody. */
  ask(command: string, signal: AbortSignal): Promise<Answer>;
  /** The first line that it says by itself. */
  readonly greeting: Promise<Answer>;
  readonly ended: boolean;
  /** Says farewell, upon which it undoes what it did; resolves when it is gone, or after this long. */
  quit(patienceMs: number): Promise<void>;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(reason: Error): void;
}

/** `stream` is what the engine's attach gives, frames of stdout and stderr. */
export const createHelper = (stream: Duplex, name: string): Helper => {
  const waiting: Waiting[] = [];
  let lastWords = '';
  let ended = false;
  const next = (): Promise<Answer> =>
    ended ? Promise.reject(gone(name, lastWords)) : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const greeting = next();
  greeting.catch(() => {}); // looked at by whoever made the helper

  const gotLine = createLines(line => {
    try {
      const answer = parseAnswer(line);
      waiting.shift()?.resolve(answer);
    } catch (thrown) {
      lastWords = messageOf(thrown);
      stream.destroy();
    }
  });
  const end = new Promise<void>(resolve => {
    const onEnd = (): void => {
      ended = true;
      for (const one of waiting.splice(0)) one.reject(gone(name, lastWords));
      resolve();
    };
    const frames = stream.pipe(createDemuxer());
    frames.on('data', ({ stream: from, data }: Frame) => {
      if (from === 'stdout') gotLine(data);
      else lastWords = `${lastWords}${data}`.slice(-500);
    });
    for (const source of [stream, frames]) source.on('error', onEnd).on('close', onEnd).on('end', onEnd);
  });

  return {
    greeting,
    get ended() {
      return ended;
    },
    ask: (command, signal) => {
      const answer = next();
      if (!ended) stream.write(`${command}\n`);
      return orAborted(answer, signal);
    },
    quit: async patienceMs => {
      if (!ended) stream.end('quit\n');
      await orAborted(end, within(patienceMs)).catch(() => {}); // the caller removes its container in any case
      stream.destroy();
    },
  };
};

const gone = (name: string, lastWords: string): Error =>
  new Error(`the helper that skews ${name}'s clock has ended${lastWords === '' ? ', as it does with the node' : `: ${lastWords.trim()}`}`);

const createLines = (take: (line: string) => void): ((data: Buffer) => void) => {
  let rest = '';
  return data => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  };
};

const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
