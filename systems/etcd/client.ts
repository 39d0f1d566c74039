/** A client of one etcd node over its JSON gateway: one connection, one operation open at most, no retries. */
import { randomUUID } from 'node:crypto';
import type { Client, Completion } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Endpoint } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import { type Attempt, refused } from './attempt.ts';
import { etcdErrors } from './errors.ts';
import { GatewayError, openGateway } from './gateway.ts';
import { objects } from './objects.ts';
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
  /** How long a lock is held by who is not heard of. */
  readonly leaseSeconds?: number;
  /** Whose operations will be asked for; default `register`. */
  readonly workload?: string | undefined;
}

/** Rejects when the node does not answer within a second. */
export async function etcdClient(
  at: Endpoint,
  { serializable, leaseSeconds = 5, workload = 'register' }: EtcdClientOptions,
): Promise<Client> {
  const gateway = await openGateway(at, within(connectTimeoutMs));
  const perform = objects[workload] ?? onRegisters;
  const positions = new Map<string, number>();
  // A process may come back with a new client, which counts from one again.
  const session = randomUUID();
  let operations = 0;
  return {
    get closed() {
      return gateway.closed;
    },
    async invoke(operation, signal) {
      const number = ++operations;
      // Until a request that changes something is on its way, whatever goes wrong is final.
      let isChanging = false;
      try {
        return await perform({
          gateway,
          options: { serializable, leaseSeconds },
          operation,
          signal,
          positions,
          name: otherwise => String(operation.key ?? otherwise),
          unique: () => `${session}-${number}`,
          changing: () => (isChanging = true),
        });
      } catch (thrown) {
        const said = thrown instanceof GatewayError ? thrown.said : 'bad-answer';
        return failed(etcdErrors as ErrorTable, said, { readOnly: !isChanging, message: messageOf(thrown) });
      }
    },
    async close() {
      gateway.close();
    },
  };
}

async function onRegisters(attempt: Attempt): Promise<Completion> {
  const { gateway, options, operation, signal } = attempt;
  const { f, value } = operation;
  const key = attempt.name('');
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

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
