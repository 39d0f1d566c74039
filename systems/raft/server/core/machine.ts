/**
 * The replicated state machine: registers by key, and the sessions that recognise a retried request.
 *
 * A session remembers the results of its last `RESULTS_PER_SESSION` requests and lives 300 s of replicated time after its last use. A repeated
 * request gets its first answer; one too old to tell is refused and never applied again. No local clock is read.
 * Source: Ongaro 2014, 6.3.
 */
import type { Command, Entry, Json, Origin, Result, SessionImage } from './types.ts';

export const DEDUPLICATION_WINDOW_MS = 300_000;
export const RESULTS_PER_SESSION = 512;

interface Session {
  /** Numbers up to here are forgotten: seen or not, they are refused. */
  floor: number;
  usedAt: number;
  readonly results: Map<number, Result>;
}

export interface Machine {
  readonly data: Map<string, Json>;
  /** In order of last use. */
  readonly sessions: Map<string, Session>;
  /** Replicated time of the last applied entry. */
  at: number;
}

const done: Result = { ok: true, value: null };
const mismatch: Result = { ok: false, code: 'cas-mismatch', definite: true, message: 'the register does not hold the expected value' };
const expired: Result = {
  ok: false,
  code: 'session-expired',
  definite: false,
  message: 'the request is too old for its session to tell whether it was applied; it was not applied again',
};

export const newMachine = (): Machine => ({ data: new Map(), sessions: new Map(), at: 0 });

/** The register's value; null if never written. */
export const read = (machine: Machine, key: string): Json => machine.data.get(key) ?? null;

export const sameValue = (a: Json, b: Json): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Applies a committed entry and answers what it came to. `dedup: false` is the bug no-dedup. */
export function apply(machine: Machine, entry: Entry, { dedup }: { dedup: boolean }): Result {
  machine.at = Math.max(machine.at, entry.at);
  evict(machine);
  const { command } = entry;
  if (command.kind === 'noop' || command.kind === 'config') return done;
  if (!dedup) return execute(machine, command);
  return once(machine, command, () => execute(machine, command));
}

function execute(machine: Machine, command: Extract<Command, { kind: 'write' | 'cas' }>): Result {
  if (command.kind === 'cas' && !sameValue(read(machine, command.key), command.expected)) return mismatch;
  machine.data.set(command.key, command.value);
  return done;
}

function once(machine: Machine, { session: name, seq, issued }: Origin, run: () => Result): Result {
  const session = machine.sessions.get(name) ?? { floor: 0, usedAt: 0, results: new Map() };
  const known = session.results.get(seq);
  if (known) return known;
  if (seq <= session.floor || issued < machine.at - DEDUPLICATION_WINDOW_MS) return expired;
  const result = run();
  session.results.set(seq, result);
  if (session.results.size > RESULTS_PER_SESSION) forgetOldest(session);
  session.usedAt = machine.at;
  machine.sessions.delete(name);
  machine.sessions.set(name, session);
  return result;
}

function forgetOldest(session: Session): void {
  const [oldest] = session.results.keys();
  if (oldest === undefined) return;
  session.results.delete(oldest);
  session.floor = Math.max(session.floor, oldest);
}

function evict(machine: Machine): void {
  for (const [name, session] of machine.sessions) {
    if (session.usedAt >= machine.at - DEDUPLICATION_WINDOW_MS) return;
    machine.sessions.delete(name);
  }
}

export function sessionImages(machine: Machine): SessionImage[] {
  return [...machine.sessions].map(([session, { floor, usedAt, results }]) => ({ session, floor, usedAt, results: [...results] }));
}

export function restore(image: { at: number; data: readonly (readonly [string, Json])[]; sessions: readonly SessionImage[] }): Machine {
  return {
    data: new Map(image.data),
    sessions: new Map(image.sessions.map(({ session, floor, usedAt, results }) => [session, { floor, usedAt, results: new Map(results) }])),
    at: image.at,
  };
}
