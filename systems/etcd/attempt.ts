/** One operation on its way to a node. */
import type { Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import { etcdErrors } from './errors.ts';
import type { Gateway } from './gateway.ts';
import type { ReadOptions } from './requests.ts';

export interface Attempt {
  readonly gateway: Gateway;
  readonly options: ReadOptions & { readonly leaseSeconds: number };
  readonly operation: Invocation;
  readonly signal: AbortSignal;
  /** Where this client's consumer stands in each of its logs. */
  readonly positions: Map<string, number>;
  /** The operation's key, or this. */
  name(otherwise: string): string;
  /** A name that no other operation uses. */
  unique(): string;
  /** From here on an error does not mean that nothing happened. */
  changing(): void;
}

export const refused = (said: keyof typeof etcdErrors, message: string): Completion =>
  failed(etcdErrors as ErrorTable, said, { readOnly: false, message });
