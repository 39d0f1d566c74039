/** The clients' protocol: one JSON object per line, answered by one JSON object per line with the same `id`. */
import type { Json, Result } from '../core/types.ts';

/** `session` and `seq` are the idempotency key; without them the node in front supplies its own. */
export interface Origin {
  readonly session: string;
  readonly seq: number;
}

export type Operation =
  | { readonly op: 'read'; readonly key: string }
  | { readonly op: 'write'; readonly key: string; readonly value: Json; readonly origin: Origin | null }
  | { readonly op: 'cas'; readonly key: string; readonly expected: Json; readonly value: Json; readonly origin: Origin | null };

export type Parsed = { readonly operation: Operation; readonly timeoutMs: number | null } | { readonly bad: string };

/** Parses what a client sent; `bad` says what was wrong with it. */
export function parseRequest(value: unknown): Parsed {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { bad: 'a request is a JSON object' };
  const { op, key, value: operand, timeoutMs } = value as { [name: string]: unknown };
  if (typeof key !== 'string' || key === '') return { bad: '"key" must be a string that is not empty' };
  const origin = parseOrigin(value as { [name: string]: unknown });
  if (origin === 'bad') return { bad: '"session" must be a string and "seq" a whole number above 0, both or neither' };
  const deadline = typeof timeoutMs === 'number' && timeoutMs > 0 ? timeoutMs : null;
  if (op === 'read') return { operation: { op, key }, timeoutMs: deadline };
  if (operand === undefined) return { bad: '"value" is missing' };
  if (op === 'write') return { operation: { op, key, value: operand as Json, origin }, timeoutMs: deadline };
  if (op !== 'cas') return { bad: '"op" must be read, write or cas' };
  if (!Array.isArray(operand) || operand.length !== 2) return { bad: 'the "value" of a cas is [expected, new]' };
  return { operation: { op, key, expected: operand[0], value: operand[1], origin }, timeoutMs: deadline };
}

function parseOrigin({ session, seq }: { [name: string]: unknown }): Origin | null | 'bad' {
  if (session === undefined && seq === undefined) return null;
  if (typeof session !== 'string' || session === '' || !Number.isSafeInteger(seq) || (seq as number) < 1) return 'bad';
  return { session, seq: seq as number };
}

export function formatAnswer(id: unknown, result: Result): unknown {
  if (result.ok) return { id, ok: true, value: result.value };
  const { code, definite, message, leader } = result;
  return { id, ok: false, error: { code, definite, message, ...(leader === undefined ? {} : { leader }) } };
}
