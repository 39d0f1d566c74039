/** Threads of the load and their clients: opened within a deadline, replaced with growing waits, closed without waiting for ever. */
import type { Event } from '../history/event.ts';
import type { Client, Completion } from '../protocol/client.ts';
import type { NodeId } from '../protocol/system.ts';
import type { Rng } from '../std/rng.ts';
import { messageOf } from '../std/user-error.ts';

/** A client and what serves its answers. A new one replaces it after every operation that it left open. */
export interface Session {
  readonly client: Client;
  /** Shared by the client's operations: it aborts once, with the session. */
  readonly controller: AbortController;
  readonly settled: (completion: Completion) => void;
  readonly threw: (error: unknown) => void;
}

export interface Thread {
  readonly node: NodeId;
  process: number;
  /** Undefined while connecting and when the connection was refused. */
  session: Session | undefined;
  /** Why the last attempt to connect failed. */
  refused: string;
  /** Sessions in a row that ended without a success; the wait before the next one grows with it. */
  failures: number;
  /** The invocation that waits for its completion. */
  open: Event | undefined;
  /** When the open operation is told to stop, nanoseconds. */
  deadline: number;
  /** When it is given up; a client has until then to say what it knows. */
  abandonAt: number;
  /** What the abort was for: `timeout` or `interrupted`. */
  abortedBy: string | undefined;
}

export const createThread = (node: NodeId, process: number): Thread => ({
  node,
  process,
  session: undefined,
  refused: '',
  failures: 0,
  open: undefined,
  deadline: 0,
  abandonAt: 0,
  abortedBy: undefined,
});

export interface Sessions {
  /** Until it succeeds, however often it is refused. */
  connect(thread: Thread): void;
  /** Closes the thread's client, if it has one, and connects another after a while. */
  replace(thread: Thread): void;
  /** A client that does not close in time is left behind. Never rejects. */
  closeAll(threads: readonly Thread[]): Promise<void>;
}

export interface SessionsOptions {
  open(process: number, node: NodeId): Promise<Client>;
  /** How long a connection may take. */
  readonly timeoutMs: number;
  readonly rng: Rng;
  /** Whether anybody still needs a client. */
  isRunning(): boolean;
  settled(thread: Thread, session: Session, completion: Completion): void;
  threw(thread: Thread, session: Session, error: unknown): void;
  /**
   * The thread can take a request, if it has none: it has a client, or `refused` says why not. After every attempt to connect one request
   * may fail for want of a connection, so that an unreachable node is an outcome and no silence.
   */
  isFree(thread: Thread): void;
}

const closeTimeoutMs = 500;

export const createSessions = (options: SessionsOptions): Sessions => {
  const connected = (thread: Thread, client: Client): void => {
    if (!options.isRunning()) return void closeQuietly(client);
    const session: Session = {
      client,
      controller: new AbortController(),
      settled: completion => options.settled(thread, session, completion),
      threw: error => options.threw(thread, session, error),
    };
    thread.session = session;
    options.isFree(thread);
  };
  const refused = (thread: Thread, error: unknown): void => {
    thread.refused = messageOf(error);
    later(thread);
    options.isFree(thread);
  };
  const connect = (thread: Thread): void => {
    if (!options.isRunning()) return;
    openInTime(() => options.open(thread.process, thread.node), options.timeoutMs).then(
      client => connected(thread, client),
      (error: unknown) => refused(thread, error),
    );
  };
  const later = (thread: Thread): void => {
    thread.failures++;
    if (options.isRunning()) setTimeout(() => connect(thread), backoffMs(thread.failures, options.rng)).unref();
  };
  return {
    connect,
    replace(thread) {
      void end(thread);
      later(thread);
    },
    async closeAll(threads) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>(resolve => {
        timer = setTimeout(resolve, closeTimeoutMs);
      });
      await Promise.race([Promise.all(threads.map(end)), timeout]);
      clearTimeout(timer);
    },
  };
};

const end = async (thread: Thread): Promise<void> => {
  const { session } = thread;
  thread.session = undefined;
  session?.controller.abort();
  if (session !== undefined) await closeQuietly(session.client);
};

const firstBackoffMs = 25;
const longestBackoffMs = 500;

/** How long to wait before the next session: doubling, bounded, with jitter so that threads do not come back in step. */
const backoffMs = (failures: number, rng: Rng): number =>
  Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + rng.float() / 2);

/** Opens a client within a deadline. A client that comes later is closed at once; rejects with the reason. */
const openInTime = (open: () => Promise<Client>, timeoutMs: number): Promise<Client> =>
  new Promise((resolve, reject) => {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      reject(new Error(`no connection within ${timeoutMs} ms`));
    }, timeoutMs).unref();
    Promise.resolve()
      .then(open)
      .then(
        client => {
          clearTimeout(timer);
          if (expired) void closeQuietly(client);
          else resolve(client);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        },
      );
  });

/** Closes a client whose fate no longer matters. Never throws. */
const closeQuietly = async (client: Client): Promise<void> => {
  try {
    await client.close();
  } catch {
    // Its operations are settled: nothing depends on how it goes.
  }
};
