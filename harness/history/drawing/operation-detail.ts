/** An operation in full, as the page and the terminal show it. */
import type { Event } from '../event.ts';
import { type Operation, operationIndex } from '../operation.ts';

/** An operation in full. Milliseconds since the run began; values as JSON text, whole. */
export interface OperationDetail {
  /** The index by which verdicts name it, and those of its two events. */
  readonly index: number;
  readonly invokeIndex: number;
  readonly completionIndex: number | null;
  readonly process: number;
  readonly node: string | undefined;
  readonly f: string;
  readonly key: string | undefined;
  readonly value: string;
  readonly result: string | undefined;
  readonly error: string | undefined;
  readonly outcome: Operation['type'];
  readonly startMs: number;
  readonly endMs: number | null;
}

export const detailOf = (operation: Operation): OperationDetail => {
  const { invoke, completion, type } = operation;
  return {
    index: operationIndex(operation),
    invokeIndex: invoke.index,
    completionIndex: completion?.index ?? null,
    process: Number(invoke.process),
    node: invoke.node ?? completion?.node,
    f: invoke.f,
    key: invoke.key === undefined ? undefined : String(invoke.key),
    value: JSON.stringify(invoke.value ?? null),
    result: type === 'ok' ? JSON.stringify(completion!.value ?? null) : undefined,
    error: errorText(completion),
    outcome: type,
    startMs: invoke.time / 1e6,
    endMs: completion === undefined ? null : completion.time / 1e6,
  };
};

/** An error in one line, without saying the same thing twice. */
export const errorText = (completion: Event | undefined): string | undefined => {
  const error = completion?.error;
  if (error === undefined || typeof error === 'string') return error;
  return error.message === '' || error.message === error.name ? error.name : `${error.name}: ${error.message}`;
};
