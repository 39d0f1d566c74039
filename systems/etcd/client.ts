/** A client of one etcd node over its JSON gateway: one connection, one operation open at most, no retries. */
import type { Client, Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Endpoint } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import { etcdErrors } from './errors.ts';
import { type Gateway, GatewayError, openGateway } from './gateway.ts';
import {
  allHeldIn,
  applied,
  casOf,
  heldIn,
  keysOf,
  type MicroOperation,
  putIfUnchangedOf,
  putOf,
  rangeOf,
  readAllOf,
  succeeded,
} from './requests.ts';

const connectTimeoutMs = 1000;

export interface EtcdClientOptions {
  /** Reads are answered by the node that is asked, without asking the leader. */
  readonly serializable: boolean;
}

/** Rejects when the node does not answer within a second. */
export async function etcdClient(at: Endpoint, options: EtcdClientOptions): Promise<Client> {
  const gateway = await openGateway(at, within(connectTimeoutMs));
  return {
    get closed() {
      return gateway.closed;
    },
    async invoke(operation, signal) {
      // Until a request that changes something is on its way, whatever goes wrong is final.
      const progress = { changing: false };
      try {
        return await perform({ gateway, options, operation, signal, changing: () => (progress.changing = true) });
      } catch (thrown) {
        const said = thrown instanceof GatewayError ? thrown.said : 'bad-answer';
        return failed(etcdErrors as ErrorTable, said, { readOnly: !progress.changing, message: messageOf(thrown) });
      }
    },
    async close() {
      gateway.close();
    },
  };
}

interface Attempt {
  readonly gateway: Gateway;
  readonly options: EtcdClientOptions;
  readonly operation: Invocation;
  readonly signal: AbortSignal;
  changing(): void;
}

async function perform(attempt: Attempt): Promise<Completion> {
  const { gateway, options, operation, signal } = attempt;
  const { f, value } = operation;
  const key = String(operation.key ?? '');
  switch (f) {
    case 'read': {
      const answer = await gateway.post('/v3/kv/range', rangeOf(key, options.serializable), signal);
      return { type: 'ok', value: heldIn(answer).value };
    }
    case 'write':
      attempt.changing();
      await gateway.post('/v3/kv/put', putOf(key, value), signal);
      return { type: 'ok', value };
    case 'cas': {
      const [expected, next] = value as readonly [Json, Json];
      attempt.changing();
      const answer = await gateway.post('/v3/kv/txn', casOf(key, expected, next), signal);
      return succeeded(answer) ? { type: 'ok', value } : refused('compare-failed', 'the key held another value');
    }
    case 'txn':
      return transact(attempt, value as unknown as readonly MicroOperation[]);
    default:
      return { type: 'fail', error: { name: 'unsupported', message: `etcd has no operation ${f}` } };
  }
}

/** All keys are read at one revision; a transaction that appends is then committed if none of them has changed since. */
async function transact(attempt: Attempt, operations: readonly MicroOperation[]): Promise<Completion> {
  const { gateway, options, signal } = attempt;
  const keys = keysOf(operations);
  const held = allHeldIn(await gateway.post('/v3/kv/txn', readAllOf(keys, options.serializable), signal), keys);
  const { answer, changed } = applied(operations, held);
  if (changed.size === 0) return { type: 'ok', value: answer };
  attempt.changing();
  const committed = await gateway.post('/v3/kv/txn', putIfUnchangedOf(held, changed), signal);
  return succeeded(committed) ? { type: 'ok', value: answer } : refused('conflict', 'a key was changed between the reads and the commit');
}

const refused = (said: keyof typeof etcdErrors, message: string): Completion =>
  failed(etcdErrors as ErrorTable, said, { readOnly: false, message });

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
