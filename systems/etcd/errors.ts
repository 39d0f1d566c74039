/**
 * What etcd says when a request did not succeed, and whether that is final. Checked against the sources of 3.4 and 3.6: `rpctypes/error.go`,
 * `v3_server.go` (what comes before `Propose` is definite, what comes after is not) and raft's `Step`.
 */
import type { ErrorTable } from '../../harness/protocol/errors.ts';

export const etcdErrors = {
  // Refused before it was proposed.
  'etcdserver: too many requests': { name: 'overloaded', definite: true },
  'etcdserver: request is too large': { name: 'too-large', definite: true },
  'etcdserver: no leader': { name: 'no-leader', definite: true }, // the interceptor's, before the request is looked at
  'etcdserver: not capable': { name: 'not-capable', definite: true }, // the same, while the cluster's version is not settled
  'etcdserver: rpc not supported for learner': { name: 'learner', definite: true },
  'etcdserver: key is not provided': { name: 'bad-request', definite: true },
  'etcdserver: duplicate key given in txn request': { name: 'bad-request', definite: true },
  'etcdserver: too many operations in txn request': { name: 'bad-request', definite: true },
  'raft proposal dropped': { name: 'no-leader', definite: true }, // raft's Step returns it before anything is appended or forwarded
  // Refused by every node alike, before or as it was applied.
  'etcdserver: mvcc: database space exceeded': { name: 'no-space', definite: true },
  // Proposed, or nobody knows: it may still be committed.
  'etcdserver: request timed out': { name: 'timeout', definite: false }, // and ", possibly due to previous leader failure" or "connection lost"
  'etcdserver: leader changed': { name: 'leader-changed', definite: false },
  'etcdserver: server stopped': { name: 'stopped', definite: false },
  'raft: stopped': { name: 'stopped', definite: false },
  'etcdserver: request canceled': { name: 'cancelled', definite: false },
  'context canceled': { name: 'cancelled', definite: false },
  'etcdserver: context deadline exceeded': { name: 'timeout', definite: false },
  'context deadline exceeded': { name: 'timeout', definite: false },
  'etcdserver: corrupt cluster': { name: 'corrupt', definite: false },
  // The gateway is a gRPC client of its own node; its trouble says nothing about the request.
  'transport is closing': { name: 'gateway', definite: false },
  'connection error': { name: 'gateway', definite: false },
  'error reading from server': { name: 'gateway', definite: false },
  // The client's own.
  'compare-failed': { name: 'cas-mismatch', definite: true }, // etcd compared, in log order, and changed nothing
  conflict: { name: 'conflict', definite: true }, // the same for a transaction whose reads were no longer true
  insufficient: { name: 'insufficient', definite: true }, // a transfer that was never asked for
  held: { name: 'held', definite: true }, // somebody else's lock, compared in log order
  'not-held': { name: 'not-held', definite: true },
  unassigned: { name: 'unassigned', definite: true }, // a consumer that was not told its logs
  'not-sent': { name: 'not-sent', definite: true }, // the connection was gone before the request was made
  'no-answer': { name: 'timeout', definite: false },
  'connection-lost': { name: 'connection-lost', definite: false },
  'bad-answer': { name: 'bad-answer', definite: false },
} as const satisfies ErrorTable;
