/** The client protocol: what the harness and a client program say to each other, one JSON object per line. Described in docs/client-protocol.md. */
import type { Key } from '../history/event.ts';
import type { Completion } from '../protocol/client.ts';
import { type ErrorTable, failed } from '../protocol/errors.ts';
import type { Options } from '../protocol/options.ts';
import type { Endpoint } from '../protocol/system.ts';
import type { Json } from '../std/json.ts';

export const protocolVersion = 1;

/** To the program. Ids are unique among all that one program is asked; connections are numbered from 1. */
export type Command =
  | {
      readonly type: 'init';
      readonly protocol: number;
      readonly connection: number;
      readonly process: number;
      readonly node: string;
      readonly host: string;
      readonly port: number;
      /** Where the client reaches every node, this one too. */
      readonly nodes: Readonly<Record<string, Endpoint>>;
      readonly options: Options;
      readonly workload: string;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'invoke';
      readonly connection: number;
      readonly id: number;
      readonly f: string;
      readonly key?: Key;
      readonly value: Json;
      readonly timeoutMs: number;
    }
  | { readonly type: 'close'; readonly connection: number };

/** Why something did not succeed: the code is looked up in the system's errors. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** From the program. */
export type Answer =
  | { readonly type: 'ready'; readonly connection: number }
  | { readonly type: 'refused'; readonly connection: number; readonly error: Reason }
  | { readonly type: 'ok'; readonly id: number; readonly value: Json }
  | { readonly type: 'fail' | 'info'; readonly id: number; readonly error: Reason };

type Said = Readonly<Record<string, unknown>>;

/** Throws an Error that says what is wrong with the line. */
export const parseAnswer = (line: string): Answer => {
  const said = parseObject(line);
  switch (said.type) {
    case 'ready':
      return { type: 'ready', connection: connectionOf(said) };
    case 'refused':
      return { type: 'refused', connection: connectionOf(said), error: reasonOf(said.error) };
    case 'ok':
      if (said.value === undefined) throw new Error(`an ok without a value: ${quoted(line)}`);
      return { type: 'ok', id: idOf(said, line), value: said.value as Json };
    case 'fail':
    case 'info':
      return { type: said.type, id: idOf(said, line), error: reasonOf(said.error) };
    default:
      throw new Error(`a line whose type is none of ready, refused, ok, fail, info: ${quoted(line)}`);
  }
};

const parseObject = (line: string): Said => {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    throw new Error(`a line that is not JSON: ${quoted(line)}`);
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) throw new Error(`a line that is no JSON object: ${quoted(line)}`);
  return said as Said;
};

/** A program with one connection need not name it. */
const connectionOf = ({ connection = 1 }: Said): number => {
  if (!Number.isSafeInteger(connection)) throw new Error(`a connection that is not a number: ${JSON.stringify(connection)}`);
  return connection as number;
};

const idOf = ({ id }: Said, line: string): number => {
  if (!Number.isSafeInteger(id)) throw new Error(`an answer without the id of its operation: ${quoted(line)}`);
  return id as number;
};

/** A code alone will do, and so will nothing: then nobody knows why. */
const reasonOf = (error: unknown): Reason => {
  if (typeof error === 'string') return { code: error, message: error };
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Said;
  const known = typeof code === 'string' && code !== '' ? code : 'unknown';
  return { code: known, message: typeof message === 'string' ? message : known };
};

const quoted = (line: string): string => (line.length <= 120 ? line : `${line.slice(0, 120)}…`);

/** What an answer means for the history: only a code that the system's errors call definite, or a read-only operation, is a `fail`. */
export const completionOf = (
  answer: Extract<Answer, { id: number }>,
  { errors, readOnly }: { readonly errors: ErrorTable; readonly readOnly: boolean },
): Completion => {
  if (answer.type === 'ok') return { type: 'ok', value: answer.value };
  const { code, message } = answer.error;
  const looked = failed(errors, code, { readOnly, message }) as Exclude<Completion, { type: 'ok' }>;
  if (answer.type === 'info') return { type: 'info', error: looked.error };
  if (looked.type === 'fail' || !unknownTo(errors, code)) return looked;
  return { type: 'info', error: { name: 'unknown', message: `${message} (the system's errors have no ${code}: nobody knows)` } };
};

const unknownTo = (errors: ErrorTable, code: string): boolean => !Object.keys(errors).some(start => code.startsWith(start));
