/**
 * What Redis says when a command did not succeed, and whether that is final. A command is carried out before it is answered, so an error reply
 * is final; what is not is an answer that never came, and a write that too few replicas have.
 */
import type { ErrorTable } from '../../harness/protocol/errors.ts';

export const redisErrors = {
  READONLY: { name: 'read-only', definite: true }, // the node that was taken for the primary is a replica
  LOADING: { name: 'loading', definite: true },
  MASTERDOWN: { name: 'primary-down', definite: true },
  NOREPLICAS: { name: 'no-replicas', definite: true }, // min-replicas-to-write, asked before the command
  OOM: { name: 'out-of-memory', definite: true },
  MISCONF: { name: 'disk-trouble', definite: true },
  BUSY: { name: 'busy', definite: true },
  // A WAIT that was cut short because the primary became a replica: the write before it was done there, and may be lost.
  UNBLOCKED: { name: 'unblocked', definite: false },
  // The client's own.
  'compare-failed': { name: 'cas-mismatch', definite: true },
  insufficient: { name: 'insufficient', definite: true }, // a transfer that the script refused
  held: { name: 'held', definite: true }, // somebody else's lock
  'not-held': { name: 'not-held', definite: true },
  unassigned: { name: 'unassigned', definite: true }, // a consumer that was not told its logs
  'no-sentinel': { name: 'no-sentinel', definite: true }, // asked who is primary, got no answer: nothing was sent to anybody
  'no-primary': { name: 'no-primary', definite: true }, // the Sentinel names nobody, or somebody who does not answer
  'not-sent': { name: 'not-sent', definite: true },
  unreplicated: { name: 'unreplicated', definite: false }, // written on the primary, acknowledged by too few replicas
  'no-answer': { name: 'timeout', definite: false },
  'connection-lost': { name: 'connection-lost', definite: false },
} as const satisfies ErrorTable;
