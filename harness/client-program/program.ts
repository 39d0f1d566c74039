/**
 * Clients in any language: a program that speaks the client protocol (docs/client-protocol.md) becomes a system's `connect`.
 * One program per connection, or one for all of them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Completion, ConnectContext, Invocation } from '../protocol/client.ts';
import type { ErrorTable } from '../protocol/errors.ts';
import type { Options } from '../protocol/options.ts';
import type { Endpoint, NodeId, Reach, System } from '../protocol/system.ts';
import { sleep } from '../std/deadline.ts';
import { messageOf, UserError } from '../std/user-error.ts';
import { completionOf, protocolVersion } from './messages.ts';
import { openSpeaker, type Speaker } from './speaker.ts';

export interface ClientProgramOptions {
  /** Where it runs; by default where the harness does. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** One program serves every connection, told apart by their numbers. Default: a program of its own for each. */
  readonly multiplexed?: boolean;
  /** How long it may take until it is ready, milliseconds. */
  readonly startTimeoutMs?: number;
}

/** A `connect` that remembers how it was made, for `ordeal lint-client`. */
export type ProgramConnect = System['connect'] & { readonly program: { readonly command: readonly string[] } & ClientProgramOptions };

const defaultStartMs = 10_000;
/** A program that does not end by itself after this is killed. */
const endGraceMs = 300;

/** `connect: program(['python3', 'client.py'])`. */
export const program = (command: readonly string[], options: ClientProgramOptions = {}): ProgramConnect => {
  if (command.length === 0 || command.some(word => typeof word !== 'string'))
    throw new UserError('usage', 'bad-client-program', `program(${JSON.stringify(command)}): expected a command as a list of words`, {
      hint: "for instance program(['python3', 'client.py'])",
    });
  const shared = options.multiplexed ? sharedSpeaker() : undefined;
  /** Whether it was ever ready: one that never was is broken, not merely refused by its node. */
  let proven = false;
  const connect = async (node: NodeId, at: Endpoint, systemOptions: Options, reach: Reach, context?: ConnectContext): Promise<Client> => {
    const open = async () =>
      openSpeaker({ ...options, command, guard: await context?.guard?.(), logFile: logFileOf(context, shared ? 'all' : node) });
    const { speaker, release } = shared ? await shared.take(open) : alone(await open());
    const connection = speaker.nextConnection();
    try {
      const { process = 0, nodes = [node], workload = 'register', operationTimeoutMs = 1000 } = context ?? {};
      const addresses = Object.fromEntries(nodes.map(each => [each, reach(each)]));
      const init = {
        type: 'init',
        protocol: protocolVersion,
        connection,
        process,
        node,
        ...at,
        nodes: addresses,
        options: systemOptions,
        workload,
      } as const;
      await inTime(speaker.init({ ...init, timeoutMs: operationTimeoutMs }), options.startTimeoutMs ?? defaultStartMs, command);
      proven = true;
      return clientOf(speaker, connection, release, context);
    } catch (thrown) {
      speaker.forget(connection);
      await release();
      throw proven || speaker.refused ? thrown : neverReady(command, thrown);
    }
  };
  return Object.assign(connect, { program: { ...options, command } });
};

const clientOf = (speaker: Speaker, connection: number, release: () => Promise<void>, context: ConnectContext | undefined): Client => {
  const { errors = {} as ErrorTable, readOnly = [], operationTimeoutMs = 1000 } = context ?? {};
  let givenUp = false;
  let closing: Promise<void> | undefined;
  return {
    get closed() {
      return givenUp || speaker.broken() !== undefined;
    },
    async invoke({ f, key, value }: Invocation, signal): Promise<Completion> {
      const broken = speaker.broken();
      // The program was never asked, so nothing can have happened.
      if (broken !== undefined || givenUp)
        return { type: 'fail', error: broken ?? { name: 'closed', message: 'the connection was given up' } };
      const told = { connection, f, ...(key === undefined ? {} : { key }), value, timeoutMs: operationTimeoutMs };
      const said = await speaker.ask(told, signal);
      if ('answer' in said) return completionOf(said.answer, { errors, readOnly: readOnly.includes(f) });
      if ('broken' in said) return { type: 'info', error: said.broken };
      givenUp = true;
      return { type: 'info', error: { name: 'timeout', message: 'the client program gave no answer before the deadline' } };
    },
    close: () => {
      speaker.forget(connection);
      closing ??= release();
      return closing;
    },
  };
};

const alone = (speaker: Speaker) => ({ speaker, release: () => speaker.end(endGraceMs) });

/** One program while anybody needs it: started by the first, ended with the last, started anew when it broke. */
const sharedSpeaker = () => {
  let current: { readonly speaker: Promise<Speaker>; users: number } | undefined;
  const take = async (open: () => Promise<Speaker>): Promise<{ speaker: Speaker; release: () => Promise<void> }> => {
    current ??= { speaker: open(), users: 0 };
    const mine = current;
    mine.users++;
    const release = async (): Promise<void> => {
      if (--mine.users > 0) return;
      if (current === mine) current = undefined;
      await (await mine.speaker).end(endGraceMs);
    };
    try {
      const speaker = await mine.speaker;
      if (speaker.broken() === undefined) return { speaker, release };
      if (current === mine) current = undefined;
      await release();
      return take(open);
    } catch (thrown) {
      if (current === mine) current = undefined;
      throw thrown;
    }
  };
  return { take };
};

const logFileOf = (context: ConnectContext | undefined, name: string): string | undefined => {
  if (context?.runFolder === undefined) return undefined;
  const folder = join(context.runFolder, 'clients');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.log`);
};

const inTime = async (work: Promise<void>, ms: number, command: readonly string[]): Promise<void> => {
  const timer = new AbortController();
  const late = sleep(ms, timer.signal).then(() => {
    if (!timer.signal.aborted) throw new Error(`the client program ${command.join(' ')} was not ready within ${ms} ms`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
};

const neverReady = (command: readonly string[], cause: unknown): UserError =>
  new UserError('environment', 'client-program-broken', `the client program ${command.join(' ')} was never ready: ${messageOf(cause)}`, {
    hint: 'run it by hand: it reads {"type":"init",…} and answers {"type":"ready"}; see docs/client-protocol.md, or ordeal lint-client',
    cause,
  });
